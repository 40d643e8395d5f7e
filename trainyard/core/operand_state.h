// What an operand holds at the moment, for somebody who has stopped there.
#pragma once

#include <string>
#include <vector>

#include "trainyard/core/memory.h"

namespace trainyard::core {

struct OperandState {
  std::vector<float> values;       ///< row-major; none for packs of four
  std::vector<uint8_t> undefined;  ///< by element; empty: none is
  uint64_t nan = 0, infinite = 0;  ///< of the defined elements
  uint64_t missing = 0;            ///< elements that nobody wrote
  float low = 0, high = 0;         ///< of the finite, defined ones
  bool any_finite = false;
};

OperandState state_of(const Call& call, int slot, CoreMemory& memory);
/// Of packed values that are not there any more; which of them nobody wrote is not known.
OperandState state_of(const isa::OperandView& view, const std::vector<std::byte>& packed,
                      std::vector<uint8_t> undefined = {});

/// Parameter, tensor, place in memory, then what is in it. `address`: where placement put the
/// tensor, or -1.
std::string describe(const Call& call, int slot, isa::Access access, int64_t address,
                     const OperandState& state);

}  // namespace trainyard::core
