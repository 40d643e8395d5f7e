// The policies. Where even the list schedule and program order keep too many tiles alive,
// instructions go by demand.

#include "trainyard/program/schedule.h"

#include <algorithm>

#include "trainyard/program/list_schedule.h"

namespace trainyard::program {

namespace {

// Depth first from the instructions that no other follows: a tile that the kernel prepares early
// is prepared when the first result needs it, and dies with the last.
std::vector<InstructionId> by_demand(InstructionId n, const DependenceTable& dependencies) {
  std::vector<std::vector<InstructionId>> needs(n);
  std::vector<uint8_t> followed(n), issued(n);
  for (InstructionId i = 0; i < n; ++i) {
    for (const Dependence& d : dependencies.of(i)) {
      needs[i].push_back(d.id);
      followed[d.id] = 1;
    }
    std::ranges::sort(needs[i]);
  }
  std::vector<InstructionId> order;
  order.reserve(n);
  std::vector<std::pair<InstructionId, size_t>> path;  // an instruction, and its next need
  for (InstructionId result = 0; result < n; ++result) {
    if (followed[result]) continue;
    path.emplace_back(result, 0);
    while (!path.empty()) {
      auto& [i, next] = path.back();
      if (next < needs[i].size()) {
        const InstructionId need = needs[i][next++];
        if (!issued[need]) path.emplace_back(need, 0);
        continue;
      }
      issued[i] = 1;
      order.push_back(i);
      path.pop_back();
    }
  }
  return order;
}

}  // namespace

std::vector<InstructionId> schedule(const Program& program, SchedulePolicy policy,
                                    const DependenceTable& dependencies, Costs& costs, int window,
                                    int percent) {
  const auto n = static_cast<InstructionId>(program.size());
  if (policy == SchedulePolicy::demand) return by_demand(n, dependencies);
  const std::span<const InstructionId> given = dependencies.order();
  if (policy == SchedulePolicy::program) {
    if (!costs.kinds.open) return {given.begin(), given.end()};
    window = 1;
  }
  return ListSchedule(program, dependencies, costs, window, percent).run();
}

}  // namespace trainyard::program
