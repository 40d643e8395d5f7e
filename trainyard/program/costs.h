// What the instructions of a program cost on a machine, in the form that scheduling and timing
// read.
#pragma once

#include <vector>

#include "trainyard/program/kinds.h"
#include "trainyard/program/lane.h"

namespace trainyard::program {

/// What moves when a DMA runs.
struct DmaWork {
  base::Picoseconds first = 0, tail = 0;
  double element_ps = 0;
  int64_t elements = 0;
  int ring = 0;  ///< of how many one engine's ring has room; 0: no limit
  bool store = false;
  int64_t hbm_bytes = 0;
  base::Picoseconds alone = 0;  ///< what its elements take if no other DMA is under way
};

/// One instruction: the stream it is issued on, and how long it holds its engine.
struct Step {
  base::Picoseconds busy = 0, latency = 0;
  base::Picoseconds load = 0;  ///< of weights, where no pass hides it
  uint32_t dma = kNone;        ///< index of its DmaWork, or kNone
  Lane lane = Lane::sync;
  bool meets = false;  ///< with the other cores, in program order
  /// Branches of loops that its lane comes to just before it: taken, and not.
  uint8_t taken = 0, not_taken = 0;
};

/// Whether what it starts may end in another order than its lane issues it.
inline bool is_dma(const Step& step) { return is_dma(step.lane) || step.dma != kNone; }

struct Costs {
  Kinds kinds;
  std::vector<Step> steps;  ///< by kind
  std::vector<DmaWork> dmas;

  const Step& step(InstructionId i) const { return steps[kinds.of[i]]; }
  /// Issue to result, if nothing else is in the way.
  base::Picoseconds duration(const Step& step) const {
    if (step.dma == kNone) return step.latency;
    const DmaWork& dma = dmas[step.dma];
    return step.latency + dma.first + dma.alone + dma.tail;
  }
};

/// What the instructions of a program cost on `machine`: the program's own, or another of its
/// generation.
Costs costs_of(const Program& program, const machine::Machine& machine, Kinds kinds);

}  // namespace trainyard::program
