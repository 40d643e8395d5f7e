// The search for eight values in each partition of a tile.

#include "trainyard/isa/search8.h"

#include "trainyard/isa/rules.h"

namespace trainyard::isa {

using base::Code;
using base::Error;

namespace {

constexpr int64_t kSearchedMin = 8, kSearchedMax = 16384;

}  // namespace

void check_searched(const Call& c, int param) {
  not_packed(c, {param});
  const OperandView v = c.operand(param);
  if (v.layout->ndim > 3)
    throw Error(Code::E110, label(c, param) + " has too many dimensions")
        .limit(std::to_string(v.layout->ndim), "3", std::string(c.spec().name))
        .note(v.describe());
  const int64_t n = v.free_elements();
  if (n < kSearchedMin)
    throw Error(Code::E104, label(c, param) + " has too few elements per partition")
        .limit(std::to_string(n), std::to_string(kSearchedMin), std::string(c.spec().name))
        .fix("Use a tile of at least 8 elements per partition, padded if need be.")
        .note(v.describe());
  if (n > kSearchedMax)
    throw Error(Code::E104, label(c, param) + " has too many elements per partition")
        .limit(std::to_string(n), std::to_string(kSearchedMax), std::string(c.spec().name))
        .note(v.describe());
}

void check_eight(const Call& c, int param, int like) {
  not_packed(c, {param});
  same_partitions(c, {like, param});
  free_exactly(c, param, kFound);
}

void check_indices(const Call& c, int param) { dtype_in(c, param, {DType::u16, DType::u32}); }

int64_t find_value(const float* data, int64_t from, int64_t n, float value) {
  constexpr int64_t kBlock = 64;  // counted at once, so that the loop vectorises
  int64_t i = from;
  for (; i + kBlock <= n; i += kBlock) {
    int equal = 0;
    for (int64_t k = 0; k < kBlock; ++k) equal += data[i + k] == value;
    if (equal) break;
  }
  while (i < n && !(data[i] == value)) ++i;
  return i;
}

Positions find_values(const float* data, int64_t n, const float* values, bool descending) {
  Positions found;
  for (int k = 0; k < kFound; ++k) {
    const int slot = descending ? static_cast<int>(kFound) - 1 - k : k;
    // The same value again is sought behind its last place; if that was not found, nor is this.
    int64_t from = 0;
    for (int j = 0; j < k; ++j) {
      const int earlier = descending ? static_cast<int>(kFound) - 1 - j : j;
      if (values[earlier] == values[slot]) from = found[earlier] < 0 ? n : found[earlier] + 1;
    }
    const int64_t at = find_value(data, from, n, values[slot]);
    found[slot] = at < n ? at : -1;
  }
  return found;
}

void write_indices(const Bytes& to, int row, const Positions& positions) {
  std::array<uint32_t, kFound> wide;
  std::array<uint16_t, kFound> narrow;
  for (int k = 0; k < kFound; ++k) {
    wide[k] = static_cast<uint32_t>(positions[k]);  // -1 becomes all ones
    narrow[k] = static_cast<uint16_t>(positions[k]);
  }
  const void* bits = to.element == 2 ? static_cast<const void*>(narrow.data()) : wide.data();
  scatter_bits(to, row, 1, static_cast<const std::byte*>(bits));
}

}  // namespace trainyard::isa
