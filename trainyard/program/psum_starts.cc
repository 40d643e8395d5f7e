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
      return std::ranges::any_of(others_[view.id], [&](const Box& b) { return b.meets(box); });
    remove(others_[view.id], box);
  }
  return false;
}

void PsumStarts::add_write(const OperandView& view) {
  if (view.id >= others_.size()) others_.resize(view.id + 1);
  std::vector<Box>& boxes = others_[view.id];
  const Box box = box_of(view);
  remove(boxes, box);
  if (boxes.size() >= kBoxesMax) boxes.erase(boxes.begin());
  boxes.push_back(box);
}

// What is left of the boxes beside `gone`: above, below, and within its partitions on both sides.
void PsumStarts::remove(std::vector<Box>& boxes, const Box& gone) {
  std::vector<Box> rest;
  for (const Box& b : boxes) {
    if (!b.meets(gone)) {
      rest.push_back(b);
      continue;
    }
    const int64_t top = std::max(b.partition, gone.partition);
    const int64_t bottom = std::min(b.partition_end, gone.partition_end);
    for (const Box& part :
         {Box{b.partition, top, b.byte, b.byte_end},
          Box{bottom, b.partition_end, b.byte, b.byte_end}, Box{top, bottom, b.byte, gone.byte},
          Box{top, bottom, gone.byte_end, b.byte_end}})
      if (part.partition < part.partition_end && part.byte < part.byte_end) rest.push_back(part);
  }
  boxes = std::move(rest);
}

PsumStarts::Box PsumStarts::box_of(const OperandView& view) {
  const auto element = static_cast<int64_t>(base::size_of(view.dtype()));
  const int64_t row = view.row_elements();
  Box box{view.offset / row, 0, view.offset % row * element, 0};
  box.partition_end = box.partition + view.partitions();
  box.byte_end = box.byte + element;
  for (int d = 1; d < view.layout->ndim; ++d) {
    const int64_t reach = view.layout->dims[d].step * (view.layout->dims[d].count - 1) * element;
    (reach < 0 ? box.byte : box.byte_end) += reach;
  }
  return box;
}

}  // namespace trainyard::program
