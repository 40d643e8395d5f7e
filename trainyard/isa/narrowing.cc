// Where a format overflows and where it flushes is asked of the conversion itself, once.

#include "trainyard/isa/narrowing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "trainyard/base/convert.h"

namespace trainyard::isa {

namespace {

constexpr uint32_t kMagnitude = 0x7fffffff;
constexpr uint32_t kInfinity = std::bit_cast<uint32_t>(std::numeric_limits<float>::infinity());
constexpr uint32_t kNormal = std::bit_cast<uint32_t>(std::numeric_limits<float>::min());

// As fp32 bits: magnitudes from `overflow` on become infinite or NaN, those below `flush` zero.
struct Reach {
  uint32_t overflow = kInfinity, flush = 0;
};

float through(DType dtype, uint32_t bits) {
  std::byte code[4] = {};
  base::from_fp32(dtype, std::bit_cast<float>(bits), code);
  return base::to_fp32(dtype, code);
}

// The least magnitude in [0, kInfinity] for which `holds`, which is so for all above it.
template <class Predicate>
uint32_t least(Predicate holds) {
  uint32_t low = 0, high = kInfinity;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

Reach measured(DType dtype) {
  Reach r;
  r.overflow = least([&](uint32_t bits) { return !std::isfinite(through(dtype, bits)); });
  r.flush = least([&](uint32_t bits) { return through(dtype, bits) != 0; });
  return r;
}

// Nothing of fp32 itself is lost; powers of two alone are scales, chosen to lose what they lose.
bool loses(DType dtype) {
  return base::is_float(dtype) && !base::is_pack(dtype) && dtype != DType::fp32 &&
         dtype != DType::fp8_e8m0;
}

const Reach& reach_of(DType dtype) {
  static const std::array<Reach, base::kDTypeCount> all = [] {
    std::array<Reach, base::kDTypeCount> reaches;
    for (int d = 0; d < base::kDTypeCount; ++d)
      if (loses(static_cast<DType>(d))) reaches[d] = measured(static_cast<DType>(d));
    return reaches;
  }();
  return all[static_cast<int>(dtype)];
}

void count_float(Narrowing& into, DType dtype, const float* values, size_t n) {
  const Reach& reach = reach_of(dtype);
  const uint32_t overflow = reach.overflow, span = kInfinity - overflow;
  const uint32_t flush = std::max(reach.flush, kNormal) - kNormal;
  uint32_t lost = 0;  // mostly none, which a loop without a way out tells fast
  for (size_t i = 0; i < n; ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(values[i]) & kMagnitude;
    lost |= static_cast<uint32_t>(bits - overflow < span) | (bits - kNormal < flush);
  }
  if (!lost) return;
  for (size_t i = 0; i < n; ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(values[i]) & kMagnitude;
    if (bits - overflow < span) {
      ++into.overflowed;
      into.largest = std::max(into.largest, std::abs(values[i]));
    } else if (bits - kNormal < flush) {
      const float magnitude = std::abs(values[i]);
      into.smallest = into.flushed++ == 0 ? magnitude : std::min(into.smallest, magnitude);
    }
  }
}

void count_integer(Narrowing& into, DType dtype, const float* values, size_t n) {
  const double most = base::max_finite(dtype);
  const bool is_signed = dtype == DType::i8 || dtype == DType::i16 || dtype == DType::i32;
  // Rounded to the nearest, ties to even: max + 1/2 is beyond, and so is what is below min - 1/2.
  const auto high = static_cast<float>(most + 0.5), low = is_signed ? -high - 1 : -0.5f;
  uint32_t lost = 0;
  for (size_t i = 0; i < n; ++i)
    lost |= static_cast<uint32_t>(values[i] >= high) | (values[i] < low);
  if (!lost) return;
  for (size_t i = 0; i < n; ++i) {
    if (!(values[i] >= high || values[i] < low)) continue;
    ++into.saturated;
    into.largest = std::max(into.largest, std::abs(values[i]));
  }
}

}  // namespace

Narrowing& narrowing() {
  thread_local Narrowing here;
  return here;
}

void count_losses(Narrowing& into, DType dtype, const float* values, size_t n) {
  const uint64_t before = into.overflowed + into.flushed + into.saturated;
  if (loses(dtype)) count_float(into, dtype, values, n);
  else if (base::is_integer(dtype) && dtype != DType::bool8) count_integer(into, dtype, values, n);
  if (before == 0 && into.overflowed + into.flushed + into.saturated > 0) into.dtype = dtype;
}

}  // namespace trainyard::isa
