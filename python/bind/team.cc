// Taking turns.

#include "python/bind/team.h"

#include <algorithm>
#include <chrono>

#include "python/bind/trace.h"

namespace trainyard::bind {

namespace {

constexpr std::chrono::milliseconds kGlance{50};  // how often one who waits looks for Ctrl-C

}  // namespace

void Baton::hand_on(int core) {
  const int n = static_cast<int>(finished_.size());
  for (int step = 1; step <= n; ++step) {
    const int next = (core + step) % n;
    if (finished_[next]) continue;
    turn_ = next;
    break;
  }
  changed_.notify_all();
}

void Baton::wait_for_turn(int core) {
  for (bool mine = false; !mine;) {
    {
      const nb::gil_scoped_release release;
      std::unique_lock lock(mutex_);
      mine = changed_.wait_for(lock, kGlance, [&] { return turn_ == core; });
    }
    if (!mine && PyErr_CheckSignals() != 0) {
      cancel();
      throw nb::python_error();
    }
  }
}

void Baton::begin(int core) { wait_for_turn(core); }

void Baton::finish(int core) {
  const std::lock_guard lock(mutex_);
  finished_[core] = 1;
  if (turn_ == core) hand_on(core);
}

bool Baton::pass(int core) {
  {
    const std::lock_guard lock(mutex_);
    blocked_[core] = 1;
    bool all = true;
    for (size_t i = 0; i < blocked_.size(); ++i) all &= blocked_[i] || finished_[i];
    if (all || cancelled_) return false;
    hand_on(core);
  }
  wait_for_turn(core);
  return true;
}

void Baton::progress() {
  const std::lock_guard lock(mutex_);
  std::ranges::fill(blocked_, 0);
}

void Baton::cancel() { cancelled_ = true; }

void Team::keep_of_all() {
  for (size_t core = 0; core < traces.size(); ++core)
    if (traces[core]) group.keep(static_cast<int>(core), traces[core]->kept());
}

std::vector<device::Group::Finding> Team::find_races() {
  std::vector<device::Group::Finding> races = group.find_races();
  in_step = !races.empty();
  return races;
}

}  // namespace trainyard::bind
