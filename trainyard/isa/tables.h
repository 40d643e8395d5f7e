// What the operands and arguments of instructions refer to by number.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trainyard/base/stable_vector.h"
#include "trainyard/base/strictness.h"
#include "trainyard/isa/operand.h"

namespace trainyard::isa {

/// Where a program runs: on which physical core of a logical core, and of which of the logical
/// cores (ranks) that collectives join.
struct Seat {
  int core = 0, cores = 1;
  int rank = 0, ranks = 1;
};

/// What a Call looks its operands up in, and where it runs; Program fills them.
class Tables {
 public:
  const Seat& seat() const { return seat_; }
  int core() const { return seat_.core; }
  int cores() const { return seat_.cores; }

  const Tensor& tensor(TensorId id) const { return tensors_[id]; }
  const Layout& layout(LayoutId id) const { return layouts_[id]; }
  std::span<const int64_t> list(uint32_t id) const { return lists_[id]; }
  std::string_view text(uint32_t id) const { return texts_[id]; }

  base::Strictness strictness;  ///< of the checks on what is added

 protected:
  explicit Tables(const Seat& seat) : seat_(seat) {}

  Seat seat_;
  base::StableVector<Tensor> tensors_;
  base::StableVector<Layout> layouts_;
  base::StableVector<std::vector<int64_t>> lists_;
  base::StableVector<std::string> texts_;
};

}  // namespace trainyard::isa
