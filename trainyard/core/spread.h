// Where a bad number came from and where it went, in words.
#pragma once

#include <string>
#include <vector>

#include "trainyard/core/memory.h"

namespace trainyard::core {

/// An input as it was before the instruction ran.
struct Operands {
  int slot;
  std::vector<std::byte> values;
};

/// The inputs that the instruction is about to overwrite: what it reads where it writes.
std::vector<Operands> overwritten_inputs(const Call& call, CoreMemory& memory);

/// "dst[3, 7] = nan of data[3, 7] = -1.5, scale = 2": element k of output `slot`, and what the
/// instruction computed it from.
std::string describe_birth(const Call& call, int slot, size_t k, float value,
                           const std::vector<Operands>& inputs);

struct Reached {
  InstructionId instruction;
  bool leaves;  ///< it writes to HBM; else it is the last one on the chip
};
/// How far what instruction `from` wrote travels through `carriers`, which are in order.
Reached follow(const Program& program, InstructionId from,
               const std::vector<InstructionId>& carriers);

/// The last instruction before `reader` that writes to the tensor of its operand `slot`, or kNone.
InstructionId last_writer(const Program& program, InstructionId reader, int slot);

}  // namespace trainyard::core
