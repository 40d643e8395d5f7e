// Energy: what was done, times what the machine says that one of it costs.
#pragma once

#include <vector>

#include "trainyard/isa/work.h"
#include "trainyard/profile/energy.h"

namespace trainyard::core {

/// The energy of work on `machine`, and at both ends of the machine's estimates, by part (engines
/// with their memory accesses, the sequencers' instructions, DMA, HBM, links) and by instruction.
/// `work` is by opcode.
profile::Energy energy_of(const std::vector<isa::Work>& work, const machine::Machine& machine);

}  // namespace trainyard::core
