// tensor_tensor: two tiles combined element by element, on the Vector or GpSimd Engine.

#include "trainyard/isa/direct.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, data1, data2, op, engine };

constexpr std::string_view kDoc = R"(
dst = data1 op data2, element by element.

Memory types: SBUF or PSUM, but not both inputs in PSUM; SBUF only on GpSimd.
Data types: any for arithmetic, which converts to float32, computes and converts to dst's type;
  integers for bit operators, which work on the raw bits (shifts fill with zeros).
  int32 and uint32 tiles throughout run on GpSimd, exactly; elsewhere integers are exact to 2^24.
Layout: equal partitions and equal elements per partition; the free shapes may differ.
Cost: max(64, N) cycles if one input is in PSUM, else max(64, 2N); 16-bit tiles in SBUF run in the
  2x mode from NeuronCore-v3.
NumPy: dst[...] = op(data1, data2)
Sources: nki.isa.tensor_tensor (SDK 2.32); cost ISA26, A3.
)";

bool exact_integers(const Call& c) {
  const auto wide = [](DType d) { return d == DType::i32 || d == DType::u32; };
  return wide(c.operand(dst).dtype()) && wide(c.operand(data1).dtype()) &&
         wide(c.operand(data2).dtype());
}

bool any_psum(const Call& c) {
  for (int p : {dst, data1, data2})
    if (c.operand(p).buffer() == Buffer::psum) return true;
  return false;
}

Engine choose_engine(const Call& c) {
  if (c.op(op) == Operator::power) return Engine::gpsimd;
  const bool arithmetic = info(c.op(op)).kind == OperatorClass::arith;
  return arithmetic && exact_integers(c) && !any_psum(c) ? Engine::gpsimd : Engine::vector;
}

bool is_bits(const Call& c) { return info(c.op(op)).kind == OperatorClass::bits; }

void check(const Call& c) {
  op_class(c, op, {OperatorClass::arith, OperatorClass::bits});
  same_elements(c, {dst, data1, data2});
  not_packed(c, {dst, data1, data2});
  not_both_psum(c, data1, data2);
  if (is_bits(c)) {
    for (int p : {dst, data1, data2}) dtype_integer(c, p);
  }
  operator_engine(c, op);
}

void run(Run& r) {
  const Operator o = r.call.op(op);
  WordRun words = bits_run(o);
  if (r.call.engine() == Engine::gpsimd && exact_integers(r.call))
    words = integer_run(o, r.call.operand(data1).dtype() == DType::i32);
  if (words) {
    for_each_block<uint32_t>(r, dst, {data1, data2},
                             [&](auto* in, uint32_t* out, int, int rows, int64_t n) {
                               words(in[0], in[1], out, rows * n);
                             });
    return;
  }
  if (run_direct(r, o, dst, data1, data2)) return;
  const BinaryRun f = binary_run(o);
  for_each_block(r, dst, {data1, data2}, [&](auto* in, float* out, int, int rows, int64_t n) {
    f(in[0], in[1], out, rows * n);
  });
}

Cost cost(const Call& c) {
  const double n = static_cast<double>(c.operand(dst).free_elements());
  if (c.engine() == Engine::gpsimd) return lane_cost(c, n);
  const bool psum =
      c.operand(data1).buffer() == Buffer::psum || c.operand(data2).buffer() == Buffer::psum;
  if (psum) return lane_cost(c, n);
  if (c.core().version == 2) {
    const Operator o = c.op(op);
    bool bf16 = o == Operator::add || o == Operator::subtract || o == Operator::multiply;
    for (int p : {dst, data1, data2})
      bf16 &= c.operand(p).dtype() == DType::bf16 && c.operand(p).free_contiguous();
    return lane_cost(c, bf16 ? n : 2 * n);
  }
  const bool fast = all_16bit(c, {dst, data1, data2});
  return lane_cost(c, 2 * n, fast ? c.core().vector.fast2_rate * 2 : 1);
}

}  // namespace

INSTRUCTION(tensor_tensor) {
  static const Spec spec = {
      .name = "tensor_tensor",
      .summary = "Combine two tiles element by element.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the result goes"},
                 {"data1", ParamKind::tensor, Access::read, "", {}, "left operand"},
                 {"data2", ParamKind::tensor, Access::read, "", {}, "right operand"},
                 {"op", ParamKind::op, Access::none, "", {}, "an arithmetic or bit operator"},
                 {"engine", ParamKind::engine, Access::none, "engine.unknown", Value::integer(0),
                  "vector or gpsimd; open by default"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector, Engine::gpsimd},
      .indirect = {dst, data1},
      .choose_engine = choose_engine,
      .check = check,
      .run = run,
      .cost = cost,
      .evidence_of = [](const Call& c) { return evidence_of(c.op(op)); },
  };
  return spec;
}

}  // namespace trainyard::isa
