// Who must wait for whom: read-after-write, write-after-read and write-after-write on overlapping
// regions of a tensor or an arena, on a register, or on the accumulators of an engine. NKI's
// semantics are sequential, so these edges are all that values need; placement adds the reuse of
// physical memory (order.h).
#pragma once

#include <array>
#include <vector>

#include "trainyard/program/program.h"
#include "trainyard/program/region.h"

namespace trainyard::program {

/// An earlier instruction that must come first. `data`: its result is read (or accumulated onto);
/// otherwise only memory is reused.
struct Dependence {
  InstructionId id;
  bool data;
};

class Dependencies {
 public:
  explicit Dependencies(const Program& program) : program_(program) {}

  /// Appends the instructions that `i` must follow, in no order, each once. Call with ascending i.
  void add(InstructionId i, std::vector<Dependence>& before);

  /// Appends the last accesses of a tensor so far (writers not yet overwritten, and readers since).
  void last_accesses(TensorId tensor, std::vector<InstructionId>& out) const;

 private:
  // One region of a memory: its last writer and who has read it since.
  struct Entry {
    Region region;
    InstructionId writer = kNone;
    std::vector<InstructionId> readers;
  };
  // Entries in a grid of rows x bytes, so that a long list of tiles is not searched through.
  struct Memory {
    std::vector<Entry> entries;
    std::vector<uint32_t> free;
    std::vector<std::vector<uint32_t>> cells;
    int64_t rows_per_cell = 1, bytes_per_cell = 1;
    int row_cells = 1, byte_cells = 1;
    std::vector<uint32_t> seen;  // per entry: the last access that visited it
  };

  void access(Memory& memory, const Region& region, isa::Access kind, InstructionId i,
              std::vector<Dependence>& before);
  uint32_t insert(Memory& memory, const Region& region);
  Memory& memory_of(TensorId id);
  template <class Visit>
  static void for_each_cell(const Memory& memory, const Region& region, Visit visit);
  void follow(InstructionId earlier, InstructionId i, bool data, std::vector<Dependence>& before);

  const Program& program_;
  std::vector<Memory> tensors_;  // by tensor id, for tensors without an address
  Memory sbuf_, psum_;           // the arenas
  std::vector<Entry> registers_;
  std::array<Entry, isa::kEngineCount> accumulators_;  // of each engine, as one
  std::vector<InstructionId> followed_by_;  // per instruction: the last one that follows it
  uint32_t visit_ = 0;
};

}  // namespace trainyard::program
