// Which values are kept follows from the program alone, so that any number of threads keeps the
// same ones.

#include "trainyard/core/recorder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "trainyard/core/operand_values.h"

namespace trainyard::core {

namespace {

uint64_t mix(uint64_t h, uint64_t word) {
  h = (h ^ word) * 0x9e3779b97f4a7c15;
  return h ^ h >> 29;
}

uint64_t checksum(uint64_t h, const std::vector<std::byte>& bytes) {
  size_t i = 0;
  for (; i + sizeof(uint64_t) <= bytes.size(); i += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, &bytes[i], sizeof word);
    h = mix(h, word);
  }
  for (; i < bytes.size(); ++i) h = mix(h, static_cast<uint64_t>(bytes[i]));
  return mix(h, bytes.size());
}

template <class Visit>
void for_each_written(const Call& call, Visit visit) {
  program::for_each_operand(call, [&](int slot, isa::Access access) {
    if (access == isa::Access::write || access == isa::Access::update) visit(slot);
  });
}

}  // namespace

void Recorder::grow(InstructionId end) {
  const auto first = static_cast<InstructionId>(checksums_.size());
  checksums_.resize(end);
  for (InstructionId i = first; i < end && kept_ == i; ++i) {
    const Call call = program_.call(i);
    for_each_written(call, [&](int slot) { bytes_ += call.view(slot).bytes(); });
    if (bytes_ <= most_bytes_) kept_ = i + 1;
  }
}

void Recorder::record(InstructionId i, CoreMemory& memory, const isa::CoreState& state) {
  const Call call = program_.call(i);
  uint64_t h = 0;
  for_each_written(call, [&](int slot) {
    std::vector<std::byte> bytes = packed_values(call, slot, memory);
    h = checksum(h, bytes);
    if (i >= kept_) return;
    const isa::OperandView view = call.view(slot);
    const std::scoped_lock lock(mutex_);
    tiles_.push_back({i, slot, view.dtype(), view.shape(), std::move(bytes)});
  });
  program::for_each_register(call, [&](uint32_t reg, isa::Access access) {
    if (access == isa::Access::write || access == isa::Access::update)
      h = mix(h, static_cast<uint64_t>(state.registers[reg]));
  });
  checksums_[i] = h;
}

std::vector<RecordedTile> Recorder::take_tiles() {
  std::ranges::sort(tiles_, {},
                    [](const RecordedTile& t) { return std::pair(t.instruction, t.slot); });
  return std::exchange(tiles_, {});
}

}  // namespace trainyard::core
