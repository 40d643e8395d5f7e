// Physical addresses for tensors without one. Values never depend on them: they serve capacity and
// the reuse of memory in time.
#pragma once

#include <string>
#include <vector>

#include "trainyard/program/program.h"

namespace trainyard::program {

enum class PlacePolicy : uint8_t {
  ring,       ///< the region freed longest ago first, so that tile loops double-buffer
  first_fit,  ///< the lowest address that fits
  quadrants,  ///< the same, tiles of at most 32 or 64 partitions side by side in SBUF
};

struct Placement {
  std::vector<int64_t>
      address;  ///< by tensor: byte offset in each partition, or in HBM; -1: unused
  std::vector<uint8_t> partition;  ///< by tensor: where it starts; 0 without `quadrants`
  /// By tensor: the tensors whose bytes it takes over.
  std::vector<std::vector<TensorId>> evicts;
  int64_t sbuf_peak = 0, psum_peak = 0;  ///< bytes per partition, live at once
  int64_t hbm_bytes = 0;
};

/// Places every tensor for the given issue order.
/// Throws E201/E202/E203 naming who holds the space when one does not fit. With `beyond`, tiles
/// that do not fit lie beyond the end of SBUF or PSUM where the program relaxes E201 or E202.
Placement place(const Program& program, const std::vector<InstructionId>& order, PlacePolicy policy,
                bool beyond = false);

}  // namespace trainyard::program
