// The event loop. Each lane issues in order; among the lanes whose next instruction has all its
// operands, the one that starts first goes first, so what lanes share is granted in order of
// simulated time (ties: the lower core, the lower lane). Nothing steps through cycles.

#include "trainyard/core/timing.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "trainyard/core/activity_limiter.h"

namespace trainyard::core {

using program::DmaWork;
using program::kLaneCount;
using program::kNone;
using program::Step;

namespace {

// The DMA engines of a core: a DMA's elements are dealt out to them in turn.
class DmaEngines {
 public:
  DmaEngines(const machine::Machine& machine, int sharers) : free_(machine.core.dma.engines) {
    // One engine's share of the stack's bandwidth, in picoseconds a byte.
    const machine::Memory& m = machine.core.memory;
    if (m.hbm_gb_s > 0)
      hbm_ps_per_byte_ = 1000.0 * sharers * static_cast<double>(free_.size()) / m.hbm_gb_s;
  }

  /// Moves a DMA that may begin at `at`; returns when its last element has landed.
  Picoseconds move(const DmaWork& dma, Picoseconds at) {
    const auto n = static_cast<int64_t>(free_.size());
    double element = dma.element_ps;
    if (dma.hbm_bytes > 0)
      element = std::max(element, hbm_ps_per_byte_ * static_cast<double>(dma.hbm_bytes) /
                                      static_cast<double>(dma.elements));
    const int64_t each = dma.elements / n, extra = dma.elements % n;
    const auto share = static_cast<Picoseconds>(element * static_cast<double>(each));
    const auto more = static_cast<Picoseconds>(element * static_cast<double>(each + 1));
    Picoseconds last = at;
    for (int64_t e = 0; e < n; ++e) {
      Picoseconds& free = free_[next_];
      next_ = next_ + 1 == free_.size() ? 0 : next_ + 1;
      const Picoseconds work = e < extra ? more : share;
      if (work == 0) continue;
      free = std::max(free, at) + work;
      busy += work;
      last = std::max(last, free);
    }
    return last;
  }

  Picoseconds busy = 0;
  int count() const { return static_cast<int>(free_.size()); }

 private:
  std::vector<Picoseconds> free_;
  size_t next_ = 0;
  double hbm_ps_per_byte_ = 0;
};

// One core on its way through its program.
class Clock {
 public:
  Clock(const Ordered& ordered, const machine::Machine& machine, int hbm_sharers);

  struct Choice {
    int lane = -1;
    Picoseconds start = 0;
  };
  /// What could be issued next, meetings apart; lane -1: nothing.
  Choice choose() const;
  /// The next meeting, if all that it waits for on this core is there; else lane -1.
  Choice arrival() const;
  /// How many meetings are over.
  size_t met() const { return met_; }
  void issue(const Choice& choice);
  Timeline finish();

 private:
  Picoseconds start_of(int lane) const { return std::max(idle_at(lane), ready_at(head_[lane])); }
  // When the lane has come to its next instruction, loops included.
  Picoseconds idle_at(int lane) const {
    const Step& step = ordered_.steps[head_[lane]];
    return free_at_[lane] + step.taken * taken_[lane] + step.not_taken * not_taken_[lane];
  }
  // Until an instruction starts, its place in the timeline holds when its operands are there.
  Picoseconds ready_at(uint32_t k) const { return timeline_.start[k]; }

  const Ordered& ordered_;
  DmaEngines dma_;
  ActivityLimiter limiter_;
  Picoseconds hop_;  // of a semaphore between engines
  // Branches, by lane.
  std::array<Picoseconds, kLaneCount> taken_, not_taken_;
  Timeline timeline_;
  std::vector<uint32_t> next_;     // of the same lane
  std::vector<uint32_t> waiting_;  // how many an instruction still waits for
  std::vector<uint32_t> meetings_;
  size_t met_ = 0;
  std::array<uint32_t, kLaneCount> head_;
  std::array<Picoseconds, kLaneCount> free_at_{};
};

Clock::Clock(const Ordered& ordered, const machine::Machine& machine, int hbm_sharers)
    : ordered_(ordered),
      dma_(machine, hbm_sharers),
      limiter_(machine.core),
      waiting_(ordered.waits) {
  const auto n = static_cast<uint32_t>(ordered.steps.size());
  timeline_.start.resize(n);
  timeline_.freed.resize(n);
  timeline_.end.resize(n);
  timeline_.waited_for.assign(n, kNone);
  timeline_.busy.assign(kLaneCount, 0);
  const machine::Sequencer& s = machine.core.sequencer;
  hop_ = base::ns_to_ps(s.semaphore_signal_ns + s.semaphore_wait_ns);
  // Queues are served by Sync.
  taken_.fill(base::ns_to_ps(s.branch_taken_ns));
  not_taken_.fill(base::ns_to_ps(s.branch_not_taken_ns));
  const auto set_branches = [&](Lane lane, const auto& engine) {
    taken_[static_cast<int>(lane)] = base::ns_to_ps(engine.branch_taken_ns);
    not_taken_[static_cast<int>(lane)] = base::ns_to_ps(engine.branch_not_taken_ns);
  };
  set_branches(Lane::tensor, machine.core.tensor);
  set_branches(Lane::vector, machine.core.vector);
  set_branches(Lane::scalar, machine.core.scalar);
  set_branches(Lane::gpsimd, machine.core.gpsimd);
  next_.assign(n, kNone);
  std::array<uint32_t, kLaneCount> tail;
  head_.fill(kNone);
  tail.fill(kNone);
  for (uint32_t k = 0; k < n; ++k) {
    const auto lane = static_cast<int>(ordered.steps[k].lane);
    (head_[lane] == kNone ? head_[lane] : next_[tail[lane]]) = k;
    tail[lane] = k;
    if (ordered.steps[k].meets) meetings_.push_back(k);
  }
}

Clock::Choice Clock::choose() const {
  Choice best;
  for (int lane = 0; lane < kLaneCount; ++lane) {
    const uint32_t k = head_[lane];
    if (k == kNone || waiting_[k] > 0 || ordered_.steps[k].meets) continue;
    const Picoseconds start = start_of(lane);
    if (best.lane < 0 || start < best.start) best = {lane, start};
  }
  return best;
}

Clock::Choice Clock::arrival() const {
  if (met_ == meetings_.size()) return {};
  const uint32_t k = meetings_[met_];
  const auto lane = static_cast<int>(ordered_.steps[k].lane);
  if (head_[lane] != k || waiting_[k] > 0) return {};
  return {lane, start_of(lane)};
}

void Clock::issue(const Choice& choice) {
  const auto [lane, start] = choice;
  const uint32_t k = head_[lane];
  const Step& step = ordered_.steps[k];
  Timeline& t = timeline_;
  if (ready_at(k) <= idle_at(lane)) t.waited_for[k] = kNone;
  Picoseconds busy = step.busy;
  if (step.lane == Lane::tensor) busy += limiter_.delay(start, step.busy);
  Picoseconds end = start + step.latency + busy - step.busy;
  if (step.dma != kNone) {
    const DmaWork& work = ordered_.dmas[step.dma];
    end = dma_.move(work, start + work.first) + work.tail;
  }
  t.start[k] = start;
  t.freed[k] = start + busy;
  t.end[k] = end;
  t.span = std::max(t.span, end);
  t.busy[lane] += busy;
  free_at_[lane] = t.freed[k];
  head_[lane] = next_[k];
  met_ += step.meets;
  for (uint32_t e = ordered_.successor_begin[k]; e < ordered_.successor_begin[k + 1]; ++e) {
    const uint32_t to = ordered_.successors[e] >> 1;
    const Picoseconds at = end + (ordered_.successors[e] & 1 ? hop_ : 0);
    if (at > t.start[to]) {
      t.start[to] = at;
      t.waited_for[to] = k;
    }
    --waiting_[to];
  }
}

Timeline Clock::finish() {
  timeline_.dma_busy = dma_.busy;
  timeline_.dma_engines = dma_.count();
  return std::move(timeline_);
}

// A meeting to which all of its cores have come, and the time at which the last one did.
struct Ready {
  const std::vector<int>* cores = nullptr;
  Picoseconds start = 0;
};

// The first meeting that can be held now; none: no cores.
Ready next_meeting(const std::vector<Clock>& clocks, const Meetings& meetings) {
  Ready best;
  for (size_t core = 0; core < clocks.size(); ++core) {
    if (clocks[core].met() == meetings.of[core].size()) continue;
    const uint32_t meeting = meetings.of[core][clocks[core].met()];
    const std::vector<int>& cores = meetings.cores[meeting];
    if (cores.front() != static_cast<int>(core)) continue;  // its first core looks after it
    Ready ready{&cores, 0};
    for (const int other : cores) {
      const Clock& clock = clocks[other];
      const bool here = clock.met() < meetings.of[other].size() &&
                        meetings.of[other][clock.met()] == meeting && clock.arrival().lane >= 0;
      if (!here) ready.cores = nullptr;
      if (!ready.cores) break;
      ready.start = std::max(ready.start, clock.arrival().start);
    }
    if (ready.cores && (!best.cores || ready.start < best.start)) best = ready;
  }
  return best;
}

}  // namespace

Meetings Meetings::alone(size_t count) {
  Meetings all;
  all.cores.assign(count, {0});
  all.of.emplace_back(count);
  std::iota(all.of[0].begin(), all.of[0].end(), 0);
  return all;
}

Timeline time_program(const Ordered& ordered, const machine::Machine& machine, int hbm_sharers) {
  const auto count = static_cast<size_t>(std::ranges::count_if(ordered.steps, &Step::meets));
  return std::move(time_programs({&ordered}, Meetings::alone(count), machine, hbm_sharers).front());
}

std::vector<Timeline> time_programs(const std::vector<const Ordered*>& cores,
                                    const Meetings& meetings, const machine::Machine& machine,
                                    int hbm_sharers) {
  std::vector<Clock> clocks;
  for (const Ordered* core : cores) clocks.emplace_back(*core, machine, hbm_sharers);
  for (;;) {
    Clock* first = nullptr;
    Clock::Choice best;
    for (Clock& clock : clocks) {
      const Clock::Choice choice = clock.choose();
      if (choice.lane < 0 || (first && choice.start >= best.start)) continue;
      first = &clock;
      best = choice;
    }
    const Ready meeting = next_meeting(clocks, meetings);
    if (meeting.cores && (!first || meeting.start <= best.start)) {
      for (const int core : *meeting.cores)
        clocks[core].issue({clocks[core].arrival().lane, meeting.start});
      continue;
    }
    if (!first) break;
    first->issue(best);
  }
  std::vector<Timeline> timelines;
  for (Clock& clock : clocks) timelines.push_back(clock.finish());
  return timelines;
}

}  // namespace trainyard::core
