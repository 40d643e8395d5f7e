// activate2: two operators with scalars, a function of the Scalar Engine, and a reduction.

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/isa/accumulate.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/scalar_function.h"

namespace trainyard::isa {

namespace {

enum {
  dst,
  op,
  data,
  imm0,
  imm1,
  op0,
  op1,
  relu_param,
  reverse0,
  reverse1,
  reduce_op,
  reduce_res,
  reduce_cmd
};

constexpr std::string_view kDoc = R"(
dst = op((data op0 imm0) op1 imm1); reverse0 and reverse1 exchange an operator's sides. The results
of each partition can be reduced into its accumulator.

Operators: op0 and op1 are multiply and add, multiply and subtract, or multiply, add, subtract or
  bypass and bypass. What bypass leaves out has no effect: its imm (which may be None), while its
  reverse is refused. Each step is rounded on its own.
Functions: those of activation, with its ranges, and prelu: x where x > 0, else relu_param * x.
  relu_param other than 0 belongs to prelu.
reduce_cmd: what becomes of the engine's accumulators, one a lane, shared with activation: idle
  leaves them, reset sets the neutral element of reduce_op, reduce goes on with each partition's
  results, reset_reduce does both. reduce_res receives them. reduce_op is add, maximum, minimum,
  abs_max or abs_min, and required with a reduce_cmd other than idle (the stub does not say which
  one None would be).
Memory types: SBUF or PSUM.
Data types: any; computed in float32. Tiles as imm0 and imm1 have one floating type, one as
  relu_param any. The values reduced are those before they are rounded to dst's type.
Layout: equal partitions and equal elements per partition; tiles of scalars are [P, 1].
  NeuronCore-v4.
Cost: not published; as activation: max(64, N) cycles, and 64 to read the accumulators.
NumPy: dst[...] = op(op1(op0(data, imm0), imm1)); reduce_res[...] = reduce_op.reduce(dst, axis=1)
Sources: nki.isa.activate2 (SDK 2.32), A4. Order of sums: docs/numbers.md.
)";

bool bypasses(const Call& c, int param) { return c.op(param) == Operator::bypass; }

void check_operators(const Call& c) {
  op_in(c, op0, {Operator::multiply, Operator::add, Operator::subtract, Operator::bypass});
  if (c.op(op0) == Operator::multiply)
    op_in(c, op1, {Operator::add, Operator::subtract, Operator::bypass});
  else op_in(c, op1, {Operator::bypass});
}

void check_scalar(const Call& c, int by, int imm, int reverse) {
  row_scalar(c, imm, data, true);
  if (bypasses(c, by)) {
    if (c.flag(reverse)) refuse_argument(c, reverse, "True", "False with bypass");
    return;
  }
  if (!c.has(imm))
    refuse_argument(c, imm, "None", fmt::format("a number or a tile with {}", name_of(c.op(by))));
}

void check(const Call& c) {
  check_function_operator(c, op, true);
  same_elements(c, {dst, data});
  not_packed(c, {dst, data});
  check_operators(c);
  check_scalar(c, op0, imm0, reverse0);
  check_scalar(c, op1, imm1, reverse1);
  if (c.is_tensor(imm0) && c.is_tensor(imm1)) same_dtype(c, {imm0, imm1});
  row_scalar(c, relu_param, data, true);
  if (c.op(op) != Operator::prelu && (c.is_tensor(relu_param) || c.number(relu_param) != 0))
    refuse_argument(c, relu_param, "given", fmt::format("0 with {}", name_of(c.op(op))));
  check_accumulation(
      c, data, reduce_cmd, reduce_res,
      {ReduceCmd::idle, ReduceCmd::reset, ReduceCmd::reduce, ReduceCmd::reset_reduce});
  op_in(
      c, reduce_op,
      {Operator::add, Operator::maximum, Operator::minimum, Operator::abs_max, Operator::abs_min});
  if (!c.has(reduce_op) && c.choice<ReduceCmd>(reduce_cmd) != ReduceCmd::idle)
    refuse_argument(c, reduce_op, "None", "an operator with this reduce_cmd");
}

void prelu(const float* x, const RowScalars& factor, float* out, int first, int rows, int64_t n) {
  for (int row = 0; row < rows; ++row)
    for (int64_t i = row * n; i < (row + 1) * n; ++i)
      out[i] = x[i] > 0 ? x[i] : factor[first + row] * x[i];
}

void run(Run& r) {
  const Call& c = r.call;
  const int all_rows = c.operand(data).partitions();
  const RowScalars s0(r, imm0, all_rows), s1(r, imm1, all_rows), factor(r, relu_param, all_rows);
  const Operator reducer = c.has(reduce_op) ? c.op(reduce_op) : Operator::add;
  Accumulation reduction(r, data, c.choice<ReduceCmd>(reduce_cmd), reducer);
  const UnaryRun function = unary_run(c.op(op));
  for_each_block(r, dst, {data}, [&](auto* in, float* out, int first, int rows, int64_t n) {
    const float* x = in[0];
    if (!bypasses(c, op0)) {
      s0.apply(c.op(op0), x, c.flag(reverse0), out, first, rows, n);
      x = out;
    }
    if (!bypasses(c, op1)) {
      s1.apply(c.op(op1), x, c.flag(reverse1), out, first, rows, n);
      x = out;
    }
    if (c.op(op) == Operator::prelu) prelu(x, factor, out, first, rows, n);
    else function(x, out, rows * n);
    reduction.reduce(out, first, rows, n);
  });
  reduction.read_out(reduce_res);
}

Cost cost(const Call& c) {
  const machine::LaneEngine& e = lane_engine(c);
  double extra = c.op(op) == Operator::copy ? 0 : e.function_overhead_cycles;
  if (c.is_tensor(imm0) || c.is_tensor(imm1) || c.is_tensor(relu_param))
    extra += e.pointer_scalar_cycles;
  if (c.has(reduce_res)) extra += e.accumulator_read_cycles;
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()), 1, extra);
}

Evidence evidence(const Call& c) {
  const bool reduces = c.choice<ReduceCmd>(reduce_cmd) > ReduceCmd::reset;
  return std::max(evidence_of(c.op(op)),
                  reduces ? evidence_of_reduction(c.op(reduce_op)) : Evidence::exact);
}

}  // namespace

INSTRUCTION(activate2) {
  const Value no = Value::boolean(false);
  static const Spec spec = {
      .name = "activate2",
      .summary = "Apply a function to a tile after two operators, and reduce the results.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the results go"},
                 {"op", ParamKind::op, Access::none, "", {}, "the function"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"imm0", ParamKind::tensor_or_number, Access::read, "", {}, "op0's scalar", true},
                 {"imm1", ParamKind::tensor_or_number, Access::read, "", {}, "op1's scalar", true},
                 {"op0", ParamKind::op, Access::none, "", {}, "the first operator, or bypass"},
                 {"op1", ParamKind::op, Access::none, "", {}, "the second operator, or bypass"},
                 {"relu_param", ParamKind::tensor_or_number, Access::read, "0.0", Value::number(0),
                  "what prelu multiplies negative values with"},
                 {"reverse0", ParamKind::boolean, Access::none, "False", no, "imm0 op0 data"},
                 {"reverse1", ParamKind::boolean, Access::none, "False", no, "imm1 op1 result"},
                 {"reduce_op", ParamKind::op, Access::none, "None", {}, "what reduces the results"},
                 {"reduce_res",
                  ParamKind::tensor,
                  Access::write,
                  "None",
                  {},
                  "[P, 1] tile for the accumulators; None leaves them where they are"},
                 {"reduce_cmd", ParamKind::reduce_cmd, Access::none, "reduce_cmd.idle",
                  Value::integer(0), "idle, reset, reduce or reset_reduce"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::scalar},
      .version = 4,
      .indirect = {dst, data},
      .check = check,
      .run = run,
      .cost = cost,
      .evidence_of = evidence,
      .accumulators = [](const Call& c) { return accumulator_access(c, reduce_cmd, reduce_res); },
  };
  return spec;
}

}  // namespace trainyard::isa
