// The event loop. Each lane issues in order; among the lanes whose next instruction has all its
// operands, the one that starts first goes first, so what lanes share is granted in order of
// simulated time (ties: the lower lane). Nothing steps through cycles.

#include "trainyard/core/timing.h"

#include <algorithm>
#include <array>

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

}  // namespace

Timeline time_program(const Ordered& ordered, const machine::Machine& machine, int hbm_sharers) {
  const auto n = static_cast<uint32_t>(ordered.steps.size());
  Timeline t;
  t.start.resize(n);
  t.end.resize(n);
  t.waited_for.assign(n, kNone);
  t.busy.assign(kLaneCount, 0);
  DmaEngines dma(machine, hbm_sharers);
  const machine::Sequencer& s = machine.core.sequencer;
  const Picoseconds hop = base::ns_to_ps(s.semaphore_signal_ns + s.semaphore_wait_ns);

  // Each lane's positions in issue order, as a linked list through `next`.
  std::vector<uint32_t> next(n, kNone), waiting = ordered.waits;
  std::array<uint32_t, kLaneCount> head, tail;
  head.fill(kNone);
  tail.fill(kNone);
  for (uint32_t k = 0; k < n; ++k) {
    const auto lane = static_cast<int>(ordered.steps[k].lane);
    (head[lane] == kNone ? head[lane] : next[tail[lane]]) = k;
    tail[lane] = k;
  }
  std::array<Picoseconds, kLaneCount> free_at{};
  std::vector<Picoseconds>& ready_at = t.start;  // until an instruction starts

  for (uint32_t done = 0; done < n; ++done) {
    int best = -1;
    Picoseconds start = 0;
    for (int lane = 0; lane < kLaneCount; ++lane) {
      const uint32_t k = head[lane];
      if (k == kNone || waiting[k] > 0) continue;
      const Picoseconds at = std::max(free_at[lane], ready_at[k]);
      if (best < 0 || at < start) best = lane, start = at;
    }
    const uint32_t k = head[best];
    const Step& step = ordered.steps[k];
    if (ready_at[k] <= free_at[best]) t.waited_for[k] = kNone;
    Picoseconds end = start + step.latency;
    if (step.dma != kNone) {
      const DmaWork& work = ordered.dmas[step.dma];
      end = dma.move(work, start + work.first) + work.tail;
    }
    t.start[k] = start;
    t.end[k] = end;
    t.span = std::max(t.span, end);
    t.busy[best] += step.busy;
    free_at[best] = start + step.busy;
    head[best] = next[k];
    for (uint32_t e = ordered.successor_begin[k]; e < ordered.successor_begin[k + 1]; ++e) {
      const uint32_t to = ordered.successors[e] >> 1;
      const Picoseconds at = end + (ordered.successors[e] & 1 ? hop : 0);
      if (at > ready_at[to]) {
        ready_at[to] = at;
        t.waited_for[to] = k;
      }
      --waiting[to];
    }
  }
  t.dma_busy = dma.busy;
  t.dma_engines = dma.count();
  return t;
}

}  // namespace trainyard::core
