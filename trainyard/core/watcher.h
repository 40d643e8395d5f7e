// Who looks at every instruction while its values run.
#pragma once

#include "trainyard/core/memory.h"

namespace trainyard::core {

/// Told of each instruction on the thread that runs it; without watchers, one branch an
/// instruction. What it finds must follow from the program alone, whichever thread comes first.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// The program has grown to `end` instructions. Not concurrent.
  virtual void grow(InstructionId) {}
  /// The operands are there, and the values have not run.
  virtual void before(InstructionId, CoreMemory&) {}
  /// The outputs are written, and it is known which of their elements are defined.
  virtual void after(InstructionId, CoreMemory&) = 0;
};

}  // namespace trainyard::core
