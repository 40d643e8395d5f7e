// What max8, nc_find_index8 and nc_match_replace8 share: their limits, and the search itself.
#pragma once

#include <array>
#include <cstdint>

#include "trainyard/isa/access.h"
#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

inline constexpr int64_t kFound = 8;  ///< values sought at a time

/// The searched tile has 8 to 16384 elements per partition (E104), up to 3 dimensions (E110) and no
/// packed type (E105).
void check_searched(const Call& call, int param);
/// A tile of [P, 8] with the partitions of `like` (E102, E110), not packed (E105).
void check_eight(const Call& call, int param, int like);
/// A tile of indices is uint16 or uint32 (E105).
void check_indices(const Call& call, int param);

/// The index of the first element at or after `from` that equals `value`, or `n`.
int64_t find_value(const float* data, int64_t from, int64_t n, float value);

using Positions = std::array<int64_t, kFound>;  ///< -1: not found

/// Where each of the 8 values is first found; equal values get successive places, the lower slot
/// (or, `descending`, the higher one) the earlier place.
Positions find_values(const float* data, int64_t n, const float* values, bool descending);

/// Writes a row of an index tile: all ones where not found.
void write_indices(const Bytes& to, int row, const Positions& positions);

}  // namespace trainyard::isa
