// Reading and writing the virtual registers: 32-bit signed integers that wrap around.
#pragma once

#include <cstdint>

#include "trainyard/isa/run.h"

namespace trainyard::isa {

/// A memory operand of a register instruction: one element (E110) of at most 32 bits (E105).
void check_one_element(const Call& call, int param);

/// The value of a register argument, or the integer itself; a register without one is E303.
int64_t read_register(Run& run, int param);
/// Gives the register argument a value, of which the low 32 bits count.
void write_register(Run& run, int param, int64_t value);
/// One element of memory: integers by value, other types as their bits. Unwritten memory is E211.
int64_t load_element(Run& run, int param);

/// A register instruction takes its sequencer this long.
Cost sequencer_cost(double ns);

}  // namespace trainyard::isa
