// The path is walked backwards from the last result.

#include "trainyard/profile/critical_path.h"

#include <algorithm>

namespace trainyard::profile {

std::vector<uint32_t> lane_predecessors(const Trace& trace) {
  std::vector<uint32_t> before(trace.intervals.size(), 0);
  for (const Lane& lane : trace.lanes)
    for (size_t n = 1; n < lane.intervals.size(); ++n)
      before[lane.intervals[n]] = lane.intervals[n - 1] + 1;
  return before;
}

std::vector<PathStep> critical_path(const Trace& trace) {
  const auto knows = [](const Interval& i) { return i.waited_for > 0; };
  if (trace.intervals.empty()) return {};
  if (trace.intervals.size() > 1 && std::ranges::none_of(trace.intervals, knows)) return {};
  const std::vector<uint32_t> before = lane_predecessors(trace);
  const auto last = std::ranges::max_element(trace.intervals, {}, &Interval::end);
  std::vector<PathStep> path;
  Picoseconds until = last->end;
  auto k = static_cast<uint32_t>(last - trace.intervals.begin());
  for (;;) {
    const Interval& i = trace.intervals[k];
    path.push_back({k, until - i.start});
    until = i.start;
    const uint32_t previous = i.waited_for > 0 ? i.waited_for : before[k];
    // A capture may name a cause that starts later; a path never goes forward in time.
    if (previous == 0 || trace.intervals[previous - 1].start > until ||
        path.size() == trace.intervals.size())
      break;
    k = previous - 1;
  }
  std::ranges::reverse(path);
  return path;
}

}  // namespace trainyard::profile
