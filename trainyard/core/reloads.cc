// A copy is whole as long as each of its bytes was written last by its load.

#include "trainyard/core/reloads.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace trainyard::core {

using isa::Access;
using program::kNone;

namespace {

struct LoadOperands {
  int from = -1, to = -1;
};

// The operands of a plain load from HBM into SBUF that converts nothing; else -1.
LoadOperands load_of(const isa::Call& call) {
  if (call.spec().name != "dma_copy") return {};
  LoadOperands o;
  bool plain = true;
  program::for_each_operand(call, [&](int slot, Access access) {
    plain &= call.layout(slot).indirect == isa::Indirect::none;
    (access == Access::read ? o.from : o.to) = slot;
  });
  if (!plain || o.from < 0 || o.to < 0) return {};
  const isa::OperandView from = call.view(o.from), to = call.view(o.to);
  if (from.on_chip() || to.buffer() != isa::Buffer::sbuf || from.dtype() != to.dtype()) return {};
  return o;
}

}  // namespace

Reloads::Reloads(const Program& program, const program::Placement& placement, Shadow& shadow,
                 FindingList& findings)
    : program_(program),
      shadow_(shadow),
      findings_(findings),
      taken_by_(program.tensor_count()),
      begun_(program.tensor_count()) {
  for (TensorId id = 0; id < placement.evicts.size(); ++id)
    for (const TensorId old : placement.evicts[id]) taken_by_[old].push_back(id);
}

bool Reloads::is_whole(const Load& load) {
  if (std::ranges::any_of(taken_by_[load.to], [&](TensorId id) { return begun_[id] != 0; }))
    return false;
  if (load.left) return load.whole;
  const ShadowMemory& memory = shadow_.memory(load.to);
  if (memory.vague) return false;
  int64_t bytes = 0;
  for (const Cell& cell : memory.cells)
    if (cell.writer == load.instruction) bytes += cell.box.common(load.box).bytes();
  return bytes == load.box.bytes();
}

void Reloads::before(InstructionId i, const isa::Call& call, base::Picoseconds cost) {
  const LoadOperands o = load_of(call);
  if (o.from < 0) return;
  const isa::Operand& from = call.raw(o.from);
  const auto found = loads_.find({from.tensor, from.offset, from.layout});
  if (found == loads_.end()) return;
  const Load& load = found->second;
  const auto written = hbm_writes_.find(from.tensor);
  if (written != hbm_writes_.end() && written->second > load.instruction) return;
  if (!is_whole(load)) return;
  findings_.add(
      "reload", program_.instruction(load.instruction).site, i,
      [&](profile::SanitizerFinding& f) {
        f.text = fmt::format("dma_copy loads {} again, which is still in SBUF",
                             call.view(o.from).describe());
        f.made_by = "dma_copy loads it first";
        f.hurts_by = "dma_copy loads it again";
      },
      cost);
}

void Reloads::after(InstructionId i, const isa::Call& call) {
  program::for_each_operand(call, [&](int slot, Access access) {
    const isa::OperandView v = call.view(slot);
    begun_[v.id] = 1;
    if (access != Access::read && !v.on_chip()) hbm_writes_[v.id] = i;
  });
  const LoadOperands o = load_of(call);
  if (o.from < 0) return;
  const program::Boxes boxes = program::boxes_of(call.view(o.to));
  if (!boxes.exact || boxes.list.size() != 1) return;
  const isa::Operand& from = call.raw(o.from);
  const Key key{from.tensor, from.offset, from.layout};
  loads_[key] = {i, call.raw(o.to).tensor, boxes.list.front()};
  copies_[call.raw(o.to).tensor].push_back(key);
}

void Reloads::leave(TensorId id) {
  const auto found = copies_.find(id);
  if (found == copies_.end()) return;
  for (const Key& key : found->second) {
    Load& load = loads_[key];
    if (load.to != id || load.left) continue;
    load.whole = is_whole(load);
    load.left = true;
  }
  copies_.erase(found);
}

}  // namespace trainyard::core
