// The Scalar Engine's pipeline: scale, bias, function, accumulate.

#include "trainyard/isa/scalar_function.h"

#include <fmt/format.h>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

void check_function_operator(const Call& call, int param, bool has_parameter) {
  op_class(call, param, {OperatorClass::function, OperatorClass::unary});
  const Operator op = call.op(param);
  if (op != Operator::logical_not && (op != Operator::prelu || has_parameter)) return;
  throw base::Error(base::Code::E109, fmt::format("{} is {}", label(call, param), name_of(op)))
      .limit(std::string(name_of(op)),
             op == Operator::prelu ? "a function without a parameter (prelu: activate2)"
                                   : "a function of the Scalar Engine",
             std::string(call.spec().name));
}

void check_function(const Call& call, const FunctionParams& p) {
  check_function_operator(call, p.op, false);
  const Operator op = call.op(p.op);
  same_elements(call, {p.dst, p.data});
  not_packed(call, {p.dst, p.data, p.bias});
  row_scalar(call, p.scale, p.data);
  if (!call.has(p.bias)) return;
  if (op == Operator::reciprocal) needs_version(call, 3, "a bias with reciprocal");
  if (!call.is_tensor(p.bias)) return needs_version(call, 3, "a number as bias");
  column(call, p.bias, p.data);
  if (call.operand(p.bias).dtype() == DType::tf32)
    throw base::Error(base::Code::E105, label(call, p.bias) + " is tfloat32")
        .limit("tfloat32", "any other type", std::string(call.spec().name));
}

void run_function(Run& run, const FunctionParams& p, Accumulation& sums) {
  const Call& call = run.call;
  const int all_rows = call.operand(p.data).partitions();
  const RowScalars scale(run, p.scale, all_rows), bias(run, p.bias, all_rows);
  const bool scales = !scale.uniform() || scale[0] != 1;
  const UnaryRun function = unary_run(call.op(p.op));
  for_each_block(run, p.dst, {p.data}, [&](auto* in, float* out, int first, int rows, int64_t n) {
    const float* x = in[0];
    if (scales) {
      scale.apply(Operator::multiply, x, false, out, first, rows, n);
      x = out;
    }
    if (call.has(p.bias)) {
      bias.apply(Operator::add, x, false, out, first, rows, n);
      x = out;
    }
    function(x, out, rows * n);
    sums.reduce(out, first, rows, n);
  });
}

Cost cost_function(const Call& call, const FunctionParams& p, bool reads_accumulators) {
  const machine::LaneEngine& e = lane_engine(call);
  double extra = call.op(p.op) == Operator::copy ? 0 : e.function_overhead_cycles;
  if (call.is_tensor(p.scale) || call.is_tensor(p.bias)) extra += e.pointer_scalar_cycles;
  if (reads_accumulators) extra += e.accumulator_read_cycles;
  return lane_cost(call, static_cast<double>(call.operand(p.dst).free_elements()), 1, extra);
}

}  // namespace trainyard::isa
