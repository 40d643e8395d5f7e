// activation_reduce: activation with the sum of its results, in one call.

#include "trainyard/isa/rules.h"
#include "trainyard/isa/scalar_function.h"

namespace trainyard::isa {

namespace {

enum { dst, op, data, reduce_op, reduce_res, bias, scale };
constexpr FunctionParams kParams = {dst, op, data, bias, scale};

constexpr std::string_view kDoc = R"(
dst = op(data * scale + bias), and reduce_res = the sum of each partition's results over all free
dimensions: activation with reduce_cmd.reset_reduce. The sums also stay in the Scalar Engine's
accumulators; reduce_res None leaves them there only.

Functions, memory types, data types and layout: as activation.
Operators: reduce_op is add.
Cost: max(64, N) + 64 cycles, and the additions of activation.
NumPy: dst[...] = op(data * scale + bias); reduce_res[...] = dst.sum(axis=1)
Sources: nki.isa.activation_reduce (SDK 2.32); cost ISA26, TRACE. Order of sums: docs/numbers.md.
)";

void check(const Call& c) {
  check_function(c, kParams);
  op_in(c, reduce_op, {Operator::add});
  row_scalar(c, reduce_res, data, true);
}

void run(Run& r) {
  Accumulation sums(r, data, ReduceCmd::reset_reduce, Operator::add);
  run_function(r, kParams, sums);
  sums.read_out(reduce_res);
}

}  // namespace

INSTRUCTION(activation_reduce) {
  static const Spec spec = {
      .name = "activation_reduce",
      .summary = "Apply a function to a tile and sum the results.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the results go"},
                 {"op", ParamKind::op, Access::none, "", {}, "the function"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"reduce_op", ParamKind::op, Access::none, "", {}, "add"},
                 {"reduce_res",
                  ParamKind::tensor,
                  Access::write,
                  "",
                  {},
                  "[P, 1] tile for the sums; None leaves them in the accumulators",
                  true},
                 {"bias", ParamKind::tensor_or_number, Access::read, "None", {}, "added"},
                 {"scale", ParamKind::tensor_or_number, Access::read, "1.0", Value::number(1),
                  "multiplied with"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::scalar},
      .indirect = {dst, data},
      .check = check,
      .run = run,
      .cost = [](const Call& c) { return cost_function(c, kParams, c.has(reduce_res)); },
      .evidence_of =
          [](const Call& c) { return std::max(evidence_of(c.op(op)), Evidence::order_defined); },
      .accumulators = [](const Call&) { return Access::write; },
  };
  return spec;
}

}  // namespace trainyard::isa
