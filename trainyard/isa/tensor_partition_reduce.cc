// tensor_partition_reduce: a tile reduced across its partitions, on the GpSimd Engine.

#include <algorithm>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/operators.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, op, data };

constexpr std::string_view kDoc = R"(
dst = the reduction of data over the partition dimension: one partition with as many elements as a
partition of data.

Memory types: SBUF on both sides.
Data types: any for arithmetic, which runs in float32; integers for bit operators (raw bits).
Operators: add, average, maximum, bitwise_or, bitwise_and.
Layout: dst has one partition and data's elements per partition. Sums go over ascending partitions.
Cost: not published; estimated as 150 + N cycles, like the other instructions of the engine.
NumPy: dst[...] = op.reduce(data, axis=0, keepdims=True)
Sources: nki.isa.tensor_partition_reduce (SDK 2.32).
)";

bool is_bits(const Call& c) { return info(c.op(op)).kind == OperatorClass::bits; }

void check(const Call& c) {
  op_in(c, op,
        {Operator::add, Operator::average, Operator::maximum, Operator::bitwise_or,
         Operator::bitwise_and});
  const OperandView d = c.operand(dst), s = c.operand(data);
  if (d.partitions() != 1)
    throw base::Error(base::Code::E110, label(c, dst) + " has more than one partition")
        .limit(std::to_string(d.partitions()), "1", "tensor_partition_reduce")
        .note(d.describe());
  free_exactly(c, dst, s.free_elements());
  not_packed(c, {dst, data});
  if (is_bits(c))
    for (int p : {dst, data}) dtype_integer(c, p);
}

// Folds the rows of `data` into one row.
template <class T, class Fold>
void fold_rows(Run& r, Fold fold) {
  const Bytes in = r.bytes(data);
  const int64_t n = in.row_elements();
  T* total = reinterpret_cast<T*>(Run::scratch(0, n));
  T* row = reinterpret_cast<T*>(Run::scratch(1, n));
  std::copy_n(read_block(in, 0, 1, row), n, total);
  for (int i = 1; i < in.rows(); ++i) fold(total, read_block(in, i, 1, row), total, n);
  if constexpr (std::is_same_v<T, float>)
    if (r.call.op(op) == Operator::average)
      scalar_run(Operator::divide, total, static_cast<float>(in.rows()), false, total, n);
  write_block(r.bytes(dst), 0, 1, total, r.rounding);
}

void run(Run& r) {
  const Operator o = r.call.op(op);
  if (is_bits(r.call)) return fold_rows<uint32_t>(r, bits_run(o));
  fold_rows<float>(r, binary_run(o == Operator::average ? Operator::add : o));
}

std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int) {
  std::vector<uint8_t> out(c.operand(dst).elements());
  for (size_t i = 0; i < masks[data].size(); ++i) out[i % out.size()] |= masks[data][i];
  return out;
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(data).free_elements()));
}

}  // namespace

INSTRUCTION(tensor_partition_reduce) {
  static const Spec spec = {
      .name = "tensor_partition_reduce",
      .summary = "Reduce a tile across its partitions.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "one partition"},
                 {"op", ParamKind::op, Access::none, "", {}, "the reduction"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::everything,
      .engines = {Engine::gpsimd},
      .check = check,
      .run = run,
      .cost = cost,
      .evidence_of = [](const Call& c) { return evidence_of_reduction(c.op(op)); },
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
