// activation: a function of the Scalar Engine's tables, after a scale and a bias, with a running
// sum.

#include "trainyard/isa/rules.h"
#include "trainyard/isa/scalar_function.h"

namespace trainyard::isa {

namespace {

enum { dst, op, data, bias, scale, reduce_op, reduce_res, reduce_cmd };
constexpr FunctionParams kParams = {dst, op, data, bias, scale};

constexpr std::string_view kDoc = R"(
dst = op(data * scale + bias). The product and the sum are rounded one after the other.

Functions: copy, square, relu, abs, sign, exp, tanh, sigmoid, gelu, gelu_dx, gelu_apprx_tanh,
  gelu_apprx_sigmoid, gelu_apprx_sigmoid_dx, silu, silu_dx, softplus, mish, erf and erf_dx for every
  input; log in [2^-64, 2^64], sin in [-pi, pi], arctan in [-pi/2, pi/2], sqrt in [2^-116, 2^118],
  rsqrt in [2^-87, 2^97], reciprocal in +-[2^-42, 2^42]. Beyond, the chip's results are not valid;
  here sin follows its polynomial, as the chip does, and the others the exact function.
reduce_cmd: what becomes of the engine's accumulators, one a lane, that outlive the instruction:
  idle leaves them, reset sets 0, reduce adds each partition's results, reset_reduce both.
  reduce_res receives them. reduce_op is add.
Memory types: SBUF or PSUM.
Data types: any; computed in float32. A scale tile is float32, a bias tile anything but tfloat32.
  The sums are of the results before they are rounded to dst's type.
Layout: equal partitions and equal elements per partition; scale and bias are numbers or [P, 1]
  tiles. A number as bias, and a bias with reciprocal, need NeuronCore-v3.
Cost: max(64, N) cycles, and 64 to read the accumulators; a function costs more than a copy, a tile
  as scale or bias more than a number, another set of functions the time to load its tables.
NumPy: dst[...] = op(data * scale + bias); reduce_res[...] = dst.sum(axis=1)
Sources: nki.isa.activation (SDK 2.32); cost ISA26, TRACE. Order of sums: docs/numbers.md.
)";

void check(const Call& c) {
  check_function(c, kParams);
  op_in(c, reduce_op, {Operator::add});
  check_accumulation(
      c, data, reduce_cmd, reduce_res,
      {ReduceCmd::idle, ReduceCmd::reset, ReduceCmd::reduce, ReduceCmd::reset_reduce});
}

void run(Run& r) {
  Accumulation sums(r, data, r.call.choice<ReduceCmd>(reduce_cmd), Operator::add);
  run_function(r, kParams, sums);
  sums.read_out(reduce_res);
}

}  // namespace

INSTRUCTION(activation) {
  static const Spec spec = {
      .name = "activation",
      .summary = "Apply a function to a tile, after a scale and a bias.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the results go"},
                 {"op", ParamKind::op, Access::none, "", {}, "the function"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"bias", ParamKind::tensor_or_number, Access::read, "None", {}, "added"},
                 {"scale", ParamKind::tensor_or_number, Access::read, "1.0", Value::number(1),
                  "multiplied with"},
                 {"reduce_op", ParamKind::op, Access::none, "None", {}, "add"},
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
      .indirect = {dst, data},
      .check = check,
      .run = run,
      .cost = [](const Call& c) { return cost_function(c, kParams, c.has(reduce_res)); },
      .evidence_of =
          [](const Call& c) {
            const bool sums = c.choice<ReduceCmd>(reduce_cmd) > ReduceCmd::reset;
            return std::max(evidence_of(c.op(op)),
                            sums ? Evidence::order_defined : Evidence::exact);
          },
      .accumulators = [](const Call& c) { return accumulator_access(c, reduce_cmd, reduce_res); },
  };
  return spec;
}

}  // namespace trainyard::isa
