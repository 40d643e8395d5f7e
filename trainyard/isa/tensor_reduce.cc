// tensor_reduce: a tile reduced over its last free dimensions, on the Vector Engine.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/operators.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, op, data, axis, negate, keepdims };

constexpr std::string_view kDoc = R"(
dst = the reduction of data over the dimensions `axis`: the last free ones, without gaps, never the
partition dimension. Negative axes count from the end. negate multiplies the result of an
arithmetic operator by -1; keepdims leaves reduced dimensions with size 1.

Memory types: SBUF or PSUM on both sides.
Data types: any for arithmetic, which runs in float32; integers for bit operators (raw bits).
Operators: add, subtract (the others from the first), multiply, maximum, minimum, the logical ones
  and bitwise_and, bitwise_or, bitwise_xor.
Layout: equal partitions; dst has the elements that are left.
Cost: max(64, N) cycles, N / 2 for add and maximum of bfloat16.
NumPy: dst[...] = op.reduce(data, axis=axis)
Sources: nki.isa.tensor_reduce (SDK 2.32); cost ISA26, TRACE. Order of sums: docs/numbers.md.
)";

bool is_bits(const Call& c) { return info(c.op(op)).kind == OperatorClass::bits; }

// The reduced dimensions, ascending.
std::vector<int64_t> axes(const Call& c) {
  const int64_t ndim = c.operand(data).layout->ndim;
  std::vector<int64_t> found(c.integers(axis).begin(), c.integers(axis).end());
  for (int64_t& a : found)
    if (a < 0) a += ndim;
  std::sort(found.begin(), found.end());
  return found;
}

// Elements that become one element of dst.
int64_t group(const Call& c) {
  int64_t n = 1;
  for (int64_t a : axes(c)) n *= c.operand(data).layout->dims[a].count;
  return n;
}

// abs_max and abs_min reduce in activate2 alone.
bool reduces(Operator o) {
  return info(o).reduces && o != Operator::abs_max && o != Operator::abs_min;
}

void check(const Call& c) {
  if (!reduces(c.op(op))) {
    std::vector<std::string_view> names;
    for (int i = 0; i < operator_count(); ++i)
      if (reduces(static_cast<Operator>(i))) names.push_back(info(static_cast<Operator>(i)).name);
    throw base::Error(base::Code::E109, fmt::format("{} is {}", label(c, op), name_of(c.op(op))))
        .limit(std::string(name_of(c.op(op))), fmt::format("{}", fmt::join(names, ", ")),
               "tensor_reduce");
  }
  const OperandView d = c.operand(data);
  const std::vector<int64_t> reduced = axes(c);
  bool last = !reduced.empty();
  for (size_t i = 0; i < reduced.size(); ++i)
    last &=
        reduced[i] > 0 && reduced[i] == d.layout->ndim - static_cast<int64_t>(reduced.size() - i);
  if (!last)
    refuse_argument(c, axis, fmt::format("{}", c.integers(axis)),
                    fmt::format("the last of the free dimensions 1 to {}", d.layout->ndim - 1));
  same_partitions(c, {dst, data});
  not_packed(c, {dst, data});
  free_exactly(c, dst, d.free_elements() / group(c));
  if (!is_bits(c)) return;
  for (int p : {dst, data}) dtype_integer(c, p);
  if (c.flag(negate)) refuse_argument(c, negate, "True", "False with a bit operator");
}

// Each group of words folded in halves: the order does not show in the result.
void run_words(Run& r, int64_t n) {
  const WordRun f = bits_run(r.call.op(op));
  std::vector<uint32_t> words(n);
  for_each_block<uint32_t>(r, dst, {data},
                           [&](auto* in, uint32_t* out, int, int rows, int64_t all) {
                             for (int64_t g = 0; g < rows * all / n; ++g) {
                               std::copy_n(in[0] + g * n, n, words.begin());
                               for (int64_t left = n; left > 1; left -= left / 2)
                                 f(words.data(), &words[left - left / 2], words.data(), left / 2);
                               out[g] = words[0];
                             }
                           });
}

void run(Run& r) {
  const Call& c = r.call;
  const int64_t n = group(c);
  if (is_bits(c)) return run_words(r, n);
  for_each_block(r, dst, {data}, [&](auto* in, float* out, int, int rows, int64_t all) {
    const int64_t groups = rows * all / n;
    reduce_rows(c.op(op), in[0], groups, n, out);
    if (c.flag(negate)) scalar_run(Operator::multiply, out, -1, false, out, groups);
  });
}

std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int) {
  const int64_t n = group(c);
  std::vector<uint8_t> out(c.operand(dst).elements());
  if (masks[data].empty()) return out;
  for (size_t i = 0; i < masks[data].size(); ++i) out[i / n] |= masks[data][i];
  return out;
}

Cost cost(const Call& c) {
  const bool bf16 = c.operand(dst).dtype() == DType::bf16 && c.operand(data).dtype() == DType::bf16;
  const bool fast = bf16 && (c.op(op) == Operator::add || c.op(op) == Operator::maximum);
  return lane_cost(c, static_cast<double>(c.operand(data).free_elements()), fast ? 2 : 1);
}

}  // namespace

INSTRUCTION(tensor_reduce) {
  const Value no = Value::boolean(false);
  static const Spec spec = {
      .name = "tensor_reduce",
      .summary = "Reduce a tile over its last free dimensions.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the result goes"},
                 {"op", ParamKind::op, Access::none, "", {}, "the reduction"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"axis", ParamKind::integers, Access::none, "", {}, "the dimensions to reduce"},
                 {"negate", ParamKind::boolean, Access::none, "False", no, "negate the result"},
                 {"keepdims", ParamKind::boolean, Access::none, "False", no,
                  "keep reduced dimensions with size 1"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::rows,
      .engines = {Engine::vector},
      .indirect = {dst, data},
      .check = check,
      .run = run,
      .cost = cost,
      .evidence_of = [](const Call& c) { return evidence_of_reduction(c.op(op)); },
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
