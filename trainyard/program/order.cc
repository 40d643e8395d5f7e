// From a program to semaphore waits: schedule, place, then find who waits for whom.

#include "trainyard/program/order.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <ranges>

#include "trainyard/program/takeovers.h"

namespace trainyard::program {

namespace {

// Where an instruction is issued.
struct Issue {
  Lane lane;
  bool dma;
};

// Engines finish in order, so of several predecessors on one engine the last is enough.
class Predecessors {
 public:
  explicit Predecessors(const std::vector<Issue>& issues) : issues_(issues) {}

  void clear() {
    latest_.fill(kNone);
    list_.clear();
  }
  void add(uint32_t position) {
    const Issue& issue = issues_[position];
    if (issue.dma) {
      if (std::find(list_.begin(), list_.end(), position) == list_.end()) list_.push_back(position);
      return;
    }
    uint32_t& latest = latest_[static_cast<int>(issue.lane)];
    if (latest == kNone || position > latest) latest = position;
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (uint32_t p : latest_)
      if (p != kNone) visit(p);
    for (uint32_t p : list_) visit(p);
  }

 private:
  const std::vector<Issue>& issues_;
  std::array<uint32_t, kLaneCount> latest_;
  std::vector<uint32_t> list_;
};

// Whether issuing in order is enough: each lane does, and all do between themselves for `order`.
// The Tensor Engine accumulates in order; other engines must see a result written before they read
// it.
bool implied(const Issue& from, Lane to, Dependence::Kind kind) {
  if (kind == Dependence::Kind::order) return true;
  if (from.lane != to || from.dma) return false;
  return kind == Dependence::Kind::memory || to == Lane::tensor;
}

// Each lane comes to a branch before its next instruction. Nothing has moved across one, so places
// in the program and positions agree there.
void set_branches(Ordered& ordered, const Program& program) {
  std::array<Step*, kLaneCount> next{};  // of each lane, from the branch on
  auto k = static_cast<uint32_t>(ordered.steps.size());
  const auto add = [](uint8_t& count) { count = static_cast<uint8_t>(std::min(count + 1, 255)); };
  for (const Branch& b : std::views::reverse(program.branches())) {
    while (k > b.before) {
      --k;
      next[static_cast<int>(ordered.steps[k].lane)] = &ordered.steps[k];
    }
    for (Step* step : next)
      if (step) add(b.taken ? step->taken : step->not_taken);
  }
}

void set_costs(Ordered& ordered, const Program& program, Costs costs) {
  ordered.steps.clear();
  ordered.steps.reserve(ordered.sequence.size());
  for (const InstructionId i : ordered.sequence) ordered.steps.push_back(costs.step(i));
  ordered.dmas = std::move(costs.dmas);
  ordered.kinds = std::move(costs.kinds);
  set_branches(ordered, program);
}

// Finds who waits for whom, by positions, and turns that round into successors.
void link(Ordered& ordered, const Program& program, const DependenceTable& dependencies) {
  const auto n = static_cast<uint32_t>(program.size());
  std::vector<uint32_t> position(n);
  for (uint32_t k = 0; k < n; ++k) position[ordered.sequence[k]] = k;

  ordered.waits.assign(n, 0);
  ordered.successor_begin.assign(n + 1, 0);
  Takeovers takeovers(program, ordered);
  std::vector<Issue> issues;  // by position
  issues.reserve(n);
  for (const Step& step : ordered.steps) issues.push_back({step.lane, is_dma(step)});
  Predecessors predecessors(issues);
  std::vector<uint32_t> links;  // predecessor << 1 | crosses, by the one that waits
  links.reserve(dependencies.size());
  for (uint32_t k = 0; k < n; ++k) {
    const InstructionId i = ordered.sequence[k];
    const Lane lane = issues[k].lane;
    predecessors.clear();
    for (const Dependence& d : dependencies.of(i)) {
      const uint32_t p = position[d.id];
      if (!implied(issues[p], lane, d.kind)) predecessors.add(p);
    }
    takeovers.visit_before(i, [&](uint32_t p) {
      if (!implied(issues[p], lane, Dependence::Kind::memory)) predecessors.add(p);
    });
    takeovers.record(i, k, ordered.steps[k]);
    predecessors.for_each([&](uint32_t p) {
      links.push_back(p << 1 | (issues[p].lane != lane));
      ++ordered.successor_begin[p];
      ++ordered.waits[k];
    });
  }
  // Each begin is at first the number of successors, then their end, and moves down as they come.
  std::vector<uint32_t>& begin = ordered.successor_begin;
  std::partial_sum(begin.begin(), begin.end(), begin.begin());
  ordered.successors.resize(links.size());
  auto next = links.rbegin();
  for (uint32_t k = n; k-- > 0;)
    for (uint32_t w = 0; w < ordered.waits[k]; ++w, ++next)
      ordered.successors[--begin[*next >> 1]] = k << 1 | (*next & 1);
}

// How far ahead of the oldest instruction the vendor's compiler seems to look: fitted on captures
// and published times of attention kernels, which 32 to 56 suit about as well.
constexpr int kWindow = 40;

// The schedule that was asked for if its tiles fit; else one that keeps fewer alive, then program
// order, packed from the bottom if need be, which leaves the largest holes. Tiles that the kernel
// prepares long before their use may still not fit: by demand they wait for it. Tiles of few
// partitions lie side by side only if nothing else helps: it ties them to where they can meet.
void place_with_fallbacks(Ordered& ordered, const Program& program,
                          const DependenceTable& dependencies, Costs& costs,
                          const OrderOptions& options) {
  const auto fits = [&](SchedulePolicy policy, PlacePolicy place_policy, int percent = 100) {
    ordered.schedule = policy;
    ordered.sequence = schedule(program, policy, dependencies, costs, kWindow, percent);
    try {
      ordered.placement = place(program, ordered.sequence, place_policy);
      return true;
    } catch (const base::Error&) { return false; }
  };
  const bool free = options.schedule != SchedulePolicy::program;
  const bool by_demand = free && program.branches().empty();  // it moves anything anywhere
  if (free) {
    for (int percent : {100, 75, 50})
      if (fits(options.schedule, options.place, percent)) return;
  }
  if (fits(SchedulePolicy::program, options.place)) return;
  if (fits(SchedulePolicy::program, PlacePolicy::first_fit)) return;
  if (by_demand && fits(SchedulePolicy::demand, options.place)) return;
  if (by_demand && fits(SchedulePolicy::demand, PlacePolicy::first_fit)) return;
  if (fits(SchedulePolicy::program, PlacePolicy::quadrants)) return;
  ordered.sequence = schedule(program, SchedulePolicy::program, dependencies, costs, kWindow, 100);
  ordered.placement = place(program, ordered.sequence, PlacePolicy::first_fit, true);
}

}  // namespace

Ordered order(const Program& program, const machine::Machine& machine,
              const OrderOptions& options) {
  Costs costs = costs_of(program, machine, Kinds(program));
  Ordered ordered;
  // Dependencies are found in program order, whose semantics they keep.
  const DependenceTable dependencies(program);
  place_with_fallbacks(ordered, program, dependencies, costs, options);
  set_costs(ordered, program, std::move(costs));
  link(ordered, program, dependencies);
  return ordered;
}

void recost(Ordered& ordered, const Program& program, const machine::Machine& machine) {
  set_costs(ordered, program, costs_of(program, machine, std::move(ordered.kinds)));
}

void forget_takeovers(Ordered& ordered, const Program& program) {
  for (std::vector<TensorId>& evicted : ordered.placement.evicts) evicted.clear();
  link(ordered, program, DependenceTable(program));
}

}  // namespace trainyard::program
