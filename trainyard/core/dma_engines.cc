// Turns of queues as shares of the engine's time: between two events each queue's first DMA moves
// at a constant rate, so nothing steps through elements.

#include "trainyard/core/dma_engines.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace trainyard::core {

DmaEngines::DmaEngines(const machine::Machine& machine, int sharers)
    : count_(machine.core.dma.engines) {
  // One engine's share of the stack's bandwidth, in picoseconds a byte.
  const machine::Memory& m = machine.core.memory;
  mixed_ = 100.0 / m.hbm_mixed_percent;
  if (m.hbm_gb_s > 0) hbm_ps_per_byte_ = 1000.0 * sharers * count_ / m.hbm_gb_s;
}

void DmaEngines::add(uint32_t position, Lane lane, const program::DmaWork& dma, Picoseconds at) {
  const auto elements = static_cast<double>(dma.elements);
  const double element =
      std::max(dma.element_ps, hbm_ps_per_byte_ * static_cast<double>(dma.hbm_bytes) / elements);
  const double share = elements / count_;
  const Job job{position, element * share, element, element * (std::ceil(share) - share),
                dma.store};
  busy_ += element * elements;
  queues_[static_cast<int>(lane)].coming += share;
  const auto after = std::upper_bound(arrivals_.begin(), arrivals_.end(), at,
                                      [](Picoseconds t, const Arrival& a) { return t < a.at; });
  arrivals_.insert(after, {at, lane, job});
  if (at <= next_.time) next_ = {std::max(now_, at), Kind::arrival, -1};
}

double DmaEngines::Queue::elements() const {
  return coming + waiting + (jobs.empty() ? 0 : jobs.front().left / jobs.front().element);
}

bool DmaEngines::full(Lane lane, int ring) {
  Queue& queue = queues_[static_cast<int>(lane)];
  if (ring == 0 || queue.elements() <= ring) return false;
  queue.ring = ring;
  active_ |= 1u << static_cast<int>(lane);
  find_next();
  return true;
}

template <class Visit>
void DmaEngines::for_each_active(Visit visit) {
  for (uint32_t rest = active_; rest != 0; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    visit(queues_[lane], lane);
  }
}

// What a round of turns takes.
void DmaEngines::take_turns() {
  weight_ = 0;
  bool loads = false, stores = false;
  for_each_active([&](const Queue& queue, int) {
    if (queue.jobs.empty()) return;
    weight_ += queue.jobs.front().element;
    (queue.jobs.front().store ? stores : loads) = true;
  });
  if (loads && stores) weight_ *= mixed_;
}

void DmaEngines::advance(Picoseconds to) {
  const auto passed = static_cast<double>(to - now_);
  now_ = to;
  if (weight_ <= 0) return;
  for_each_active([&](Queue& queue, int) {
    if (queue.jobs.empty()) return;
    Job& job = queue.jobs.front();
    job.left = std::max(0.0, job.left - passed * job.element / weight_);
  });
}

void DmaEngines::find_next() {
  constexpr double kNone = 1e-6;  // elements: what rounding leaves
  next_ = {};
  if (!arrivals_.empty()) next_ = {std::max(now_, arrivals_.front().at), Kind::arrival, -1};
  for_each_active([&](const Queue& queue, int lane) {
    const double too_many = queue.ring > 0 ? queue.elements() - queue.ring : 0;
    Next next{now_, Kind::room, lane};
    if (queue.ring == 0 || too_many > kNone) {
      if (queue.jobs.empty()) return;
      const Job& job = queue.jobs.front();
      const double until_room = too_many * job.element;
      const bool room = queue.ring > 0 && until_room < job.left;
      const double left = room ? until_room : job.left;
      next = {now_ + std::llround(left * weight_ / job.element), room ? Kind::room : Kind::landed,
              lane};
    }
    if (next.time < next_.time) next_ = next;
  });
}

DmaEngines::Event DmaEngines::step() {
  const Next next = next_;
  advance(next.time);
  Event event{next.time};
  if (next.kind == Kind::arrival) {
    const Arrival arrival = arrivals_.front();
    arrivals_.pop_front();
    Queue& queue = queues_[static_cast<int>(arrival.lane)];
    const double elements = arrival.job.left / arrival.job.element;
    queue.coming = std::max(0.0, queue.coming - elements);
    if (!queue.jobs.empty()) queue.waiting += elements;
    queue.jobs.push_back(arrival.job);
    active_ |= 1u << static_cast<int>(arrival.lane);
  } else if (next.kind == Kind::room) {
    queues_[next.lane].ring = 0;
    event.has_room = next.lane;
  } else {
    Queue& queue = queues_[next.lane];
    event.landed = queue.jobs.front().position;
    event.time += std::llround(queue.jobs.front().uneven);
    queue.jobs.pop_front();
    if (queue.jobs.empty()) queue.waiting = 0;
    else queue.waiting -= queue.jobs.front().left / queue.jobs.front().element;
  }
  if (next.lane >= 0 && queues_[next.lane].jobs.empty() && queues_[next.lane].ring == 0)
    active_ &= ~(1u << next.lane);
  take_turns();
  find_next();
  return event;
}

}  // namespace trainyard::core
