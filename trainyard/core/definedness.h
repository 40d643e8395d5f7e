// How undefined bytes travel through instructions, and whatever else travels with the data.
#pragma once

#include "trainyard/core/memory.h"

namespace trainyard::core {

/// After instruction `i` ran: marks its outputs defined, except where its inputs were not.
void propagate_definedness(const Call& call, InstructionId i, CoreMemory& memory);

/// Marks the outputs defined without looking at the inputs.
void define_outputs(const Call& call, CoreMemory& memory);

/// Some elements of an operand, row-major: 1 for those meant.
struct Marked {
  int slot;
  std::vector<uint8_t> elements;
};
/// The elements of output `slot` that are computed from marked elements of the inputs, after the
/// instruction ran.
std::vector<uint8_t> dependent_elements(const Call& call, CoreMemory& memory, int slot,
                                        const std::vector<Marked>& inputs);

}  // namespace trainyard::core
