// sequence_bounds: where the segment of each element begins and ends, on the GpSimd Engine.

#include <algorithm>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, segment_ids };

constexpr std::string_view kDoc = R"(
A segment is a run of equal numbers in segment_ids. dst[0, 0, i] is the place where the segment of
element i begins, dst[0, 1, i] the place behind its end. Elements that are 0 are padding: they begin
at n, the number of elements, and end at -1.

Memory types: SBUF.
Data types: float32 or int32, each. Equality is that of the values; what negative numbers and
  fractions do is not documented, here they are numbers like others.
Layout: one partition; dst is [1, 2, n] (any shape of 2n elements).
Cost: not published; an estimate from the GpSimd Engine's law: 150 + 2n cycles.
NumPy: edge = np.flatnonzero(np.diff(ids)) + 1; begin = the last edge up to i; end = the next one
Sources: nki.isa.sequence_bounds (SDK 2.32), its test's reference.
)";

void check(const Call& c) {
  for (int param : {segment_ids, dst}) {
    dtype_in(c, param, {DType::fp32, DType::i32});
    if (c.operand(param).partitions() == 1) continue;
    throw base::Error(base::Code::E110, label(c, param) + " has more than one partition")
        .limit(std::to_string(c.operand(param).partitions()), "1", "sequence_bounds")
        .note(c.operand(param).describe());
  }
  free_exactly(c, dst, 2 * c.operand(segment_ids).free_elements());
}

template <class T>
std::vector<int32_t> bounds(const T* ids, int32_t n) {
  std::vector<int32_t> out(2 * n);
  for (int32_t first = 0; first < n;) {
    int32_t end = first + 1;
    while (end < n && ids[end] == ids[first]) ++end;
    const bool padding = ids[first] == 0;
    std::fill(out.begin() + first, out.begin() + end, padding ? n : first);
    std::fill(out.begin() + n + first, out.begin() + n + end, padding ? -1 : end);
    first = end;
  }
  return out;
}

std::vector<int32_t> bounds(const Bytes& ids) {
  const auto n = static_cast<int32_t>(ids.row_elements());
  if (ids.dtype == DType::fp32) return bounds(read_rows(ids, 0, 1, Run::scratch(0, n)), n);
  std::vector<uint32_t> words(n);
  load_words(ids, 0, words.data());
  return bounds(words.data(), n);
}

void run(Run& r) {
  const Bytes to = r.bytes(dst);
  const std::vector<int32_t> out = bounds(r.bytes(segment_ids));
  if (to.dtype == DType::i32)
    return scatter_bits(to, 0, 1, reinterpret_cast<const std::byte*>(out.data()));
  std::vector<float> values(out.begin(), out.end());
  write_rows(to, 0, 1, values.data(), r.rounding);
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()));
}

}  // namespace

INSTRUCTION(sequence_bounds) {
  static const Spec spec = {
      .name = "sequence_bounds",
      .summary = "Find where the segment of each element begins and ends.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "[1, 2, n]: begins and ends"},
                 {"segment_ids", ParamKind::tensor, Access::read, "", {}, "[1, n]; 0 is padding"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::everything,
      .engines = {Engine::gpsimd},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
