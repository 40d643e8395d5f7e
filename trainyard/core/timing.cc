// The event loop. Each lane issues in order; among the lanes whose next instruction has all its
// operands, the one that starts first goes first, so what lanes share is granted in order of
// simulated time (ties: the lower core, the lower lane). Nothing steps through cycles.

#include "trainyard/core/timing.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>
#include <utility>

#include "trainyard/core/activity_limiter.h"
#include "trainyard/core/dma_engines.h"

namespace trainyard::core {

using program::DmaWork;
using program::kLaneCount;
using program::kNone;
using program::Step;

namespace {

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
  /// When the DMA engines are next done with something.
  Picoseconds next_event() const { return dma_.next(); }
  void settle_event();
  Timeline finish();

 private:
  // GpSimd's software takes a while to notice that it may start a DMA.
  Picoseconds start_of(int lane) const {
    const Picoseconds wake = lane == static_cast<int>(Lane::dma_gather) ? wake_ : 0;
    return std::max(idle_at(lane), ready_at(head_[lane]) + wake);
  }
  // When the lane has come to its next instruction, loops included.
  Picoseconds idle_at(int lane) const {
    const Step& step = ordered_.steps[head_[lane]];
    return free_at_[lane] + step.taken * taken_[lane] + step.not_taken * not_taken_[lane];
  }
  // Until an instruction starts, its place in the timeline holds when its operands are there.
  Picoseconds ready_at(uint32_t k) const { return timeline_.start[k]; }
  void offer(int lane);
  void issue_dma(uint32_t k, Picoseconds start);
  void issue_pass(uint32_t k, Picoseconds start);
  Picoseconds exposed_load(uint32_t k, Picoseconds start) const;
  void free_lane(uint32_t k, Picoseconds at);
  void end(uint32_t k, Picoseconds at);

  const Ordered& ordered_;
  DmaEngines dma_;
  ActivityLimiter limiter_;
  Picoseconds hop_;  // of a semaphore between engines
  Picoseconds pass_overhead_, cold_latency_, wake_;
  Picoseconds last_pass_ = 0;  // start of the Tensor Engine's last one
  // Branches, by lane.
  std::array<Picoseconds, kLaneCount> taken_, not_taken_;
  Timeline timeline_;
  std::vector<uint32_t> next_;     // of the same lane
  std::vector<uint32_t> waiting_;  // how many an instruction still waits for
  std::vector<uint32_t> meetings_;
  size_t met_ = 0;
  std::array<uint32_t, kLaneCount> head_;
  std::array<Picoseconds, kLaneCount> free_at_;
  std::array<uint32_t, kLaneCount> blocked_;  // by a full ring: the DMA that it lacks room for
  // Lanes whose next instruction can be issued, as bits, and when it would start.
  uint32_t offered_ = 0;
  std::array<Picoseconds, kLaneCount> offered_start_;
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
  const machine::TensorEngine& tensor = machine.core.tensor;
  pass_overhead_ = base::cycles_to_ps(tensor.issue_overhead_cycles, tensor.clock_ghz);
  cold_latency_ = base::cycles_to_ps(tensor.cold_latency_cycles, tensor.clock_ghz);
  wake_ = base::ns_to_ps(machine.core.dma.swdge_wake_ns);
  blocked_.fill(kNone);
  free_at_ = ordered.begin;
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
  for (int lane = 0; lane < kLaneCount; ++lane) offer(lane);
}

// Looks whether the lane's next instruction can be issued, when either may have changed.
void Clock::offer(int lane) {
  const uint32_t k = head_[lane];
  if (k == kNone || waiting_[k] > 0 || ordered_.steps[k].meets || blocked_[lane] != kNone) return;
  offered_ |= 1u << lane;
  offered_start_[lane] = start_of(lane);
}

Clock::Choice Clock::choose() const {
  Choice best;
  for (uint32_t rest = offered_; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    if (best.lane < 0 || offered_start_[lane] < best.start) best = {lane, offered_start_[lane]};
  }
  return best;
}

Clock::Choice Clock::arrival() const {
  if (met_ == meetings_.size()) return {};
  const uint32_t k = meetings_[met_];
  const auto lane = static_cast<int>(ordered_.steps[k].lane);
  if (head_[lane] != k || waiting_[k] > 0 || blocked_[lane] != kNone) return {};
  return {lane, start_of(lane)};
}

void Clock::issue(const Choice& choice) {
  const auto [lane, start] = choice;
  const uint32_t k = head_[lane];
  const Step& step = ordered_.steps[k];
  if (ready_at(k) <= idle_at(lane)) timeline_.waited_for[k] = kNone;
  head_[lane] = next_[k];
  offered_ &= ~(1u << lane);
  met_ += step.meets;
  if (step.dma != kNone) return issue_dma(k, start);
  if (step.lane == Lane::tensor) return issue_pass(k, start);
  timeline_.start[k] = start;
  free_lane(k, start + step.busy);
  end(k, start + step.latency);
}

// Its end comes as an event; so does the lane's freedom if the ring is full.
void Clock::issue_dma(uint32_t k, Picoseconds start) {
  const Step& step = ordered_.steps[k];
  const DmaWork& work = ordered_.dmas[step.dma];
  timeline_.start[k] = start;
  dma_.add(k, step.lane, work, start + work.first);
  if (dma_.full(step.lane, work.ring)) blocked_[static_cast<int>(step.lane)] = k;
  else free_lane(k, start + step.busy);
}

// How long a pass waits for its weights. They are loaded from the start of the pass before on, as
// soon as they are there.
Picoseconds Clock::exposed_load(uint32_t k, Picoseconds start) const {
  const Picoseconds since = std::max(last_pass_, ready_at(k));
  return std::max<Picoseconds>(0, ordered_.steps[k].load - (start - since));
}

void Clock::issue_pass(uint32_t k, Picoseconds start) {
  const Step& step = ordered_.steps[k];
  const Picoseconds load = exposed_load(k, start);
  last_pass_ = start;
  // The limiter slows down the columns; what the next pass waits for beyond them goes on meanwhile.
  const Picoseconds columns = std::max<Picoseconds>(0, step.busy - pass_overhead_);
  const Picoseconds slower = limiter_.delay(start + load, columns);
  const Picoseconds later = std::max<Picoseconds>(0, slower - pass_overhead_);
  timeline_.start[k] = start;
  free_lane(k, start + load + step.busy + later);
  end(k, start + load + step.latency + slower + (limiter_.is_cold() ? cold_latency_ : 0));
}

void Clock::free_lane(uint32_t k, Picoseconds at) {
  const auto lane = static_cast<int>(ordered_.steps[k].lane);
  timeline_.freed[k] = at;
  timeline_.busy[lane] += at - timeline_.start[k];
  free_at_[lane] = at;
  offer(lane);
}

void Clock::end(uint32_t k, Picoseconds at) {
  Timeline& t = timeline_;
  t.end[k] = at;
  t.span = std::max(t.span, at);
  for (uint32_t e = ordered_.successor_begin[k]; e < ordered_.successor_begin[k + 1]; ++e) {
    const uint32_t to = ordered_.successors[e] >> 1;
    const Picoseconds ready = at + (ordered_.successors[e] & 1 ? hop_ : 0);
    if (ready > t.start[to]) {
      t.start[to] = ready;
      t.waited_for[to] = k;
    }
    if (--waiting_[to] > 0) continue;
    const auto lane = static_cast<int>(ordered_.steps[to].lane);
    if (head_[lane] == to) offer(lane);
  }
}

void Clock::settle_event() {
  const DmaEngines::Event event = dma_.step();
  if (event.landed != kNone)
    end(event.landed, event.time + ordered_.dmas[ordered_.steps[event.landed].dma].tail);
  if (event.has_room < 0) return;
  const uint32_t k = std::exchange(blocked_[event.has_room], kNone);
  free_lane(k, std::max(event.time, timeline_.start[k] + ordered_.steps[k].busy));
}

Timeline Clock::finish() {
  timeline_.dma_busy = dma_.busy();
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
    Clock* eventful = nullptr;
    Clock::Choice best;
    for (Clock& clock : clocks) {
      if (!eventful || clock.next_event() < eventful->next_event()) eventful = &clock;
      const Clock::Choice choice = clock.choose();
      if (choice.lane < 0 || (first && choice.start >= best.start)) continue;
      first = &clock;
      best = choice;
    }
    const Ready meeting = next_meeting(clocks, meetings);
    const Picoseconds event = eventful->next_event();
    if (event != DmaEngines::kNever && (!first || event <= best.start) &&
        (!meeting.cores || event <= meeting.start)) {
      eventful->settle_event();
      continue;
    }
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
