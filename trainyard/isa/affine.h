// The affine patterns of iota and affine_select: one 32-bit integer an element,
//   offset + partition * channel_multiplier + sum of index * step,
// wrapping around.
#pragma once

#include <cstdint>
#include <vector>

#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

/// The pattern has 1 to 4 [step, count] pairs (E111) whose counts make up the elements per
/// partition of `like` (E103); its numbers, `offset` and `channel_multiplier` are int32 (E111).
void check_affine(const Call& call, int pattern, int offset, int channel_multiplier, int like);

/// The values of a pattern with the offset, for partition 0.
std::vector<int32_t> affine_values(const Call& call, int pattern, int offset);

/// What partition `row` adds to them.
inline int32_t affine_shift(const Call& call, int channel_multiplier, int row) {
  return static_cast<int32_t>(static_cast<uint32_t>(call.integer(channel_multiplier)) *
                              static_cast<uint32_t>(row));
}

/// a + b, wrapping around.
inline int32_t wrapping_add(int32_t a, int32_t b) {
  return static_cast<int32_t>(static_cast<uint32_t>(a) + static_cast<uint32_t>(b));
}

}  // namespace trainyard::isa
