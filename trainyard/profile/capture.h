// A profile of a real chip, as neuron-profile exports it in JSON: what each engine did when.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trainyard/base/units.h"

namespace trainyard::profile {

using base::Picoseconds;

/// The streams of a core that a capture tells apart; the Tensor Engine loads weights beside its
/// matmuls.
enum class CaptureLane : uint8_t { tensor, tensor_load, vector, scalar, gpsimd, sync };
inline constexpr int kCaptureLaneCount = 6;
std::string_view name_of(CaptureLane lane);

/// One instruction that ran.
struct CapturedInstruction {
  Picoseconds start = 0;
  Picoseconds duration = 0;  ///< of the engine; a DMA goes on after that
  Picoseconds end = 0;       ///< of what it started: for a DMA the last write of its semaphore
  int64_t pc = 0;            ///< its place in the program of its engine
  CaptureLane lane = CaptureLane::sync;
  std::string opcode, function, operands;
  std::vector<uint32_t> after;  ///< the instructions whose semaphores it waited for, ascending
};

/// What a DMA engine moved in one go.
struct CapturedPacket {
  Picoseconds start = 0, duration = 0;
  int64_t bytes = 0;
  int engine = 0;
  uint32_t instruction = 0;  ///< that started it, + 1; 0: not known
};

/// A stretch of time in which the Tensor Engine's limiter allowed `allowed` of `of` of the rate.
struct CapturedLimit {
  Picoseconds start = 0, duration = 0;
  int allowed = 0, of = 0;
};

/// One NeuronCore.
struct CapturedCore {
  std::string name;                               ///< "sg00"
  std::vector<CapturedInstruction> instructions;  ///< in order of their start
  std::vector<CapturedPacket> packets;            ///< in order of their start
  std::vector<CapturedLimit> limits;

  /// Whether it ran anything but the runtime's own instructions.
  bool has_kernel() const;
};

struct Capture {
  std::string kernel;    ///< "fused"
  std::string instance;  ///< "trn2.3xlarge"
  std::string profiler;  ///< its version
  Picoseconds span = 0;  ///< of the whole capture
  double tensor_ghz = 0, other_ghz = 0;
  double hbm_gb_s = 0;
  int64_t hbm_bytes = 0;
  double flops = 0;
  int rows = 0, columns = 0;  ///< of the Tensor Engine
  std::vector<CapturedCore> cores;
};

/// What is not the kernel's own work: barriers, branches, notifications, registers.
bool is_runtime(const CapturedInstruction& instruction);
/// A DMA, which ends after its instruction.
bool is_dma(const CapturedInstruction& instruction);

/// From the first instruction of the kernel to the end of its last one.
struct Window {
  Picoseconds start = 0, end = 0;
  Picoseconds span() const { return end - start; }
};
Window kernel_window(const CapturedCore& core);

/// The core that ran the kernel: the one whose kernel took longest. Throws E006 if none did.
const CapturedCore& kernel_core(const Capture& capture);

/// Throws E006 for text that is no such export, or one of a version that is not known. `file` is
/// named in the message.
Capture parse_capture(std::string_view text, const std::string& file);

}  // namespace trainyard::profile
