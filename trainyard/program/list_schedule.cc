// The vendor's compiler reorders as freely as ours, subject to data dependencies; ours bounds how
// far, so that few tiles are alive at a time. Ties go in the given order.

#include "trainyard/program/list_schedule.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace trainyard::program {

void ListSchedule::Queue::push(uint32_t rank) {
  heap_.push_back(rank);
  std::ranges::push_heap(heap_, std::greater<>());
}

void ListSchedule::Queue::pop() {
  std::ranges::pop_heap(heap_, std::greater<>());
  heap_.pop_back();
}

void ListSchedule::Queue::erase(uint32_t rank) {
  std::erase(heap_, rank);
  std::ranges::make_heap(heap_, std::greater<>());
}

ListSchedule::ListSchedule(const Program& program, const DependenceTable& dependencies,
                           const Costs& costs, int window, int percent)
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
    if (waiting_[admitted_] == 0) ready_[lane_of(admitted_)].push(admitted_);
}

ListSchedule::Choice ListSchedule::choose() const {
  Choice best;
  for (int lane = 0; lane < kLaneCount; ++lane) {
    if (ready_[lane].empty()) continue;
    const uint32_t rank = ready_[lane].first();
    const base::Picoseconds start = std::max(free_at_[lane], ready_at_[rank]);
    if (best.lane >= 0 &&
        (start > best.start || (start == best.start && rank > ready_[best.lane].first())))
      continue;
    if (rank == oldest_ || room_.fits(given_[rank])) best = {lane, start};
  }
  return best;
}

void ListSchedule::issue(uint32_t rank, const Choice& choice) {
  issued_[rank] = 1;
  room_.issue(given_[rank]);
  sequence_.push_back(given_[rank]);
  const Step& step = step_of(rank);
  free_at_[choice.lane] = choice.start + step.busy;
  const base::Picoseconds done = choice.start + costs_.duration(step);
  for (uint32_t f = begin_[rank]; f < begin_[rank + 1]; ++f) {
    const uint32_t next = followers_[f];
    ready_at_[next] = std::max(ready_at_[next], done);
    if (--waiting_[next] == 0 && next < admitted_) ready_[lane_of(next)].push(next);
  }
}

std::vector<InstructionId> ListSchedule::run() {
  while (sequence_.size() < given_.size()) {
    admit();
    const Choice best = choose();
    if (best.lane >= 0) {
      const uint32_t rank = ready_[best.lane].first();
      ready_[best.lane].pop();
      issue(rank, best);
      continue;
    }
    // Nothing fits: the oldest instruction goes, as the kernel's author meant it to.
    const int lane = lane_of(oldest_);
    ready_[lane].erase(oldest_);
    issue(oldest_, {lane, std::max(free_at_[lane], ready_at_[oldest_])});
  }
  return std::move(sequence_);
}

}  // namespace trainyard::program
