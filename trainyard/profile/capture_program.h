// A captured kernel as the text of a program, so that its own stream of instructions can be timed
// again in its own order.
#pragma once

#include <string>
#include <vector>

#include "trainyard/machine/machine.h"
#include "trainyard/profile/capture.h"

namespace trainyard::profile {

struct CaptureProgram {
  std::string text;
  /// By instruction of the program: those of the capture that it stands for. A matmul stands for
  /// its loads of weights too, and in float32 for two of each.
  std::vector<std::vector<uint32_t>> captured;
  /// Instructions that no instruction of a program stands for: of opcodes or operands that are not
  /// known here, and loads of activation tables.
  std::vector<uint32_t> left_out;
};

/// Memories, shapes, types, engines and waits are the captured ones; instructions come in order of
/// their start. Device memory is bytes: a DMA does not say what they are.
CaptureProgram program_of(const Capture& capture, const CapturedCore& core,
                          const machine::Machine& machine);

}  // namespace trainyard::profile
