// The complaint when undefined data reaches an output, an address or a branch: which elements,
// where they come from, and who should have written them.
#pragma once

#include "trainyard/base/diagnostics.h"
#include "trainyard/core/memory.h"

namespace trainyard::core {

/// Throws E210 naming the first undefined elements of the output and where they came from; returns
/// if there are none.
void refuse_undefined_output(const Program& program, CoreMemory& memory, TensorId output);

/// Adds to an E211 which elements of the instruction's operands nobody wrote.
void blame_undefined_operands(base::Error& error, const Program& program, CoreMemory& memory,
                              InstructionId i);

}  // namespace trainyard::core
