// How undefined bytes travel through instructions.
#pragma once

#include "trainyard/core/memory.h"

namespace trainyard::core {

/// After instruction `i` ran: marks its outputs defined, except where its inputs were not.
void propagate_definedness(const Call& call, InstructionId i, CoreMemory& memory);

/// Marks the outputs defined without looking at the inputs.
void define_outputs(const Call& call, CoreMemory& memory);

}  // namespace trainyard::core
