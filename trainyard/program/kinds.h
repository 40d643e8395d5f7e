// Instructions that differ in nothing but where their operands lie.
#pragma once

#include <vector>

#include "trainyard/program/program.h"

namespace trainyard::program {

/// A program repeats few kinds of instructions, and those of one kind cost the same on any machine:
/// loops need not be costed round by round.
struct Kinds {
  Kinds() = default;
  explicit Kinds(const Program& program);

  std::vector<uint32_t> of;             ///< by instruction: its kind
  std::vector<InstructionId> examples;  ///< by kind: the first instruction
  std::vector<Engine> engines;          ///< by kind: what runs it
  /// By kind: the same on another engine if the compiler has the choice (Spec::other_engine), or
  /// kNone. The schedule chooses.
  std::vector<uint32_t> others;
  bool open = false;  ///< whether it ever has
};

}  // namespace trainyard::program
