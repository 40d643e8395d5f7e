// What the operands and arguments of instructions refer to by number.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trainyard/base/stable_vector.h"
#include "trainyard/isa/operand.h"

namespace trainyard::isa {

/// What a Call looks its operands up in; Program fills them.
class Tables {
 public:
  const Tensor& tensor(TensorId id) const { return tensors_[id]; }
  const Layout& layout(LayoutId id) const { return layouts_[id]; }
  std::span<const int64_t> list(uint32_t id) const { return lists_[id]; }
  std::string_view text(uint32_t id) const { return texts_[id]; }

 protected:
  base::StableVector<Tensor> tensors_;
  base::StableVector<Layout> layouts_;
  base::StableVector<std::vector<int64_t>> lists_;
  base::StableVector<std::string> texts_;
};

}  // namespace trainyard::isa
