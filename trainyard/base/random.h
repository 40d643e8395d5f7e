// Counter-based random bits: a pure function of (seed, stream, counter), so any number of threads
// draws the same bits. Philox4x32 with 7 rounds (Salmon et al., SC'11).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace trainyard::base {

/// The generator itself: four words of random bits.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

/// 32 random bits for element `element` of stream `stream` under `seed`: word element % 4 of the block
/// whose counter is (element / 4, stream) and whose key is the seed, low halves first.
uint32_t random_bits(uint64_t seed, uint64_t stream, uint64_t element);

/// random_bits of `n` elements from `first` on.
void random_run(uint64_t seed, uint64_t stream, uint64_t first, uint32_t* dst, size_t n);

}  // namespace trainyard::base
