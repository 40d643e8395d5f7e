// Tensor indirection: operands whose columns an index tile chooses (NkiTensor.indirect), from
// NeuronCore-v4 on.
#pragma once

#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

inline bool is_indirect(const OperandView& v) { return v.layout->indirect == Indirect::column; }
inline bool is_indirect(const Call& call, int param) {
  return call.is_tensor(param) && is_indirect(call.operand(param));
}

/// Whether any operand is indirect.
bool any_indirect(const Call& call);

/// Rules of every indirect operand. The core (E113) and the parameter (E111) take them; the index
/// has the partitions of its operand (E110) and starts on a quadrant (E108). Spec::indirect names
/// the destination, then the operand on whose partitions the destination's index starts (E108),
/// then others. The Scalar Engine does not scatter into PSUM (E107).
void check_indirection(const Call& call);

/// Partitions over which a list of offsets lies: offset i at [i % G, i / G] of the index.
int index_group(const Call& call);

}  // namespace trainyard::isa
