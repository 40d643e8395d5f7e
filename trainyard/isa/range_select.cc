// range_select: elements whose index lies in a range, and the largest of them, on the Vector
// Engine.

#include <fmt/format.h>

#include <limits>

#include "trainyard/isa/accumulate.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum {
  dst,
  on_true_tile,
  comp_op0,
  comp_op1,
  bound0,
  bound1,
  reduce_cmd,
  reduce_res,
  reduce_op,
  range_start,
  on_false_value
};

constexpr float kLowest = std::numeric_limits<float>::lowest();

constexpr std::string_view kDoc = R"(
dst = on_true_tile where both (index comp_op0 bound0) and (index comp_op1 bound1) hold, else the
lowest float32, -3.4028235e38. The index of an element is range_start plus its place in the
partition. The largest result of each partition goes to its accumulator and on to reduce_res.

on_false_value: only the lowest float32; it becomes -inf in 16- and 8-bit floats. Keep reduce_res in
  float32, so that a partition with nothing selected gives exp(-inf) = 0 and not NaN.
reduce_cmd: reset_reduce (default) starts from -inf, reduce goes on from what the accumulators hold,
  reset sets -inf alone, idle does not reduce, but may spoil them. reduce_op is maximum.
Memory types: SBUF or PSUM.
Data types: on_true_tile of a floating type, bounds float32; comparisons in float32, so that indices
  stay below 2^24; reduce_res a [P, 1] tile of a floating type.
Operators: equal, less, less_equal, greater, greater_equal.
Layout: equal partitions and equal elements per partition; bounds are [P, 1] tiles. From
  NeuronCore-v3.
Cost: max(64, N) cycles, and 64 to read the accumulators.
NumPy: i = range_start + np.arange(N); m = comp_op0(i, bound0) & comp_op1(i, bound1);
  dst[...] = np.where(m, on_true_tile, on_false_value); reduce_res[...] = dst.max(axis=1)
Sources: nki.isa.range_select (SDK 2.32); cost ISA26.
)";

constexpr int64_t kExactIntegers = 1 << 24;  // of float32

void check(const Call& c) {
  same_elements(c, {dst, on_true_tile});
  not_packed(c, {dst, on_true_tile});
  const DType d = c.operand(on_true_tile).dtype();
  if (!base::is_float(d))
    throw base::Error(base::Code::E105,
                      label(c, on_true_tile) + " is " + std::string(base::name_of(d)))
        .limit(std::string(base::name_of(d)), "a floating type", "range_select");
  for (int op : {comp_op0, comp_op1})
    op_in(c, op,
          {Operator::equal, Operator::less, Operator::less_equal, Operator::greater,
           Operator::greater_equal});
  for (int bound : {bound0, bound1}) row_scalar(c, bound, on_true_tile);
  op_in(c, reduce_op, {Operator::maximum});
  if (static_cast<float>(c.number(on_false_value)) != kLowest)
    refuse_argument(c, on_false_value, fmt::format("{}", c.number(on_false_value)),
                    "-3.4028235e38, the lowest float32");
  const int64_t start = c.integer(range_start);
  const int64_t n = c.operand(on_true_tile).free_elements();
  if (start < -kExactIntegers || start > kExactIntegers - n)
    refuse_argument(c, range_start, fmt::format("{}, with {} indices", start, n),
                    "indices of magnitude below 2^24");
  check_accumulation(
      c, on_true_tile, reduce_cmd, reduce_res,
      {ReduceCmd::idle, ReduceCmd::reset, ReduceCmd::reduce, ReduceCmd::reset_reduce});
}

void run(Run& r) {
  const Call& c = r.call;
  const int all_rows = c.operand(on_true_tile).partitions();
  const RowScalars low(r, bound0, all_rows), high(r, bound1, all_rows);
  Accumulation largest(r, on_true_tile, c.choice<ReduceCmd>(reduce_cmd), Operator::maximum);
  const int64_t length = c.operand(on_true_tile).free_elements();
  std::vector<float> index(length), mask(length), other(length), lowest(length, kLowest);
  for (int64_t i = 0; i < length; ++i) index[i] = static_cast<float>(c.integer(range_start) + i);
  for_each_block(r, dst, {on_true_tile}, [&](auto* in, float* out, int first, int rows, int64_t n) {
    for (int row = 0; row < rows; ++row) {
      const int at = first + row;
      scalar_run(c.op(comp_op0), index.data(), low[at], false, mask.data(), n);
      scalar_run(c.op(comp_op1), index.data(), high[at], false, other.data(), n);
      binary_run(Operator::multiply)(mask.data(), other.data(), mask.data(), n);
      select_run(mask.data(), in[0] + row * n, lowest.data(), out + row * n, n);
    }
    largest.reduce(out, first, rows, n);
  });
  largest.read_out(reduce_res);
}

Cost cost(const Call& c) {
  const machine::LaneEngine& e = lane_engine(c);
  const double extra =
      e.pointer_scalar_cycles + (c.has(reduce_res) ? e.accumulator_read_cycles : 0);
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()), 1, extra);
}

}  // namespace

INSTRUCTION(range_select) {
  static const Spec spec = {
      .name = "range_select",
      .summary = "Select elements by the range of their index, and find the largest.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the selection goes"},
                 {"on_true_tile", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"comp_op0", ParamKind::op, Access::none, "", {}, "compares index and bound0"},
                 {"comp_op1", ParamKind::op, Access::none, "", {}, "compares index and bound1"},
                 {"bound0", ParamKind::tensor, Access::read, "", {}, "[P, 1] float32"},
                 {"bound1", ParamKind::tensor, Access::read, "", {}, "[P, 1] float32"},
                 {"reduce_cmd", ParamKind::reduce_cmd, Access::none, "reduce_cmd.reset_reduce",
                  Value::integer(static_cast<int64_t>(ReduceCmd::reset_reduce)),
                  "idle, reset, reduce or reset_reduce"},
                 {"reduce_res",
                  ParamKind::tensor,
                  Access::write,
                  "None",
                  {},
                  "[P, 1] tile for the accumulators; None leaves them where they are"},
                 {"reduce_op", ParamKind::op, Access::none, "maximum", Value::op(Operator::maximum),
                  "maximum"},
                 {"range_start", ParamKind::integer, Access::none, "0", Value::integer(0),
                  "index of the first element"},
                 {"on_false_value", ParamKind::number, Access::none, "...", Value::number(kLowest),
                  "the lowest float32"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector},
      .version = 3,
      .check = check,
      .run = run,
      .cost = cost,
      .accumulators = [](const Call& c) { return accumulator_access(c, reduce_cmd, reduce_res); },
  };
  return spec;
}

}  // namespace trainyard::isa
