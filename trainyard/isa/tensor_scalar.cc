// tensor_scalar: one or two operators with a scalar operand each, on the Vector, Scalar or GpSimd
// Engine.

#include <fmt/format.h>

#include "trainyard/isa/direct.h"
#include "trainyard/isa/indirection.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, data, op0, operand0, reverse0, op1, operand1, reverse1, engine };

constexpr std::string_view kDoc = R"(
dst = (data op0 operand0) op1 operand1; an operand is a number or a [P, 1] tile, the same for all
elements of a partition. reverse0 and reverse1 exchange an operator's sides. op1 is optional and
free. Unary operators (abs, rsqrt, reciprocal; square and relu on NeuronCore-v4) take None or 0.

Memory types: SBUF or PSUM; SBUF only on GpSimd.
Data types: both operators arithmetic: any, computed in float32, with float32 operand tiles; or both
  on bits: integers, raw bits. int32 or uint32 tiles with add, subtract or multiply and whole
  numbers are address arithmetic: exact, wrapping around.
Engines: bits on Vector; rsqrt and power on GpSimd; Scalar (NeuronCore-v3) takes multiply and add,
  multiply, or add.
Layout: equal partitions and equal elements per partition; the free shapes may differ.
Cost: max(64, N) cycles; from NeuronCore-v3, 16-bit tiles go at two or four elements a cycle and
  float32 from SBUF to SBUF at two. A tile as operand adds a fixed time.
NumPy: dst[...] = op1(op0(data, operand0), operand1)
Sources: nki.isa.tensor_scalar (SDK 2.32); cost ISA26, A3, TRACE.
)";

bool uses(const Call& c, Operator o) { return c.op(op0) == o || (c.has(op1) && c.op(op1) == o); }

bool is_bits(const Call& c) { return info(c.op(op0)).kind == OperatorClass::bits; }

bool is_whole(const Call& c, int param) {
  const Value& v = c.value(param);
  return v.kind == Value::Kind::integer || v.kind == Value::Kind::boolean;
}

bool is_address_arithmetic(const Call& c) {
  const auto wide = [](DType d) { return d == DType::i32 || d == DType::u32; };
  const auto simple = [&](int op, int operand) {
    return (c.op(op) == Operator::add || c.op(op) == Operator::subtract ||
            c.op(op) == Operator::multiply) &&
           is_whole(c, operand);
  };
  return wide(c.operand(dst).dtype()) && wide(c.operand(data).dtype()) && simple(op0, operand0) &&
         (!c.has(op1) || simple(op1, operand1));
}

Engine choose_engine(const Call& c) {
  return uses(c, Operator::rsqrt) || uses(c, Operator::power) ? Engine::gpsimd : Engine::vector;
}

void check_engine(const Call& c) {
  const bool special = uses(c, Operator::rsqrt) || uses(c, Operator::power);
  if (c.engine() == Engine::gpsimd && !special) engine_in(c, op0, {Engine::vector, Engine::scalar});
  if (c.engine() != Engine::scalar) return;
  needs_version(c, 3, "tensor_scalar on the Scalar Engine");
  const bool one = !c.has(op1) && (c.op(op0) == Operator::multiply || c.op(op0) == Operator::add);
  const bool two = c.has(op1) && c.op(op0) == Operator::multiply && c.op(op1) == Operator::add;
  if (!one && !two) engine_in(c, op0, {Engine::vector});
}

void check(const Call& c) {
  same_elements(c, {dst, data});
  not_packed(c, {dst, data});
  check_scalar_operator(c, op0, operand0, data, {.bits = true});
  if (c.has(op1)) {
    check_scalar_operator(c, op1, operand1, data, {.bits = true});
    if ((info(c.op(op1)).kind == OperatorClass::bits) != is_bits(c))
      throw base::Error(base::Code::E109, "tensor_scalar: one operator is on bits, one arithmetic")
          .limit(fmt::format("{} and {}", name_of(c.op(op0)), name_of(c.op(op1))),
                 "two of one kind", "tensor_scalar");
  } else if (c.has(operand1)) {
    refuse_argument(c, operand1, "given without op1", "None");
  }
  if (is_bits(c))
    for (int p : {dst, data}) dtype_integer(c, p);
  if (any_indirect(c) && is_address_arithmetic(c))
    refuse_argument(c, op0, "address arithmetic on an indirect view", "another type or operator");
  check_engine(c);
}

void run_words(Run& r, WordRun first_op, WordRun second_op) {
  const Call& c = r.call;
  const int rows = c.operand(data).partitions();
  RowWords w0(r, operand0, rows), w1(r, operand1, second_op ? rows : 0);
  for_each_block<uint32_t>(r, dst, {data},
                           [&](auto* in, uint32_t* out, int first, int n_rows, int64_t n) {
                             w0.apply(first_op, in[0], c.flag(reverse0), out, first, n_rows, n);
                             if (second_op)
                               w1.apply(second_op, out, c.flag(reverse1), out, first, n_rows, n);
                           });
}

void run(Run& r) {
  const Call& c = r.call;
  const bool two = c.has(op1);
  if (is_bits(c)) return run_words(r, bits_run(c.op(op0)), two ? bits_run(c.op(op1)) : nullptr);
  if (is_address_arithmetic(c))
    return run_words(r, integer_run(c.op(op0), false),
                     two ? integer_run(c.op(op1), false) : nullptr);
  const int rows = c.operand(data).partitions();
  const RowScalars s0(r, operand0, rows), s1(r, operand1, rows);
  std::optional<ScalarStep> second;
  if (two) second.emplace(c.op(op1), s1, c.flag(reverse1));
  if (run_direct(r, dst, data, {c.op(op0), s0, c.flag(reverse0)}, second)) return;
  for_each_block(r, dst, {data}, [&](auto* in, float* out, int first, int n_rows, int64_t n) {
    s0.apply(c.op(op0), in[0], c.flag(reverse0), out, first, n_rows, n);
    if (two) s1.apply(c.op(op1), out, c.flag(reverse1), out, first, n_rows, n);
  });
}

Cost cost(const Call& c) {
  const double n = static_cast<double>(c.operand(dst).free_elements());
  const machine::LaneEngine& e = lane_engine(c);
  const bool pointer = c.is_tensor(operand0) || c.is_tensor(operand1);
  const double extra = pointer ? e.pointer_scalar_cycles : 0;
  const bool slow = c.engine() == Engine::gpsimd && uses(c, Operator::rsqrt);
  if (slow) return lane_cost(c, n * e.reciprocal_cycles_per_element, 1, extra);
  return lane_cost(c, n, copy_rate(c, {dst, data}, true), extra);
}

}  // namespace

INSTRUCTION(tensor_scalar) {
  const Value no = Value::boolean(false);
  static const Spec spec = {
      .name = "tensor_scalar",
      .summary = "Combine a tile with one or two scalars or columns.",
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
                 {"reverse0", ParamKind::boolean, Access::none, "False", no, "operand0 op0 data"},
                 {"op1", ParamKind::op, Access::none, "None", {}, "the second operator, if any"},
                 {"operand1", ParamKind::tensor_or_number, Access::read, "None", {}, "its scalar"},
                 {"reverse1", ParamKind::boolean, Access::none, "False", no, "operand1 op1 result"},
                 {"engine", ParamKind::engine, Access::none, "engine.unknown", Value::integer(0),
                  "vector, scalar or gpsimd; open by default"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector, Engine::scalar, Engine::gpsimd},
      .indirect = {dst, data},
      .choose_engine = choose_engine,
      .check = check,
      .run = run,
      .cost = cost,
      .evidence_of =
          [](const Call& c) {
            return std::max(evidence_of(c.op(op0)),
                            c.has(op1) ? evidence_of(c.op(op1)) : Evidence::exact);
          },
  };
  return spec;
}

}  // namespace trainyard::isa
