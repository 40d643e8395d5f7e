// The traces of a logical core's physical cores: each in a Python thread of its own, of which one
// runs at a time.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "trainyard/device/group.h"

namespace trainyard::bind {

/// Hands the right to run from one core's thread to the next, always in the same order.
class Baton {
 public:
  explicit Baton(int cores) : blocked_(cores), finished_(cores) {}

  /// Waits until it is this core's turn. The caller holds the GIL; it is given back meanwhile.
  /// Throws what a signal handler throws (Ctrl-C), on Python's main thread.
  void begin(int core);
  /// The core has ended, and the next one goes on.
  void finish(int core);
  /// The core cannot go on before another has: waits until it is its turn again. False: no other
  /// core can go on either.
  bool pass(int core);
  /// Something that others may have waited for has happened.
  void progress();
  /// Makes every core stop at its next instruction.
  void cancel();
  bool cancelled() const { return cancelled_; }

 private:
  void hand_on(int core);
  void wait_for_turn(int core);

  std::mutex mutex_;
  std::condition_variable changed_;
  int turn_ = 0;
  std::vector<uint8_t> blocked_, finished_;
  std::atomic<bool> cancelled_ = false;
};

class Trace;

struct Team {
  Team(int ranks, int cores_a_rank)
      : group(ranks, cores_a_rank), baton(group.size()), traces(group.size()) {}

  int number_of(const isa::Seat& seat) const {
    return seat.rank * group.cores_a_rank() + seat.core;
  }

  /// Tells the group which tensors Python still holds.
  void keep_of_all();
  /// Looks for races in the complete programs; see device::Group.
  std::vector<device::Group::Finding> find_races();

  device::Group group;
  Baton baton;
  std::vector<Trace*> traces;  ///< null: not there, or gone
  bool in_step = false;        ///< cores write the same memory: values run in step
};

}  // namespace trainyard::bind
