// How much of the on-chip memories is live while instructions are put in order.
#pragma once

#include <array>
#include <vector>

#include "trainyard/program/program.h"

namespace trainyard::program {

/// Bytes per partition of SBUF and PSUM that tensors hold from their first use to their last.
class Room {
 public:
  /// `percent` of what the core holds may be live.
  Room(const Program& program, int percent);

  /// Whether the tensors that `i` uses for the first time still fit.
  bool fits(InstructionId i) const {
    std::array<int64_t, 2> need{};
    for (const Operand& o : program_.operands(i)) {
      const Tensor& t = tensors_[o.tensor];
      if (!t.live) need[t.psum] += t.bytes;
    }
    return need[0] <= left_[0] && need[1] <= left_[1];
  }
  void issue(InstructionId i) {
    for (const Operand& o : program_.operands(i)) {
      Tensor& t = tensors_[o.tensor];
      if (!t.live) left_[t.psum] -= t.bytes;
      t.live = true;
      if (--t.uses == 0) left_[t.psum] += t.bytes;
    }
  }

 private:
  struct Tensor {
    uint32_t uses = 0;   // still to come
    uint32_t bytes = 0;  // of each partition; 0 if it needs no room
    bool psum = false, live = false;
  };
  const Program& program_;
  std::vector<Tensor> tensors_;
  std::array<int64_t, 2> left_;  // of SBUF, of PSUM
};

}  // namespace trainyard::program
