// The order in which instructions are issued.
#pragma once

#include <vector>

#include "trainyard/program/costs.h"
#include "trainyard/program/dependencies.h"

namespace trainyard::program {

enum class SchedulePolicy : uint8_t {
  program,  ///< as the kernel wrote them, but for edges that it asked for
  list,     ///< whatever can start first, within a bounded window
  demand,   ///< each result in program order, what it needs just before it: few tiles are live
};

/// Instruction ids in issue order. Every instruction follows those it depends on. The list policy
/// looks at most `window` instructions past the oldest one not yet issued and never has more SBUF
/// or PSUM live than the core holds, or that many percent of it: less leaves placement the room
/// that it loses to fragments. The list and program policies also choose the engine of what may run
/// on several, and set its kind in `costs`.
std::vector<InstructionId> schedule(const Program& program, SchedulePolicy policy,
                                    const DependenceTable& dependencies, Costs& costs, int window,
                                    int percent);

}  // namespace trainyard::program
