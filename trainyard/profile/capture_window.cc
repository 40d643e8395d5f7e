// What of a capture is the kernel's, and what the runtime's around it.

#include <algorithm>
#include <array>

#include "trainyard/base/diagnostics.h"
#include "trainyard/profile/capture.h"

namespace trainyard::profile {

namespace {

// Loading registers belongs to them: kernels of the public captures have no registers.
constexpr std::array<std::string_view, 9> kRuntime = {
    "NOP",           "DRAIN",  "EVENT_SEMAPHORE", "EVENT_SEMAPHORE_RANGE_CLEAR",
    "TENSOR_LOAD",   "NOTIFY", "WRITE",           "SET_ORDERING_MODE",
    "COMPARE_BRANCH"};

}  // namespace

std::string_view name_of(CaptureLane lane) {
  constexpr std::array<std::string_view, kCaptureLaneCount> names = {
      "tensor", "tensor load", "vector", "scalar", "gpsimd", "sync"};
  return names[static_cast<size_t>(lane)];
}

bool is_runtime(const CapturedInstruction& instruction) {
  return std::ranges::find(kRuntime, instruction.opcode) != kRuntime.end();
}

bool is_dma(const CapturedInstruction& instruction) {
  return instruction.opcode.starts_with("DMA_");
}

bool CapturedCore::has_kernel() const { return !std::ranges::all_of(instructions, is_runtime); }

const CapturedCore& kernel_core(const Capture& capture) {
  const CapturedCore* longest = nullptr;
  for (const CapturedCore& core : capture.cores)
    if (core.has_kernel() &&
        (!longest || kernel_window(core).span() > kernel_window(*longest).span()))
      longest = &core;
  if (!longest)
    throw base::Error(base::Code::E006,
                      "the capture has no kernel: only the runtime's own "
                      "instructions ran");
  return *longest;
}

Window kernel_window(const CapturedCore& core) {
  Window window;
  bool first = true;
  for (const CapturedInstruction& i : core.instructions) {
    if (is_runtime(i)) continue;
    if (first) window.start = i.start;
    first = false;
    window.end = std::max(window.end, i.end);
  }
  return window;
}

}  // namespace trainyard::profile
