// What the length of a kernel hangs on.
#pragma once

#include <cstdint>
#include <vector>

#include "trainyard/profile/trace.h"

namespace trainyard::profile {

/// One interval of the path, and how much of the kernel's time passes from its start to that of
/// the next one.
struct PathStep {
  uint32_t interval = 0;
  Picoseconds time = 0;
};

/// From the first issue to the last result: each interval waited for the one before it, or was
/// issued behind it on its lane. Their times add up to the span, less what passes before the
/// first. Empty where the trace does not know who waited for whom.
std::vector<PathStep> critical_path(const Trace& trace);

/// By interval: the one before it on its lane, plus one; 0: it is the first.
std::vector<uint32_t> lane_predecessors(const Trace& trace);

}  // namespace trainyard::profile
