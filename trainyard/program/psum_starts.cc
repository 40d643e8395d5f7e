// A matmul that overwrites starts its region; writes of other engines do not.
#include "trainyard/program/psum_starts.h"

#include <algorithm>

#include "trainyard/base/dtype.h"

namespace trainyard::program {

using isa::Access;
using isa::Buffer;
using isa::Call;
using isa::OperandView;

namespace {

constexpr size_t kBoxesMax = 64;  // of one tensor; older ones are forgotten

// Partitions and bytes of each that an access reaches at most.
Box box_of(const OperandView& view) {
  const auto element = static_cast<int64_t>(base::size_of(view.dtype()));
  const int64_t row = view.row_elements();
  Box box{view.offset / row, 0, view.offset % row * element, 0};
  box.row1 = box.row0 + view.partitions();
  box.byte1 = box.byte0 + element;
  for (int d = 1; d < view.layout->ndim; ++d) {
    const int64_t reach = view.layout->dims[d].step * (view.layout->dims[d].count - 1) * element;
    (reach < 0 ? box.byte0 : box.byte1) += reach;
  }
  return box;
}

}  // namespace

bool PsumStarts::add(const Call& call) {
  if (call.core().version > 3) return false;
  const isa::Spec& spec = call.spec();
  for (const int param : spec.operand_params) {
    if (spec.params[param].access == Access::read || !call.is_tensor(param)) continue;
    const OperandView view = call.operand(param);
    if (view.buffer() != Buffer::psum) continue;
    if (call.engine() != isa::Engine::tensor) {
      add_write(view);
      continue;
    }
    if (view.id >= others_.size() || others_[view.id].empty()) continue;
    const Box box = box_of(view);
    const int accumulate = spec.find("accumulate");
    if (accumulate >= 0 && call.has(accumulate) && call.flag(accumulate))
      return std::ranges::any_of(others_[view.id],
                                 [&](const Written& w) { return w.box.meets(box); });
    cut(others_[view.id], box);
  }
  return false;
}

void PsumStarts::add_write(const OperandView& view) {
  if (view.id >= others_.size()) others_.resize(view.id + 1);
  std::vector<Written>& boxes = others_[view.id];
  const Box box = box_of(view);
  cut(boxes, box);
  if (boxes.size() >= kBoxesMax) boxes.erase(boxes.begin());
  boxes.push_back({box});
}

}  // namespace trainyard::program
