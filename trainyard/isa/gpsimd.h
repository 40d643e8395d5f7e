// The cores of the GpSimd Engine: each works on 16 neighbouring partitions of its own.
#pragma once

#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

inline constexpr int kCorePartitions = 16;

/// The tile covers whole cores: a multiple of 16 partitions (E110).
void whole_cores(const Call& call, int param);

}  // namespace trainyard::isa
