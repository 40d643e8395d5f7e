// Gathering and scattering the columns of indirect operands.

#include "trainyard/core/indirection.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "trainyard/base/diagnostics.h"
#include "trainyard/isa/indirection.h"

namespace trainyard::core {

namespace {

template <bool kGather>
void move_columns(const Call& call, int slot, CoreMemory& memory, std::byte* packed) {
  const Bytes b = memory.resolve(call, slot);
  const std::vector<int64_t> offsets = memory.column_offsets(call, slot);
  for (int r = 0; r < b.rows(); ++r)
    for (const int64_t offset : offsets) {
      std::byte* element = b.row(r) + offset;
      std::memcpy(kGather ? packed : element, kGather ? element : packed, b.element);
      packed += b.element;
    }
}

// Where a scatter adds to what is there, or keeps it, two elements at one offset would lose one.
void refuse_repeated(const Call& call, int slot, std::vector<int64_t> offsets) {
  std::sort(offsets.begin(), offsets.end());
  const auto twice = std::adjacent_find(offsets.begin(), offsets.end());
  if (twice == offsets.end()) return;
  const isa::OperandView v = call.view(slot);
  const auto step = v.layout->scale * static_cast<int64_t>(base::size_of(v.dtype()));
  throw base::Error(base::Code::E120,
                    fmt::format("{}: a scatter that builds on what is there names an offset twice",
                                call.spec().name))
      .limit(fmt::format("{} twice", *twice / std::max<int64_t>(1, step)), "every offset once",
             "tensor indirection")
      .note(v.describe());
}

}  // namespace

std::vector<std::byte> gather_columns(const Call& call, int slot, CoreMemory& memory) {
  std::vector<std::byte> packed(call.view(slot).bytes());
  move_columns<true>(call, slot, memory, packed.data());
  return packed;
}

StagedMemory::StagedMemory(const Call& call, CoreMemory& memory) : call_(call), memory_(memory) {
  program::for_each_operand(call, [&](int slot, isa::Access access) {
    if (!isa::is_indirect(call.view(slot))) return;
    if (access == isa::Access::update)
      refuse_repeated(call, slot, memory.column_offsets(call, slot));
    staged_[slot] = gather_columns(call, slot, memory);
  });
}

void StagedMemory::scatter() {
  program::for_each_operand(call_, [&](int slot, isa::Access access) {
    const auto it = staged_.find(slot);
    if (it == staged_.end() || access == isa::Access::read) return;
    move_columns<false>(call_, slot, memory_, it->second.data());
  });
}

Bytes StagedMemory::resolve(const Call& call, int slot) {
  Bytes b = memory_.resolve(call, slot);
  const auto it = staged_.find(slot);
  if (it == staged_.end()) return b;
  b.data = it->second.data();
  ptrdiff_t step = b.element;
  for (int d = b.ndim - 1; d >= 0; --d) {
    b.dims[d].step = step;
    step *= b.dims[d].count;
  }
  return b;
}

std::vector<int64_t> StagedMemory::index_rows(const Call& call, int slot) {
  return memory_.index_rows(call, slot);
}

bool StagedMemory::undefined(const Call& call, int slot) { return memory_.undefined(call, slot); }

std::vector<uint8_t> StagedMemory::undefined_mask(const Call& call, int slot) {
  return memory_.undefined_mask(call, slot);
}

void StagedMemory::define(const Call& call, int slot, bool defined) {
  memory_.define(call, slot, defined);
}

std::vector<uint8_t> StagedMemory::written(const Call& call, int slot, bool& all) {
  return memory_.written(call, slot, all);
}

}  // namespace trainyard::core
