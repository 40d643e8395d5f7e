// How undefined bytes travel through instructions, and the complaint when they reach an output.
#pragma once

#include "trainyard/core/memory.h"

namespace trainyard::core {

/// After instruction `i` ran: marks its outputs defined, except where its inputs were not.
void propagate_definedness(const Call& call, InstructionId i, CoreMemory& memory);

/// Marks the outputs defined without looking at the inputs.
void define_outputs(const Call& call, CoreMemory& memory);

/// Throws E210 naming the first undefined bytes of the output and where they came from; returns if
/// there are none.
void refuse_undefined_output(const Program& program, CoreMemory& memory, TensorId output);

}  // namespace trainyard::core
