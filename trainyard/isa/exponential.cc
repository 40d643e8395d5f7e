// exponential: exp of a tile after a subtraction, and its sum, on the Vector Engine.

#include <algorithm>

#include "trainyard/isa/accumulate.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, src, max_value, reduce_res, reduce_cmd, reduce_init };

constexpr int kMostDimensions = 4;

constexpr std::string_view kDoc = R"(
dst = exp(src - max_value), and each partition's results summed up in its accumulator.

reduce_cmd: reset_reduce starts from 0, load_reduce from reduce_init, reduce goes on from what the
  accumulators hold, idle (default) does not reduce, but may spoil them. They are shared with
  range_select, select_reduce, tensor_scalar_reduce and tensor_scalar_cumulative. reduce_init other
  than 0 belongs to load_reduce alone.
Memory types: SBUF or PSUM.
Data types: dst float8_e4m3, float8_e5m2, float16, bfloat16, float32, tfloat32, int8, uint8, int16,
  uint16 or int32; src the same with uint32, without tfloat32. Computed in float32; the sums are of
  the results before they are rounded to dst's type. max_value and reduce_init are numbers or
  float32 [P, 1] tiles, reduce_res a [P, 1] tile of a floating type.
Layout: equal partitions and equal elements per partition, up to four dimensions. NeuronCore-v4.
Cost: N / 4 cycles (four times the rate of activation), and 64 to read the accumulators.
NumPy: dst[...] = np.exp(src - max_value); reduce_res[...] = dst.sum(axis=1)
Sources: nki.isa.exponential (SDK 2.32), A4. Order of sums: docs/numbers.md.
)";

void check(const Call& c) {
  same_elements(c, {dst, src});
  dtype_in(c, dst,
           {DType::fp8_e4m3, DType::fp8_e5m2, DType::fp16, DType::bf16, DType::fp32, DType::tf32,
            DType::i8, DType::u8, DType::i16, DType::u16, DType::i32});
  dtype_in(c, src,
           {DType::fp8_e4m3, DType::fp8_e5m2, DType::fp16, DType::bf16, DType::fp32, DType::i8,
            DType::u8, DType::i16, DType::u16, DType::i32, DType::u32});
  dtype_in(c, reduce_res,
           {DType::fp8_e4m3, DType::fp8_e5m2, DType::fp16, DType::bf16, DType::fp32, DType::tf32});
  for (int param : {dst, src}) {
    const OperandView v = c.operand(param);
    if (v.layout->ndim > kMostDimensions)
      throw base::Error(base::Code::E110, label(c, param) + " has too many dimensions")
          .limit(std::to_string(v.layout->ndim), std::to_string(kMostDimensions), "exponential")
          .note(v.describe());
  }
  row_scalar(c, max_value, src);
  row_scalar(c, reduce_init, src);
  check_accumulation(
      c, src, reduce_cmd, reduce_res,
      {ReduceCmd::idle, ReduceCmd::reset_reduce, ReduceCmd::reduce, ReduceCmd::load_reduce});
  if (c.choice<ReduceCmd>(reduce_cmd) == ReduceCmd::load_reduce) return;
  if (c.is_tensor(reduce_init) || c.number(reduce_init) != 0)
    refuse_argument(c, reduce_init, "given", "None or 0 without reduce_cmd.load_reduce");
}

void run(Run& r) {
  const Call& c = r.call;
  const int rows = c.operand(src).partitions();
  const RowScalars largest(r, max_value, rows);
  std::vector<float> initial;
  Accumulation sums(r, src, c.choice<ReduceCmd>(reduce_cmd), Operator::add,
                    r.row_scalars(reduce_init, rows, initial));
  const UnaryRun exp = unary_run(Operator::exp);
  for_each_block(r, dst, {src}, [&](auto* in, float* out, int first, int n_rows, int64_t n) {
    largest.apply(Operator::subtract, in[0], false, out, first, n_rows, n);
    exp(out, out, n_rows * n);
    sums.reduce(out, first, n_rows, n);
  });
  sums.read_out(reduce_res);
}

Cost cost(const Call& c) {
  const machine::LaneEngine& e = lane_engine(c);
  const double extra =
      (c.is_tensor(max_value) || c.is_tensor(reduce_init) ? e.pointer_scalar_cycles : 0) +
      (c.has(reduce_res) ? e.accumulator_read_cycles : 0);
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()), e.exponential_rate,
                   extra);
}

}  // namespace

INSTRUCTION(exponential) {
  static const Spec spec = {
      .name = "exponential",
      .summary = "Compute exp(x - max) on the Vector Engine, and its sum.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the results go"},
                 {"src", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"max_value", ParamKind::tensor_or_number, Access::read, "0.0", Value::number(0),
                  "subtracted first"},
                 {"reduce_res",
                  ParamKind::tensor,
                  Access::write,
                  "None",
                  {},
                  "[P, 1] tile for the accumulators; None leaves them where they are"},
                 {"reduce_cmd", ParamKind::reduce_cmd, Access::none, "reduce_cmd.idle",
                  Value::integer(0), "idle, reset_reduce, reduce or load_reduce"},
                 {"reduce_init", ParamKind::tensor_or_number, Access::read, "0.0", Value::number(0),
                  "where load_reduce starts"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .evidence = Evidence::approximate,
      .engines = {Engine::vector},
      .version = 4,
      .indirect = {dst, src},
      .check = check,
      .run = run,
      .cost = cost,
      .accumulators = [](const Call& c) { return accumulator_access(c, reduce_cmd, reduce_res); },
  };
  return spec;
}

}  // namespace trainyard::isa
