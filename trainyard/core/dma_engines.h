// The DMA engines of a core, shared by the queues that feed them.
#pragma once

#include <array>
#include <deque>
#include <limits>

#include "trainyard/program/costs.h"

namespace trainyard::core {

using base::Picoseconds;
using program::Lane;

/// A DMA's elements are dealt out to all engines in turn, so one engine stands for all: a DMA is
/// its share of the elements, and what is lost to uneven shares is added to its end. A queue moves
/// its DMAs in order; queues take turns, element by element.
class DmaEngines {
 public:
  static constexpr Picoseconds kNever = std::numeric_limits<Picoseconds>::max();

  DmaEngines(const machine::Machine& machine, int sharers);

  /// Queues a DMA whose first element may move at `at`. `position` names it.
  void add(uint32_t position, Lane lane, const program::DmaWork& dma, Picoseconds at);
  /// Whether more than `ring` elements of the lane are left for each engine (0: never). Then an
  /// event says when no more are.
  bool full(Lane lane, int ring);

  struct Event {
    Picoseconds time = kNever;
    uint32_t landed = program::kNone;  ///< the DMA whose last element landed
    int has_room = -1;                 ///< the lane whose ring has room again
  };
  /// When something happens next, nothing being added before that.
  Picoseconds next() const { return next_.time; }
  /// Goes on to it.
  Event step();

  Picoseconds busy() const { return static_cast<Picoseconds>(busy_); }  ///< of all engines
  int count() const { return count_; }

 private:
  struct Job {
    uint32_t position = 0;
    Picoseconds at = 0;  // when its first element may move
    double left = 0;     // picoseconds on the engine, alone
    double element = 0;  // of which one element takes this many
    double uneven = 0;   // until the engine with the largest share is done
    bool store = false;
  };
  struct Queue {
    std::deque<Job> jobs;
    bool moving = false;  // the first one's elements
    double behind = 0;    // elements of the others
    int ring = 0;         // if an event is to say when no more are left; else 0

    double elements() const;  // left for each engine
  };
  enum class Kind : uint8_t { none, begin, landed, room };
  struct Next {
    Picoseconds time = kNever;
    Kind kind = Kind::none;
    int lane = -1;
  };

  // Calls visit(queue, lane) for the queues that have a job.
  template <class Visit>
  void for_each_active(Visit visit);
  void advance(Picoseconds to);
  void find_next();
  void take_turns();
  static Next next_of(const Queue& queue, int lane, Picoseconds now, double round);

  std::array<Queue, program::kLaneCount> queues_;
  uint32_t active_ = 0;  // queues that have a job, as bits
  Picoseconds now_ = 0;
  double round_ = 0;  // what a round of turns of the queues that move takes
  double mixed_ = 1;  // how much longer that is where loads and stores take turns
  Next next_;
  double busy_ = 0;
  double hbm_ps_per_byte_ = 0;
  int count_;
};

}  // namespace trainyard::core
