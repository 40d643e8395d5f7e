// nonzero_with_count: where the elements of a partition are not zero, and how many are not, on the
// GpSimd Engine.

#include <algorithm>
#include <limits>

#include "trainyard/isa/affine.h"
#include "trainyard/isa/gpsimd.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, src, index_offset, padding_val };

constexpr std::string_view kDoc = R"(
Each GpSimd core works on the first of its 16 partitions: partitions 0, 16, 32, … of src are read,
and the same ones of dst written; the others of dst stay as they are. dst[p] holds the places of
the elements of src[p] that are not zero, each plus index_offset, in ascending order; then
padding_val up to the length of src[p]; and last their number.

Memory types: SBUF.
Data types: src is float32 (a NaN is not zero, -0.0 is) or int32; dst is int32. Sums wrap around.
Layout: equal partitions; dst has one element per partition more than src.
Limits: index_offset and padding_val are 32-bit integers. NeuronCore-v3.
Cost: not published; an estimate from the GpSimd Engine's law: 150 + N cycles.
NumPy: i = np.flatnonzero(src[p]); dst[p] = [*(i + index_offset), padding_val, …, len(i)]
Sources: nki.isa.nonzero_with_count (SDK 2.32).
)";

void int32_argument(const Call& c, int param) {
  using Limits = std::numeric_limits<int32_t>;
  if (c.integer(param) < Limits::min() || c.integer(param) > Limits::max())
    refuse_argument(c, param, std::to_string(c.integer(param)), "an integer of 32 bits");
}

void check(const Call& c) {
  same_partitions(c, {src, dst});
  dtype_in(c, src, {DType::fp32, DType::i32});
  dtype_in(c, dst, {DType::i32});
  free_exactly(c, dst, c.operand(src).free_elements() + 1);
  int32_argument(c, index_offset);
  int32_argument(c, padding_val);
}

// Floats count as zero by their value, integers by their bits.
int32_t write_places(const float* values, const uint32_t* words, int64_t n, int32_t offset,
                     int32_t* out) {
  int32_t count = 0;
  for (int64_t i = 0; i < n; ++i) {
    const bool zero = values ? values[i] == 0 : words[i] == 0;
    if (!zero) out[count++] = wrapping_add(static_cast<int32_t>(i), offset);
  }
  return count;
}

void run(Run& r) {
  const Bytes to = r.bytes(dst), from = r.bytes(src);
  const int64_t n = from.row_elements();
  const auto offset = static_cast<int32_t>(r.call.integer(index_offset));
  const auto padding = static_cast<int32_t>(r.call.integer(padding_val));
  const bool floats = from.dtype == DType::fp32;
  std::vector<uint32_t> words(floats ? 0 : n);
  std::vector<int32_t> out(n + 1);
  for (int row = 0; row < from.rows(); row += kCorePartitions) {
    const float* values = floats ? read_rows(from, row, 1, Run::scratch(0, n)) : nullptr;
    if (!floats) load_words(from, row, words.data());
    const int32_t count = write_places(values, words.data(), n, offset, out.data());
    std::fill(out.begin() + count, out.end() - 1, padding);
    out[n] = count;
    scatter_bits(to, row, 1, reinterpret_cast<const std::byte*>(out.data()));
  }
}

std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int) {
  const int64_t n = c.operand(src).free_elements();
  std::vector<uint8_t> out(c.operand(dst).elements());
  if (!masks[dst].empty()) out = masks[dst];
  for (int row = 0; row < c.operand(src).partitions(); row += kCorePartitions) {
    bool lost = false;
    if (!masks[src].empty()) {
      const auto first = masks[src].begin() + row * n;
      lost = std::find(first, first + n, 1) != first + n;
    }
    std::fill_n(out.begin() + row * (n + 1), n + 1, lost);
  }
  return out;
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(src).free_elements()));
}

}  // namespace

INSTRUCTION(nonzero_with_count) {
  static const Spec spec = {
      .name = "nonzero_with_count",
      .summary = "List where elements are not zero, in every 16th partition, and count them.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::update, "", {}, "places, padding and number"},
                 {"src", ParamKind::tensor, Access::read, "", {}, "what is searched"},
                 {"index_offset", ParamKind::integer, Access::none, "0", Value::integer(0),
                  "added to every place"},
                 {"padding_val", ParamKind::integer, Access::none, "-1", Value::integer(-1),
                  "what follows the places"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::gpsimd},
      .version = 3,
      .check = check,
      .run = run,
      .cost = cost,
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
