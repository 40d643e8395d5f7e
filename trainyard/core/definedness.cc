// Undefined bytes travel with the data and matter only where they are stored, used as an address or
// branched on: real kernels compute on garbage lanes that nobody stores.

#include "trainyard/core/definedness.h"

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/base/diagnostics.h"
#include "trainyard/core/indirection.h"
#include "trainyard/isa/indirection.h"

namespace trainyard::core {

using isa::Access;
using isa::Definedness;
using program::for_each_operand;
using program::kNone;

namespace {

// The input element that output element `k` of a transposing instruction comes from: first and last
// dimension exchanged.
size_t transposed(size_t k, const isa::Layout& out) {
  const size_t rows = out.dims[0].count, columns = out.dims[out.ndim - 1].count;
  const size_t middle = out.elements() / (rows * columns);
  const size_t column = k % columns, m = k / columns % middle, row = k / columns / middle;
  return (column * middle + m) * rows + row;
}

// Whether output element `k` of `n` (in rows of `row`) depends on undefined elements of `in`.
bool depends(Definedness rule, const std::vector<uint8_t>& in, size_t k, size_t n, size_t row,
             size_t rows, const isa::Layout& out) {
  if (rule == Definedness::transposed && in.size() == n) return in[transposed(k, out)];
  if (rule == Definedness::everything || in.size() % rows != 0)
    return std::find(in.begin(), in.end(), 1) != in.end();
  const size_t in_row = in.size() / rows;
  if (rule == Definedness::elementwise) {
    if (in.size() == n) return in[k];
    if (in_row == 1) return in[k / row];
  }
  const auto begin = in.begin() + k / row * in_row;
  return std::find(begin, begin + in_row, 1) != begin + in_row;
}

// What the instruction itself says about the output operand `slot`.
std::vector<uint8_t> told_by_instruction(const Call& call, CoreMemory& memory, int slot,
                                         const std::vector<Marked>& inputs) {
  isa::UndefinedMasks masks(call.spec().params.size());
  int output = -1;
  for (size_t p = 0; p < masks.size(); ++p) {
    const int param = static_cast<int>(p);
    if (!call.is_tensor(param)) continue;
    if (call.slot(param) == slot) output = param;
    for (const Marked& in : inputs)
      if (in.slot == call.slot(param)) masks[p] = in.elements;
  }
  if (!isa::any_indirect(call)) return call.spec().undefined(call, memory, masks, output);
  StagedMemory staged(call, memory);
  return call.spec().undefined(call, staged, masks, output);
}

}  // namespace

std::vector<uint8_t> dependent_elements(const Call& call, CoreMemory& memory, int slot,
                                        const std::vector<Marked>& inputs) {
  if (call.spec().undefined) return told_by_instruction(call, memory, slot, inputs);
  const isa::OperandView out = call.view(slot);
  const auto n = static_cast<size_t>(out.elements());
  const auto rows = static_cast<size_t>(out.partitions());
  std::vector<uint8_t> mask(n);
  for (const Marked& in : inputs)
    for (size_t k = 0; k < n; ++k)
      mask[k] |= depends(call.spec().definedness, in.elements, k, n, n / rows, rows, *out.layout);
  return mask;
}

void define_outputs(const Call& call, CoreMemory& memory) {
  for_each_operand(call, [&](int slot, Access access) {
    if (access != Access::read) memory.define(call, slot, true);
  });
}

void propagate_definedness(const Call& call, InstructionId i, CoreMemory& memory) {
  bool clean = true;
  std::vector<uint8_t> skipped;  // per element of the source
  for_each_operand(call, [&](int slot, Access access) {
    if (access == Access::read && skipped.empty()) skipped = memory.skipped_mask(call, slot);
    if (access == Access::read) clean &= !memory.undefined(call, slot);
    // Updated in place: elements that were not written keep their state.
    if (access == Access::update && call.spec().definedness == Definedness::elementwise)
      clean &= !memory.undefined(call, slot);
  });
  if (clean && skipped.empty()) return define_outputs(call, memory);

  std::vector<Marked> inputs;
  TensorId from = kNone;
  for_each_operand(call, [&](int slot, Access access) {
    if (!memory.undefined(call, slot)) return;
    const bool reads =
        access == Access::read ||
        (access == Access::update && call.spec().definedness == Definedness::elementwise);
    if (!reads && !call.spec().undefined) return;
    inputs.push_back({slot, memory.undefined_mask(call, slot)});
    if (reads && from == kNone) from = call.raw(slot).tensor;
  });
  for_each_operand(call, [&](int slot, Access access) {
    if (access == Access::read) return;
    const isa::OperandView out = call.view(slot);
    const auto n = static_cast<size_t>(out.elements());
    std::vector<uint8_t> mask = dependent_elements(call, memory, slot, inputs);
    if (skipped.size() == n) {  // what was skipped stays as it was
      const std::vector<uint8_t> before = memory.undefined_mask(call, slot);
      const bool turned = call.spec().definedness == Definedness::transposed;
      for (size_t k = 0; k < n; ++k)
        if (skipped[turned ? transposed(k, *out.layout) : k]) mask[k] = before[k];
    }
    memory.define_mask(call, slot, mask);
    if (std::find(mask.begin(), mask.end(), 1) != mask.end() && out.id != from)
      memory.note_origin(out.id, {i, from});
  });
}

}  // namespace trainyard::core
