// When everything happens: in-order lanes, semaphores, and the DMA engines they share.
#pragma once

#include <vector>

#include "trainyard/program/order.h"

namespace trainyard::core {

using base::Picoseconds;
using program::Lane;
using program::Ordered;

/// The times of one program; all vectors are by position in issue order.
struct Timeline {
  std::vector<Picoseconds> start;    ///< issue
  std::vector<Picoseconds> end;      ///< result visible
  std::vector<uint32_t> waited_for;  ///< position whose end set the start, or kNone: the lane
  Picoseconds span = 0;              ///< first issue to last result
  std::vector<Picoseconds> busy;     ///< by lane
  Picoseconds dma_busy = 0;          ///< sum over the DMA engines
  int dma_engines = 0;
};

/// Times an ordered program on its core. `hbm_sharers`: cores of the stack that run at the same
/// time. Deterministic; no host time, no threads.
Timeline time_program(const Ordered& ordered, const machine::Machine& machine, int hbm_sharers = 1);

}  // namespace trainyard::core
