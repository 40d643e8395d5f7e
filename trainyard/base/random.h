// Counter-based random bits: a pure function of (seed, stream, element), so any number of threads
// draws the same bits. Keys come from Philox4x32-10 (Salmon et al., SC'11); docs/numbers.md has the
// whole definition.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace trainyard::base {

/// Philox4x32 with 10 rounds: four words of random bits.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// 32 random bits for element `element` of stream `stream` under `seed`.
uint32_t random_bits(uint64_t seed, uint64_t stream, uint64_t element);

/// What makes the bits of 2^32 neighbouring elements of a stream, `element` among them, for loops
/// that mix the bits themselves (random_mix.inc). `elements_under_keys` counts those from `element`
/// on.
using StreamKeys = std::array<uint32_t, 4>;
StreamKeys stream_keys(uint64_t seed, uint64_t stream, uint64_t element);
inline uint64_t elements_under_keys(uint64_t element) {
  return (uint64_t{1} << 32) - (element & 0xffffffff);
}

/// random_bits of `n` elements from `first` on.
void random_run(uint64_t seed, uint64_t stream, uint64_t first, uint32_t* dst, size_t n);

}  // namespace trainyard::base
