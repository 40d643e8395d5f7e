// select_reduce: one of two values by a predicate, and the largest of them, on the Vector Engine.

#include "trainyard/isa/accumulate.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, predicate, on_true, on_false, reduce_res, reduce_cmd, reduce_op, reverse_pred };

constexpr std::string_view kDoc = R"(
dst = on_true where predicate is not zero, else on_false; reverse_pred exchanges the two. The
largest result of each partition can go to its accumulator and on to reduce_res.

reduce_cmd: reset_reduce starts from -inf, reduce goes on from what the accumulators hold, idle
  (default) does not reduce, but may spoil them. They are shared with exponential, range_select,
  tensor_scalar_reduce and tensor_scalar_cumulative. reduce_op is maximum.
Memory types: SBUF or PSUM, but on_true and predicate not both in PSUM.
Data types: on_true any but tfloat32, int32 and uint32; predicate int8, uint8, int16 or uint16;
  on_false a number or a float32 [P, 1] tile; reduce_res a [P, 1] tile of a floating type. Values
  pass through float32.
Layout: equal partitions and equal elements per partition.
Cost: not published; as tensor_scalar_reduce: max(64, N) cycles, and 64 to read the accumulators.
NumPy: dst[...] = np.where(predicate, on_true, on_false); reduce_res[...] = dst.max(axis=1)
Sources: nki.isa.select_reduce (SDK 2.32).
)";

void check(const Call& c) {
  same_elements(c, {dst, predicate, on_true});
  not_both_psum(c, on_true, predicate);
  dtype_in(c, predicate, {DType::i8, DType::u8, DType::i16, DType::u16});
  not_packed(c, {dst, on_true});
  const DType d = c.operand(on_true).dtype();
  if (d == DType::tf32 || d == DType::i32 || d == DType::u32)
    throw base::Error(base::Code::E105, label(c, on_true) + " is " + std::string(base::name_of(d)))
        .limit(std::string(base::name_of(d)), "any type but tfloat32, int32, uint32",
               "select_reduce");
  row_scalar(c, on_false, on_true);
  op_in(c, reduce_op, {Operator::maximum});
  check_accumulation(c, on_true, reduce_cmd, reduce_res,
                     {ReduceCmd::idle, ReduceCmd::reduce, ReduceCmd::reset_reduce});
}

void run(Run& r) {
  const Call& c = r.call;
  const RowScalars other(r, on_false, c.operand(on_true).partitions());
  Accumulation largest(r, on_true, c.choice<ReduceCmd>(reduce_cmd), Operator::maximum);
  for_each_block(r, dst, {on_true, predicate},
                 [&](auto* in, float* out, int first, int rows, int64_t n) {
                   float* filled = Run::scratch(4, n);
                   for (int row = 0; row < rows; ++row) {
                     std::fill_n(filled, n, other[first + row]);
                     const float* yes = in[0] + row * n;
                     const float* no = filled;
                     if (c.flag(reverse_pred)) std::swap(yes, no);
                     select_run(in[1] + row * n, yes, no, out + row * n, n);
                   }
                   largest.reduce(out, first, rows, n);
                 });
  largest.read_out(reduce_res);
}

Cost cost(const Call& c) {
  const machine::LaneEngine& e = lane_engine(c);
  const double extra = (c.is_tensor(on_false) ? e.pointer_scalar_cycles : 0) +
                       (c.has(reduce_res) ? e.accumulator_read_cycles : 0);
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()), 1, extra);
}

}  // namespace

INSTRUCTION(select_reduce) {
  static const Spec spec = {
      .name = "select_reduce",
      .summary = "Select between a tile and a scalar by a predicate, and find the largest.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the selection goes"},
                 {"predicate", ParamKind::tensor, Access::read, "", {}, "an integer tile"},
                 {"on_true", ParamKind::tensor, Access::read, "", {}, "taken where it is not 0"},
                 {"on_false", ParamKind::tensor_or_number, Access::read, "", {}, "taken elsewhere"},
                 {"reduce_res",
                  ParamKind::tensor,
                  Access::write,
                  "None",
                  {},
                  "[P, 1] tile for the accumulators; None leaves them where they are"},
                 {"reduce_cmd", ParamKind::reduce_cmd, Access::none, "reduce_cmd.idle",
                  Value::integer(0), "idle, reduce or reset_reduce"},
                 {"reduce_op", ParamKind::op, Access::none, "maximum", Value::op(Operator::maximum),
                  "maximum"},
                 {"reverse_pred", ParamKind::boolean, Access::none, "False", Value::boolean(false),
                  "take on_true where predicate is 0"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector},
      .check = check,
      .run = run,
      .cost = cost,
      .accumulators = [](const Call& c) { return accumulator_access(c, reduce_cmd, reduce_res); },
  };
  return spec;
}

}  // namespace trainyard::isa
