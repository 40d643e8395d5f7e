// The vendor's compiler reorders as freely as ours, subject to data dependencies; ours bounds how
// far, so that few tiles are alive at a time. Ties go in the given order.

#include "trainyard/program/list_schedule.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace trainyard::program {

namespace {

void push_heap(auto& heap, auto value) {
  heap.push_back(value);
  std::ranges::push_heap(heap, std::greater<>());
}

void pop_heap(auto& heap) {
  std::ranges::pop_heap(heap, std::greater<>());
  heap.pop_back();
}

}  // namespace

void ListSchedule::Queue::push(uint32_t rank, base::Picoseconds at) {
  if (at <= free_at_) push_heap(ready_, rank);
  else push_heap(coming_, Coming{at, rank});
}

ListSchedule::Choice ListSchedule::Queue::first(int lane) const {
  if (!ready_.empty()) return {lane, ready_.front(), free_at_};
  return {lane, coming_.front().rank, coming_.front().at};
}

void ListSchedule::Queue::remove(uint32_t rank) {
  if (!ready_.empty() && ready_.front() == rank) return pop_heap(ready_);
  if (!coming_.empty() && coming_.front().rank == rank) return pop_heap(coming_);
  std::erase(ready_, rank);
  std::erase_if(coming_, [&](const Coming& c) { return c.rank == rank; });
  std::ranges::make_heap(ready_, std::greater<>());
  std::ranges::make_heap(coming_, std::greater<>());
}

void ListSchedule::Queue::set_free(base::Picoseconds at) {
  free_at_ = at;
  while (!coming_.empty() && coming_.front().at <= free_at_) {
    push_heap(ready_, coming_.front().rank);
    pop_heap(coming_);
  }
}

ListSchedule::ListSchedule(const Program& program, const DependenceTable& dependencies,
                           Costs& costs, int window, int percent)
    : dependencies_(dependencies),
      costs_(costs),
      given_(dependencies.order()),
      branches_(program.branches()),
      window_(static_cast<uint32_t>(window)),
      room_(program, percent),
      waiting_(given_.size()),
      begin_(given_.size() + 1),
      followers_(dependencies.size()),
      ready_at_(given_.size()),
      issued_(given_.size()) {
  link();
  sequence_.reserve(given_.size());
}

void ListSchedule::link() {
  std::vector<uint32_t> rank_of(given_.size());
  for (uint32_t rank = 0; rank < given_.size(); ++rank) rank_of[given_[rank]] = rank;
  for (uint32_t rank = 0; rank < given_.size(); ++rank) {
    const auto before = dependencies_.of(given_[rank]);
    waiting_[rank] = static_cast<uint32_t>(before.size());
    for (const Dependence& d : before) ++begin_[rank_of[d.id] + 1];
  }
  std::partial_sum(begin_.begin(), begin_.end(), begin_.begin());
  // Filling moves each begin to its end, which is the next one's begin: shifted back below.
  for (uint32_t rank = 0; rank < given_.size(); ++rank)
    for (const Dependence& d : dependencies_.of(given_[rank]))
      followers_[begin_[rank_of[d.id]]++] = rank;
  std::shift_right(begin_.begin(), begin_.end(), 1);
  begin_[0] = 0;
}

void ListSchedule::admit() {
  const auto n = static_cast<uint32_t>(given_.size());
  while (oldest_ < n && issued_[oldest_]) ++oldest_;
  while (!branches_.empty() && branches_.front().before <= oldest_)
    branches_ = branches_.subspan(1);
  const uint32_t fence = branches_.empty() ? n : branches_.front().before;
  for (; admitted_ < std::min(fence, oldest_ + window_); ++admitted_)
    if (waiting_[admitted_] == 0) push(admitted_);
}

void ListSchedule::push(uint32_t rank) {
  const uint32_t kind = kind_of(rank), other = costs_.kinds.others[kind];
  queues_[lane_of(kind)].push(rank, ready_at_[rank]);
  if (other != kNone) queues_[lane_of(other)].push(rank, ready_at_[rank]);
}

// When the lane would be done with it.
base::Picoseconds ListSchedule::end_of(const Choice& choice) const {
  const uint32_t kind = kind_of(choice.rank);
  const bool own = lane_of(kind) == choice.lane;
  return choice.start + costs_.steps[own ? kind : costs_.kinds.others[kind]].busy;
}

ListSchedule::Choice ListSchedule::choose() const {
  const auto better = [&](const Choice& a, const Choice& b) {
    if (a.start != b.start) return a.start < b.start;
    return a.rank != b.rank ? a.rank < b.rank : end_of(a) < end_of(b);
  };
  Choice best;
  for (int lane = 0; lane < kLaneCount; ++lane) {
    if (queues_[lane].empty()) continue;
    const Choice next = queues_[lane].first(lane);
    if (best.lane >= 0 && !better(next, best)) continue;
    if (next.rank == oldest_ || room_.fits(given_[next.rank])) best = next;
  }
  return best;
}

ListSchedule::Choice ListSchedule::oldest() const {
  const int lane = lane_of(kind_of(oldest_));
  return {lane, oldest_, std::max(queues_[lane].free_at(), ready_at_[oldest_])};
}

void ListSchedule::issue(const Choice& choice) {
  const auto [lane, rank, start] = choice;
  issued_[rank] = 1;
  room_.issue(given_[rank]);
  sequence_.push_back(given_[rank]);
  uint32_t& kind = kind_of(rank);
  queues_[lane_of(kind)].remove(rank);
  if (const uint32_t other = costs_.kinds.others[kind]; other != kNone) {
    queues_[lane_of(other)].remove(rank);
    if (lane_of(other) == lane) kind = other;
  }
  const Step& step = costs_.steps[kind];
  queues_[lane].set_free(start + step.busy);
  const base::Picoseconds done = start + costs_.duration(step);
  for (uint32_t f = begin_[rank]; f < begin_[rank + 1]; ++f) {
    const uint32_t next = followers_[f];
    ready_at_[next] = std::max(ready_at_[next], done);
    if (--waiting_[next] == 0 && next < admitted_) push(next);
  }
}

std::vector<InstructionId> ListSchedule::run() {
  while (sequence_.size() < given_.size()) {
    admit();
    Choice next = choose();
    // Nothing fits: the oldest instruction goes, as the kernel's author meant it to.
    if (next.lane < 0) next = oldest();
    issue(next);
  }
  return std::move(sequence_);
}

}  // namespace trainyard::program
