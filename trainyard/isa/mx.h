// Microscaling blocks (OCP MX): 32 values under one power of two. On the chip a block is one pack
// of four in each of 8 partitions; its scale lies in the quadrant of its data.
#pragma once

#include "trainyard/isa/run.h"

namespace trainyard::isa {

inline constexpr int kQuadrant = 32;        ///< partitions that share their way to the engines
inline constexpr int kBlockPartitions = 8;  ///< of one block
inline constexpr int kBlockLanes = 4;       ///< elements of one block in a partition: a pack
inline constexpr int kBlockBias = 127;      ///< of a scale's code; 255 is NaN
inline constexpr int kScaleRows = kQuadrant / kBlockPartitions;  ///< used in a quadrant

/// The row of a scale operand that holds the scales of partition `p` of the data.
inline int scale_row(int p) { return p / kQuadrant * kQuadrant + p % kQuadrant / kBlockPartitions; }

/// Rows of a scale operand that data of `partitions` need; more are ignored.
inline int scale_rows(int partitions) { return scale_row(partitions - 1) + 1; }

/// Data of whole quadrants (E110) in SBUF (E107).
void check_mx_data(const Call& call, int param);

/// The scales of `data`, whose packs they are: float8_e8m0fnu or uint8 (E105) in SBUF (E107), as
/// many columns as data has packs (E103), rows enough (E110), from partition 0, 4, 8 or 12 of the
/// data's quadrant on (E108).
void check_mx_scales(const Call& call, int scale, int data);

/// The scale codes that partition `p` of the data has, one a pack.
void load_scale_codes(const Bytes& scale, int p, uint8_t* codes);

/// Per pack of `data`, row-major, whether its scale is undefined, given the mask of the scale
/// operand.
std::vector<uint8_t> undefined_scales(const Call& call, int data, int scale,
                                      const std::vector<uint8_t>& mask);

}  // namespace trainyard::isa
