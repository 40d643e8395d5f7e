// List scheduling: among the instructions that are ready within a window, the one that can start
// first goes first.
#pragma once

#include <array>
#include <vector>

#include "trainyard/program/costs.h"
#include "trainyard/program/dependencies.h"
#include "trainyard/program/room.h"

namespace trainyard::program {

class ListSchedule {
 public:
  /// See schedule().
  ListSchedule(const Program& program, const DependenceTable& dependencies, Costs& costs,
               int window, int percent);

  std::vector<InstructionId> run();

 private:
  struct Choice {
    int lane = -1;
    uint32_t rank = 0;
    base::Picoseconds start = 0;
  };
  // The instructions of one lane for which all that they wait for has been issued.
  class Queue {
   public:
    base::Picoseconds free_at() const { return free_at_; }
    bool empty() const { return ready_.empty() && coming_.empty(); }
    /// The one that can start first, and of several the first in the given order.
    Choice first(int lane) const;
    /// `at`: when its operands are there.
    void push(uint32_t rank, base::Picoseconds at);
    /// Takes one out.
    void remove(uint32_t rank);
    void set_free(base::Picoseconds at);

   private:
    struct Coming {
      base::Picoseconds at;
      uint32_t rank;
      auto operator<=>(const Coming&) const = default;
    };
    base::Picoseconds free_at_ = 0;
    std::vector<uint32_t> ready_;  // a heap: operands are there before the lane is free
    std::vector<Coming> coming_;   // a heap: the lane is free before the operands are there
  };

  void link();
  void admit();
  void push(uint32_t rank);
  Choice choose() const;
  Choice oldest() const;
  void issue(const Choice& choice);
  uint32_t& kind_of(uint32_t rank) const { return costs_.kinds.of[given_[rank]]; }
  int lane_of(uint32_t kind) const { return static_cast<int>(costs_.steps[kind].lane); }
  base::Picoseconds end_of(const Choice& choice) const;

  const DependenceTable& dependencies_;
  Costs& costs_;
  std::span<const InstructionId> given_;  // the order to improve on; a rank is a place in it
  std::span<const Branch> branches_;      // to come: nothing moves across them
  uint32_t window_;
  Room room_;

  // By rank: how many it still waits for, when the last of them ends, and who follows it.
  std::vector<uint32_t> waiting_, begin_, followers_;
  std::vector<base::Picoseconds> ready_at_;
  std::vector<uint8_t> issued_;

  std::array<Queue, kLaneCount> queues_;
  uint32_t oldest_ = 0;    // not yet issued
  uint32_t admitted_ = 0;  // end of the window
  std::vector<InstructionId> sequence_;
};

}  // namespace trainyard::program
