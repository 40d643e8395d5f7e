// Tensors with an address share their memory's cells; all others have their own.

#include "trainyard/core/shadow.h"

#include <algorithm>

namespace trainyard::core {

namespace {

constexpr size_t kVictimsMax = 8;  // of one cell; the oldest are forgotten

}  // namespace

ShadowMemory& Shadow::memory(TensorId id) {
  const isa::Tensor& t = program_.tensor(id);
  if (!t.has_address()) return memories_[id];
  return memories_[program::kNone - static_cast<uint32_t>(t.buffer)];
}

void Shadow::forget(TensorId id) {
  if (!program_.tensor(id).has_address()) memories_.erase(id);
}

uint32_t Shadow::victims_of(const std::vector<Cell>& overwritten, TensorId tensor) {
  std::vector<Victim> all;
  const auto add = [&](const Victim& v) {
    if (v.tensor == tensor) return;
    std::erase_if(all, [&](const Victim& other) { return other.tensor == v.tensor; });
    all.push_back(v);
  };
  for (const Cell& cell : overwritten) {
    for (const Victim& v : victims_[cell.victims]) add(v);
    add({cell.tensor, cell.writer});
  }
  if (all.empty()) return 0;
  if (all.size() > kVictimsMax) all.erase(all.begin(), all.end() - kVictimsMax);
  victims_.push_back(std::move(all));
  return static_cast<uint32_t>(victims_.size()) - 1;
}

}  // namespace trainyard::core
