// From a program to semaphore waits: schedule, place, then find who waits for whom.

#include "trainyard/program/order.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "trainyard/program/dependencies.h"

namespace trainyard::program {

namespace {

// Engines finish in order, so of several predecessors on one engine the last is enough.
class Predecessors {
 public:
  explicit Predecessors(const Ordered& ordered) : ordered_(ordered) {}

  void clear() {
    latest_.fill(kNone);
    list_.clear();
  }
  void add(uint32_t position) {
    const Lane lane = ordered_.steps[position].lane;
    if (is_dma(lane)) {
      if (std::find(list_.begin(), list_.end(), position) == list_.end()) list_.push_back(position);
      return;
    }
    uint32_t& latest = latest_[static_cast<int>(lane)];
    if (latest == kNone || position > latest) latest = position;
  }
  template <class Visit>
  void for_each(Visit visit) const {
    for (uint32_t p : latest_)
      if (p != kNone) visit(p);
    for (uint32_t p : list_) visit(p);
  }

 private:
  const Ordered& ordered_;
  std::array<uint32_t, kLaneCount> latest_;
  std::vector<uint32_t> list_;
};

// Whether an edge within one lane is implied by in-order issue. The Tensor Engine accumulates in
// order; other engines must see a result written before they read it.
bool implied(Lane from, Lane to, bool data) {
  if (from != to || is_dma(from)) return false;
  return !data || from == Lane::tensor;
}

// The last accesses of the tensors that a tensor takes over; every write before its first read
// must wait for them.
class Takeovers {
 public:
  Takeovers(const Program& program, const Placement& placement)
      : program_(program),
        placement_(placement),
        young_(program.tensor_count(), kUntouched),
        last_(program.tensor_count()) {}

  template <class Visit>
  void visit_before(InstructionId i, Visit visit) {
    for (const Operand& o : program_.operands(i)) {
      if (young_[o.tensor] == kGrown || placement_.evicts[o.tensor].empty()) continue;
      for (TensorId old : placement_.evicts[o.tensor])
        for (uint32_t position : last_[old]) visit(position);
    }
  }
  void record(InstructionId i, uint32_t position, Lane lane) {
    for_each_operand(program_.call(i), [&](int slot, isa::Access access) {
      const TensorId id = program_.operands(i)[slot].tensor;
      young_[id] = access == isa::Access::read ? kGrown : std::max(young_[id], kYoung);
      if (isa::is_on_chip(program_.tensor(id).buffer)) remember(id, position, lane);
    });
  }

 private:
  enum Age : uint8_t { kUntouched, kYoung, kGrown };

  // One position per engine lane, all of them for DMAs (which may finish out of order).
  void remember(TensorId id, uint32_t position, Lane lane) {
    auto& list = last_[id];
    if (!is_dma(lane)) {
      auto& lanes = lanes_of_[id % kRecent];
      if (lanes.id != id) lanes = {id, {}};
      uint32_t& slot = lanes.index[static_cast<int>(lane)];
      if (slot > 0 && slot <= list.size()) {
        list[slot - 1] = position;
        return;
      }
      slot = static_cast<uint32_t>(list.size()) + 1;
    }
    list.push_back(position);
  }

  static constexpr size_t kRecent = 4096;
  struct Recent {
    TensorId id = kNone;
    std::array<uint32_t, kLaneCount> index{};
  };
  const Program& program_;
  const Placement& placement_;
  std::vector<Age> young_;
  std::vector<std::vector<uint32_t>> last_;
  std::vector<Recent> lanes_of_ = std::vector<Recent>(kRecent);
};

void set_costs(Ordered& ordered, const std::vector<isa::Cost>& costs) {
  ordered.dmas.clear();
  for (size_t k = 0; k < ordered.sequence.size(); ++k) {
    const isa::Cost& c = costs[ordered.sequence[k]];
    Step& step = ordered.steps[k];
    step.busy = c.busy;
    step.latency = c.latency;
    step.dma = kNone;
    if (!c.dma) continue;
    step.dma = static_cast<uint32_t>(ordered.dmas.size());
    ordered.dmas.push_back({c.first, c.tail, c.element_ps, c.elements, c.hbm_bytes});
  }
}

// The schedule that was asked for if its tiles fit; else one that keeps fewer alive, then program
// order, packed from the bottom if need be, which leaves the largest holes. Tiles that the kernel
// prepares long before their use may still not fit: by demand they wait for it.
void place_with_fallbacks(Ordered& ordered, const Program& program,
                          const DependenceTable& dependencies, const std::vector<Lane>& lanes,
                          const std::vector<isa::Cost>& costs, const OrderOptions& options) {
  constexpr int kWindow = 256;
  const auto fits = [&](SchedulePolicy policy, PlacePolicy place_policy, int percent = 100) {
    ordered.schedule = policy;
    ordered.sequence = schedule(program, policy, dependencies, lanes, costs, kWindow, percent);
    try {
      ordered.placement = place(program, ordered.sequence, place_policy);
      return true;
    } catch (const base::Error&) { return false; }
  };
  const bool free = options.schedule != SchedulePolicy::program;
  if (free) {
    for (int percent : {100, 75, 50})
      if (fits(options.schedule, options.place, percent)) return;
  }
  if (fits(SchedulePolicy::program, options.place)) return;
  if (fits(SchedulePolicy::program, PlacePolicy::first_fit)) return;
  if (free && fits(SchedulePolicy::demand, options.place)) return;
  if (free && fits(SchedulePolicy::demand, PlacePolicy::first_fit)) return;
  ordered.sequence = schedule(program, SchedulePolicy::program, dependencies, lanes, costs);
  ordered.placement = place(program, ordered.sequence, PlacePolicy::first_fit);
}

}  // namespace

Ordered order(const Program& program, const machine::Machine& machine,
              const OrderOptions& options) {
  const std::vector<isa::Cost> costs = costs_of(program, machine);
  Ordered ordered;
  // Dependencies are found in program order, whose semantics they keep.
  const DependenceTable dependencies(program);
  const auto n = static_cast<uint32_t>(program.size());
  std::vector<Lane> lanes(n);
  for (InstructionId i = 0; i < n; ++i) lanes[i] = lane_of(program.call(i));
  place_with_fallbacks(ordered, program, dependencies, lanes, costs, options);

  ordered.steps.resize(n);
  ordered.waits.resize(n);
  for (uint32_t k = 0; k < n; ++k) ordered.steps[k].lane = lanes[ordered.sequence[k]];
  set_costs(ordered, costs);

  std::vector<uint32_t> position(n);
  for (uint32_t k = 0; k < n; ++k) position[ordered.sequence[k]] = k;

  Takeovers takeovers(program, ordered.placement);
  Predecessors predecessors(ordered);
  std::vector<std::pair<uint32_t, uint32_t>> links;  // from, to << 1 | crosses
  links.reserve(dependencies.size());
  for (uint32_t k = 0; k < n; ++k) {
    const InstructionId i = ordered.sequence[k];
    const Lane lane = ordered.steps[k].lane;
    predecessors.clear();
    for (const Dependence& d : dependencies.of(i)) {
      const uint32_t p = position[d.id];
      if (!implied(ordered.steps[p].lane, lane, d.data)) predecessors.add(p);
    }
    takeovers.visit_before(i, [&](uint32_t p) {
      if (!implied(ordered.steps[p].lane, lane, false)) predecessors.add(p);
    });
    takeovers.record(i, k, lane);
    predecessors.for_each([&](uint32_t p) {
      links.emplace_back(p, k << 1 | (ordered.steps[p].lane != lane));
      ++ordered.waits[k];
    });
  }
  ordered.successor_begin.assign(n + 1, 0);
  for (const auto& [from, to] : links) ++ordered.successor_begin[from + 1];
  std::partial_sum(ordered.successor_begin.begin(), ordered.successor_begin.end(),
                   ordered.successor_begin.begin());
  ordered.successors.resize(links.size());
  std::vector<uint32_t> at(ordered.successor_begin.begin(), ordered.successor_begin.end() - 1);
  for (const auto& [from, to] : links) ordered.successors[at[from]++] = to;
  return ordered;
}

void recost(Ordered& ordered, const Program& program, const machine::Machine& machine) {
  set_costs(ordered, costs_of(program, machine));
}

}  // namespace trainyard::program
