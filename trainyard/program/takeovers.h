// Waits that placement adds: a tensor that takes over the bytes of others.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "trainyard/program/order.h"

namespace trainyard::program {

/// The last accesses of the tensors that a tensor takes over; every write before its first read
/// must wait for them.
class Takeovers {
 public:
  Takeovers(const Program& program, const Ordered& ordered)
      : program_(program),
        evicts_(ordered.placement.evicts),
        tensors_(program.tensor_count()),
        recent_(kRecent) {
    for (const std::vector<TensorId>& olds : evicts_)
      for (TensorId old : olds) tensors_[old].evicted = true;
  }

  /// Calls visit(position) for the accesses that instruction `i` must wait for.
  template <class Visit>
  void visit_before(InstructionId i, Visit visit) const {
    for (const Operand& o : program_.operands(i)) {
      if (tensors_[o.tensor].read) continue;
      for (TensorId old : evicts_[o.tensor])
        for (uint32_t position : tensors_[old].last) visit(position);
    }
  }

  /// Notes that instruction `i` is issued at `position`.
  void record(InstructionId i, uint32_t position, const Step& step) {
    const std::span<const Operand> operands = program_.operands(i);
    const std::span<const isa::Access> accesses = program_.accesses(i);
    for (size_t k = 0; k < operands.size(); ++k) {
      const TensorId id = operands[k].tensor;
      if (accesses[k] == isa::Access::read) tensors_[id].read = true;
      if (tensors_[id].evicted) remember(id, position, step);
    }
  }

 private:
  struct Accesses {
    bool read = false;
    bool evicted = false;        // someone takes over its bytes
    std::vector<uint32_t> last;  // positions: one per engine, all of DMAs, which end out of order
  };
  // Where the engines' positions are in a tensor's list, for tensors in use.
  struct Recent {
    TensorId id = kNone;
    std::array<uint32_t, kLaneCount> index{};  // from 1; 0: not there
  };
  static constexpr size_t kRecent = 4096;

  void remember(TensorId id, uint32_t position, const Step& step) {
    std::vector<uint32_t>& list = tensors_[id].last;
    if (!is_dma(step)) {
      Recent& recent = recent_[id % kRecent];
      if (recent.id != id) recent = {id, {}};
      uint32_t& index = recent.index[static_cast<int>(step.lane)];
      if (index > 0) {
        list[index - 1] = position;
        return;
      }
      index = static_cast<uint32_t>(list.size()) + 1;
    }
    list.push_back(position);
  }

  const Program& program_;
  const std::vector<std::vector<TensorId>>& evicts_;
  std::vector<Accesses> tensors_;
  std::vector<Recent> recent_;
};

}  // namespace trainyard::program
