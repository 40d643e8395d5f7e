// Integers beyond the reach of float32.

#include "trainyard/isa/integer_use.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <type_traits>

namespace trainyard::isa {

namespace {

constexpr uint32_t kExact = 1 << 24;  // up to here float32 holds every integer

// Most tiles have no large numbers at all, which a loop without a way out tells fast.
template <class Integer>
bool any_inexact(const std::byte* elements, size_t n) {
  const auto at = [&](size_t i) {
    Integer value;
    std::memcpy(&value, elements + i * sizeof value, sizeof value);
    return value;
  };
  bool large = false;
  for (size_t i = 0; i < n; ++i) {
    if constexpr (std::is_signed_v<Integer>)
      large |= static_cast<uint32_t>(at(i)) + kExact > 2 * kExact;
    else large |= at(i) > kExact;
  }
  for (size_t i = 0; large && i < n; ++i)
    if (static_cast<int64_t>(static_cast<float>(at(i))) != at(i)) return true;
  return false;
}

bool any_large(const float* values, size_t n) {
  bool large = false;  // or NaN
  for (size_t i = 0; i < n; ++i)
    large |= (std::bit_cast<uint32_t>(values[i]) & 0x7fffffff) >= std::bit_cast<uint32_t>(0x1p24f);
  for (size_t i = 0; large && i < n; ++i)
    if (std::abs(values[i]) >= 0x1p24f) return true;
  return false;
}

bool has_operator(const Call& call) {
  const auto& params = call.spec().params;
  for (size_t p = 0; p < params.size(); ++p)
    if (params[p].kind == ParamKind::op && call.has(static_cast<int>(p))) return true;
  return false;
}

}  // namespace

IntegerUse& integer_use() {
  thread_local IntegerUse use;
  return use;
}

void note_widened(DType dtype, const std::byte* elements, size_t n) {
  if (!base::is_integer(dtype)) return;
  IntegerUse& use = integer_use();
  use.read = true;
  if (dtype == DType::i32) use.inexact_in |= any_inexact<int32_t>(elements, n);
  if (dtype == DType::u32) use.inexact_in |= any_inexact<uint32_t>(elements, n);
}

void note_narrowed(DType dtype, const float* values, size_t n) {
  IntegerUse& use = integer_use();
  if (base::is_float(dtype)) use.float_out = true;
  if (!use.read || (dtype != DType::i32 && dtype != DType::u32)) return;
  use.large_out |= any_large(values, n);
}

bool rounds_integers(const Call& call, const IntegerUse& use) {
  return use.large_out || (use.inexact_in && (!use.float_out || has_operator(call)));
}

}  // namespace trainyard::isa
