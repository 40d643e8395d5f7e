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
  busy_ += element * elements;
  const auto l = static_cast<int>(lane);
  Queue& queue = queues_[l];
  queue.jobs.push_back(
      {position, at, element * share, element, element * (std::ceil(share) - share), dma.store});
  if (queue.jobs.size() > 1) {
    queue.behind += share;
    return;
  }
  active_ |= 1u << l;
  if (at < next_.time) next_ = {std::max(now_, at), Kind::begin, l};
}

double DmaEngines::Queue::elements() const {
  return jobs.empty() ? 0 : behind + jobs.front().left / jobs.front().element;
}

bool DmaEngines::full(Lane lane, int ring) {
  Queue& queue = queues_[static_cast<int>(lane)];
  if (ring == 0 || queue.elements() <= ring) return false;
  queue.ring = ring;
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

void DmaEngines::take_turns() {
  round_ = 0;
  bool loads = false, stores = false;
  for_each_active([&](const Queue& queue, int) {
    if (!queue.moving) return;
    round_ += queue.jobs.front().element;
    (queue.jobs.front().store ? stores : loads) = true;
  });
  if (loads && stores) round_ *= mixed_;
}

void DmaEngines::advance(Picoseconds to) {
  const auto passed = static_cast<double>(to - now_);
  now_ = to;
  for_each_active([&](Queue& queue, int) {
    if (!queue.moving) return;
    Job& job = queue.jobs.front();
    job.left = std::max(0.0, job.left - passed * job.element / round_);
  });
}

DmaEngines::Next DmaEngines::next_of(const Queue& queue, int lane, Picoseconds now, double round) {
  constexpr double kNone = 1e-6;  // elements: what rounding leaves
  const Job& job = queue.jobs.front();
  if (!queue.moving) return {std::max(now, job.at), Kind::begin, lane};
  Next next{now, Kind::landed, lane};
  double left = job.left;
  if (queue.ring > 0) {
    const double too_many = queue.elements() - queue.ring;
    if (too_many <= kNone) return {now, Kind::room, lane};
    if (too_many * job.element < left) {
      left = too_many * job.element;
      next.kind = Kind::room;
    }
  }
  next.time += std::llround(left * round / job.element);
  return next;
}

void DmaEngines::find_next() {
  next_ = {};
  for_each_active([&](const Queue& queue, int lane) {
    const Next next = next_of(queue, lane, now_, round_);
    if (next.time < next_.time) next_ = next;
  });
}

DmaEngines::Event DmaEngines::step() {
  const Next next = next_;
  advance(next.time);
  Event event{next.time};
  Queue& queue = queues_[next.lane];
  if (next.kind == Kind::begin) {
    queue.moving = true;
  } else if (next.kind == Kind::room) {
    queue.ring = 0;
    event.has_room = next.lane;
  } else {
    event.landed = queue.jobs.front().position;
    event.time += std::llround(queue.jobs.front().uneven);
    queue.jobs.pop_front();
    if (queue.jobs.empty()) {
      queue.moving = false;
      queue.behind = 0;
      active_ &= ~(1u << next.lane);
    } else {
      const Job& job = queue.jobs.front();
      queue.moving = job.at <= now_;
      queue.behind -= job.left / job.element;
    }
  }
  take_turns();
  find_next();
  return event;
}

}  // namespace trainyard::core
