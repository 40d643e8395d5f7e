// Conversions between fp32 and every other number format, over runs of elements.
//
// Engines compute in fp32 and cast on the way in and out, so these two functions are the edges of
// every instruction. Rounding is to nearest, ties to even, or stochastic with bits that depend only
// on (seed, stream, element); conversions to integers round to nearest even and saturate; floats
// that overflow follow their format (infinity where it has one, else the largest finite value or
// NaN, as documented in docs/numbers.md).
#pragma once

#include <cstddef>
#include <cstdint>

#include "trainyard/base/dtype.h"

namespace trainyard::base {

/// How fp32 becomes a narrower float. `stochastic` adds random low bits before truncating.
struct Rounding {
  bool stochastic = false;
  uint64_t seed = 0;    ///< of the run
  uint64_t stream = 0;  ///< which core and instruction
};

/// Widens `n` elements of `dtype` at `src` (packed, any alignment) to fp32. Exact for every type
/// but i32/u32 (rounded to nearest even). Packs are refused (use `unpack`).
void to_fp32(DType dtype, const void* src, float* dst, size_t n);

/// Narrows `n` fp32 values to `dtype` at `dst` (packed, any alignment). `first_element` numbers
/// src[0] within the instruction's output, for stochastic rounding.
void from_fp32(DType dtype, const float* src, void* dst, size_t n, const Rounding& rounding = {},
               uint64_t first_element = 0);

/// One element, for immediates and tests.
float to_fp32(DType dtype, const void* src);
void from_fp32(DType dtype, float value, void* dst);

/// Splits `n` packs into 4n values of `pack_element(dtype)`, widened to fp32; and back (RNE).
void unpack_fp32(DType pack, const void* src, float* dst, size_t n);
void pack_fp32(DType pack, const float* src, void* dst, size_t n);

}  // namespace trainyard::base
