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
  ListSchedule(const Program& program, const DependenceTable& dependencies, const Costs& costs,
               int window, int percent);

  std::vector<InstructionId> run();

 private:
  // The ready instructions of one lane, in the given order; the first that is ready stands first.
  class Queue {
   public:
    bool empty() const { return heap_.empty(); }
    uint32_t first() const { return heap_.front(); }
    void push(uint32_t rank);
    void pop();
    void erase(uint32_t rank);

   private:
    std::vector<uint32_t> heap_;
  };
  struct Choice {
    int lane = -1;
    base::Picoseconds start = 0;
  };

  void link();
  void admit();
  Choice choose() const;
  void issue(uint32_t rank, const Choice& choice);
  int lane_of(uint32_t rank) const { return static_cast<int>(step_of(rank).lane); }
  const Step& step_of(uint32_t rank) const { return costs_.step(given_[rank]); }

  const DependenceTable& dependencies_;
  const Costs& costs_;
  std::span<const InstructionId> given_;  // the order to improve on; a rank is a place in it
  std::span<const Branch> branches_;      // to come: nothing moves across them
  uint32_t window_;
  Room room_;

  // By rank: how many it still waits for, when the last of them ends, and who follows it.
  std::vector<uint32_t> waiting_, begin_, followers_;
  std::vector<base::Picoseconds> ready_at_;
  std::vector<uint8_t> issued_;

  std::array<Queue, kLaneCount> ready_;
  std::array<base::Picoseconds, kLaneCount> free_at_{};
  uint32_t oldest_ = 0;    // not yet issued
  uint32_t admitted_ = 0;  // end of the window
  std::vector<InstructionId> sequence_;
};

}  // namespace trainyard::program
