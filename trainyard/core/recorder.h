// What each instruction wrote: a checksum of all, the values of as many as fit. Two runs that part
// are compared with it (`trainyard diff`).
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "trainyard/core/memory.h"

namespace trainyard::core {

/// The values of one operand right after an instruction wrote it, packed row-major.
struct RecordedTile {
  InstructionId instruction = 0;
  int slot = 0;  ///< of the instruction's operands
  isa::DType dtype = isa::DType::fp32;
  std::vector<int64_t> shape;
  std::vector<std::byte> bytes;
};

class Recorder {
 public:
  /// Keeps the values of the first instructions, up to `most_bytes` in all.
  Recorder(const Program& program, int64_t most_bytes)
      : program_(program), most_bytes_(most_bytes) {}

  /// The program has grown to `end` instructions. Not concurrent.
  void grow(InstructionId end);
  /// After the values of instruction `i`; from any thread, once an instruction.
  void record(InstructionId i, CoreMemory& memory, const isa::CoreState& state);

  /// By instruction; equal checksums mean equal bits in equal places of an operand.
  const std::vector<uint64_t>& checksums() const { return checksums_; }
  /// In order of instructions.
  std::vector<RecordedTile> take_tiles();

 private:
  const Program& program_;
  int64_t most_bytes_, bytes_ = 0;
  InstructionId kept_ = 0;  ///< instructions below it keep their values
  std::vector<uint64_t> checksums_;
  std::mutex mutex_;  // tiles_
  std::vector<RecordedTile> tiles_;
};

}  // namespace trainyard::core
