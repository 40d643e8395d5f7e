// Memory as an instruction sees it that has NkiTensor.indirect operands: their columns are gathered
// into packed tiles before it runs, and scattered after.
#pragma once

#include <map>
#include <vector>

#include "trainyard/core/memory.h"

namespace trainyard::core {

/// The elements of an operand, packed row by row, through its column offsets.
std::vector<std::byte> gather_columns(const Call& call, int slot, CoreMemory& memory);

class StagedMemory final : public isa::Memory {
 public:
  /// Gathers every indirect operand. Throws E211, E120 or K001 for its offsets.
  StagedMemory(const Call& call, CoreMemory& memory);
  /// Puts back what the instruction wrote, element by element: of two with one offset the later
  /// stays.
  void scatter();

  Bytes resolve(const Call& call, int slot) override;
  std::vector<int64_t> index_rows(const Call& call, int slot) override;
  bool undefined(const Call& call, int slot) override;
  std::vector<uint8_t> undefined_mask(const Call& call, int slot) override;
  void define(const Call& call, int slot, bool defined) override;
  std::vector<uint8_t> written(const Call& call, int slot, bool& all) override;
  void define_mask(const Call& call, int slot, const std::vector<uint8_t>& undefined) override {
    memory_.define_mask(call, slot, undefined);
  }

 private:
  const Call& call_;
  CoreMemory& memory_;
  std::map<int, std::vector<std::byte>> staged_;  // by slot
};

}  // namespace trainyard::core
