// scalar_tensor_tensor: a tile combined with a scalar and then with another tile, on the Vector
// Engine.

#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, data, op0, operand0, op1, operand1, reverse0, reverse1 };

constexpr std::string_view kDoc = R"(
dst = (data op0 operand0) op1 operand1; operand0 is a number or a [P, 1] tile, operand1 a tile like
data. reverse0 and reverse1 exchange an operator's sides.

Memory types: SBUF or PSUM, but data and operand1 not both in PSUM.
Data types: any, also of an operand0 tile; computed in float32, rounded once to dst's type.
Operators: arithmetic; not on bits.
Layout: equal partitions and equal elements per partition; the free shapes may differ.
Cost: max(64, 2N) cycles, as tensor_tensor; N for bfloat16 with subtract and multiply and even N. A
  tile as operand0 adds a fixed time.
NumPy: dst[...] = op1(op0(data, operand0), operand1)
Sources: nki.isa.scalar_tensor_tensor (SDK 2.32); cost ISA26.
)";

void check(const Call& c) {
  same_elements(c, {dst, data, operand1});
  not_packed(c, {dst, data, operand1});
  not_both_psum(c, data, operand1);
  check_scalar_operator(c, op0, operand0, data, {.any_type = true});
  op_class(c, op1, {OperatorClass::arith});
  operator_engine(c, op1);
}

void run(Run& r) {
  const Call& c = r.call;
  const RowScalars s(r, operand0, c.operand(data).partitions());
  const BinaryRun second = binary_run(c.op(op1));
  const bool reverse = c.flag(reverse1);
  for_each_block(r, dst, {data, operand1},
                 [&](auto* in, float* out, int first, int rows, int64_t n) {
                   // Not into `out`, which may be operand1.
                   float* once = Run::scratch(4, rows * n);
                   s.apply(c.op(op0), in[0], c.flag(reverse0), once, first, rows, n);
                   second(reverse ? in[1] : once, reverse ? once : in[1], out, rows * n);
                 });
}

Cost cost(const Call& c) {
  const int64_t n = c.operand(dst).free_elements();
  bool fast = c.op(op0) == Operator::subtract && c.op(op1) == Operator::multiply && n % 2 == 0;
  for (int p : {data, operand1}) fast &= c.operand(p).dtype() == DType::bf16;
  const double extra = c.is_tensor(operand0) ? lane_engine(c).pointer_scalar_cycles : 0;
  return lane_cost(c, static_cast<double>(fast ? n : 2 * n), 1, extra);
}

}  // namespace

INSTRUCTION(scalar_tensor_tensor) {
  const Value no = Value::boolean(false);
  static const Spec spec = {
      .name = "scalar_tensor_tensor",
      .summary = "Combine a tile with a scalar or column, then with another tile.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the result goes"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"op0", ParamKind::op, Access::none, "", {}, "the first operator"},
                 {"operand0",
                  ParamKind::tensor_or_number,
                  Access::read,
                  "",
                  {},
                  "its scalar: a number or a [P, 1] tile; None for unary operators",
                  true},
                 {"op1", ParamKind::op, Access::none, "", {}, "the second operator"},
                 {"operand1", ParamKind::tensor, Access::read, "", {}, "its tile"},
                 {"reverse0", ParamKind::boolean, Access::none, "False", no, "operand0 op0 data"},
                 {"reverse1", ParamKind::boolean, Access::none, "False", no, "operand1 op1 result"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector},
      .check = check,
      .run = run,
      .cost = cost,
      .evidence_of =
          [](const Call& c) { return std::max(evidence_of(c.op(op0)), evidence_of(c.op(op1))); },
  };
  return spec;
}

}  // namespace trainyard::isa
