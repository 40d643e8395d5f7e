// Who wrote each byte last, instruction by instruction in the order of the program.
#pragma once

#include <unordered_map>
#include <vector>

#include "trainyard/program/boxes.h"
#include "trainyard/program/program.h"

namespace trainyard::core {

using isa::TensorId;
using program::Box;
using program::InstructionId;
using program::Program;

/// Bytes that one instruction wrote through one tensor, and what became of them.
struct Cell {
  Box box;
  TensorId tensor = program::kNone;
  InstructionId writer = program::kNone;
  InstructionId start = program::kNone;   ///< of the sums, if matmuls accumulate here
  InstructionId reader = program::kNone;  ///< the first since the write
  InstructionId lost = program::kNone;    ///< a matmul whose sums the start overwrote unread
  uint32_t victims = 0;                   ///< writes of other tensors that it overwrote; 0: none
};

/// A write that was overwritten through another tensor at the same address.
struct Victim {
  TensorId tensor;
  InstructionId writer;
};

/// The bytes of one tensor, or of all tensors with addresses in SBUF or PSUM.
struct ShadowMemory {
  std::vector<Cell> cells;
  bool vague = false;  ///< something was written nobody knows where
};

class Shadow {
 public:
  explicit Shadow(const Program& program) : program_(program) {}

  ShadowMemory& memory(TensorId id);
  /// The tensor is not used any more.
  void forget(TensorId id);

  const std::vector<Victim>& victims(const Cell& cell) const { return victims_[cell.victims]; }
  /// What overwrites these cells through `tensor` has on its conscience.
  uint32_t victims_of(const std::vector<Cell>& overwritten, TensorId tensor);

 private:
  const Program& program_;
  std::unordered_map<uint32_t, ShadowMemory> memories_;
  std::vector<std::vector<Victim>> victims_{1};
};

}  // namespace trainyard::core
