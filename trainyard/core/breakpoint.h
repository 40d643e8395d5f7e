// Stopping a run where somebody wants to look.
#pragma once

#include <string>
#include <string_view>

#include "trainyard/core/watcher.h"
#include "trainyard/program/place.h"

namespace trainyard::core {

/// Where --break stops: behind the first instruction that
///   nan         writes a NaN that is not uninitialised data
///   @LINE       stands on that line of the script, or @FILE:LINE
///   sbuf:ADDR   writes that byte of an SBUF partition (psum:ADDR: of PSUM)
///   instr:N     has that number
struct BreakAt {
  enum class Kind : uint8_t { nan, line, address, instruction };
  Kind kind = Kind::nan;
  int64_t number = 0;  ///< the line, address or instruction
  std::string file;    ///< the end of its path; empty: any
  isa::Buffer buffer = isa::Buffer::sbuf;
};
/// Throws E001 for anything else.
BreakAt parse_break(std::string_view text);

class Breakpoint final : public Watcher {
 public:
  Breakpoint(const Program& program, BreakAt at) : program_(program), at_(std::move(at)) {}

  /// The program is complete and its tensors have addresses. `done`: instructions that have run.
  void place(const program::Placement& placement, InstructionId done);

  void grow(InstructionId end) override;
  void before(InstructionId i, CoreMemory& memory) override;
  /// Throws E009 with the state of the operands if this is the instruction. Of several threads the
  /// first instruction in the order of the program wins, as with any refusal.
  void after(InstructionId i, CoreMemory& memory) override;

 private:
  const Program& program_;
  const BreakAt at_;
  InstructionId stop_ = program::kNone;
  InstructionId searched_ = 0;
  program::Placement placement_;
};

}  // namespace trainyard::core
