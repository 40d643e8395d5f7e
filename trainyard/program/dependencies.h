// Who must wait for whom: read-after-write, write-after-read and write-after-write on overlapping
// regions of a tensor or an arena, on a register, or on what an engine keeps (accumulators, random
// generators). NKI's semantics are sequential, so these edges are all that values need; placement
// adds the reuse of physical memory (order.h).
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "trainyard/program/program.h"
#include "trainyard/program/region.h"

namespace trainyard::program {

/// An instruction that must come first, and what for.
struct Dependence {
  enum class Kind : uint8_t {
    order,   ///< it must be issued first; nothing waits for its end
    memory,  ///< its memory is reused
    data,    ///< its result is read (or accumulated onto), or the kernel asked to wait for its end
  };
  InstructionId id;
  Kind kind;
};

class Dependencies {
 public:
  explicit Dependencies(const Program& program) : program_(program) {}

  /// Appends the instructions that `i` must follow for the sake of values, in no order, each once.
  /// Call with ascending i. What no instruction of the program writes up to now has no order.
  void add(InstructionId i, std::vector<Dependence>& before);
  /// Says that no later instruction uses the tensor: what is kept for it serves others.
  void forget(TensorId id);

 private:
  // One region of a memory: its last writer and who has read it since.
  struct Entry {
    Region region;
    InstructionId writer = kNone;
    uint32_t readers = kNone;  // head of a list in readers_
    uint32_t next = kNone;     // in the list of a memory without a grid, or of free entries
    uint32_t seen = 0;         // the last access that visited it
  };
  struct Reader {
    InstructionId id;
    uint32_t next;
  };
  // Entries by cells of rows x bytes, so that a long list of tiles is not searched through.
  struct Grid {
    int64_t rows_per_cell, bytes_per_cell;
    int row_cells, byte_cells;
    std::vector<std::vector<uint32_t>> cells;
  };
  // A tensor, or an arena. Most are small tiles with few entries: these are a list.
  struct Memory {
    bool known = false;  // whether it was looked at for a grid
    uint32_t first = kNone;
    std::unique_ptr<Grid> grid;
  };
  struct TensorMemory {
    Frame frame;  // pitch 0: not looked at
    Memory own;   // used if the tensor has no address
  };

  void access(Memory& memory, const Region& region, isa::Access kind, InstructionId i,
              std::vector<Dependence>& before);
  /// All of a register, of the accumulators or of the generators.
  void access_whole(Entry& entry, isa::Access kind, InstructionId i,
                    std::vector<Dependence>& before);
  void follow(InstructionId earlier, InstructionId i, Dependence::Kind kind,
              std::vector<Dependence>& before);
  void follow_readers(const Entry& entry, InstructionId i, std::vector<Dependence>& before);
  void add_reader(Entry& entry, InstructionId i);
  void drop_readers(Entry& entry);

  void touch(const Operand& operand, isa::Access kind, InstructionId i,
             std::vector<Dependence>& before);
  void add_registers(const Call& call, InstructionId i, std::vector<Dependence>& before);
  void set_grid(Memory& memory, const isa::Tensor& tensor, const Frame& frame) const;
  uint32_t insert(Memory& memory, const Region& region);
  void remove(Memory& memory, uint32_t id);
  template <class Visit>
  void for_each_near(const Memory& memory, const Region& region, Visit visit);
  template <class Visit>
  static void for_each_cell(const Grid& grid, const Region& region, Visit visit);

  const Program& program_;
  std::vector<TensorMemory> tensors_;  // by tensor id
  Memory sbuf_, psum_;                 // the arenas
  std::vector<Entry> registers_;
  std::array<Entry, isa::kEngineCount> accumulators_;  // of each engine, as one
  std::array<Entry, isa::kEngineCount> generators_;    // random, likewise
  std::vector<Entry> entries_;
  std::vector<Reader> readers_;
  uint32_t free_entry_ = kNone, free_reader_ = kNone;
  std::vector<uint32_t> covered_;           // scratch of access()
  std::vector<InstructionId> followed_by_;  // per instruction: the last one that follows it
  uint32_t visit_ = 0;
};

/// The dependencies of a whole program and the edges that its kernel asked for, by instruction.
class DependenceTable {
 public:
  /// Throws E111 if the kernel's edges make an instruction wait for itself.
  explicit DependenceTable(const Program& program);
  std::span<const Dependence> of(InstructionId i) const {
    return {list_.data() + begin_[i], begin_[i + 1] - begin_[i]};
  }
  size_t size() const { return list_.size(); }
  /// Program order, but for producers that an edge puts before an earlier consumer.
  std::span<const InstructionId> order() const { return order_; }

 private:
  void set_order(const Program& program);

  std::vector<uint32_t> begin_;
  std::vector<Dependence> list_;
  std::vector<InstructionId> order_;
};

}  // namespace trainyard::program
