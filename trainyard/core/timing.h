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
  std::vector<Picoseconds> freed;    ///< the lane can issue its next instruction
  std::vector<Picoseconds> end;      ///< result visible
  std::vector<uint32_t> waited_for;  ///< position whose end set the start, or kNone: the lane
  Picoseconds span = 0;              ///< first issue to last result
  std::vector<Picoseconds> busy;     ///< by lane
  Picoseconds dma_busy = 0;          ///< sum over the DMA engines
  int dma_engines = 0;
};

/// Which cores meet when.
struct Meetings {
  /// Of a core that is timed by itself, and so never waits for another.
  static Meetings alone(size_t count);

  std::vector<std::vector<int>> cores;    ///< by meeting: who is there
  std::vector<std::vector<uint32_t>> of;  ///< by core: its meetings, in program order
};

/// Times an ordered program on its core. `hbm_sharers`: cores of the stack that run at the same
/// time. Deterministic; no host time, no threads.
Timeline time_program(const Ordered& ordered, const machine::Machine& machine, int hbm_sharers = 1);
/// The same for cores that meet: a meeting starts on all of its cores when the last has come.
std::vector<Timeline> time_programs(const std::vector<const Ordered*>& cores,
                                    const Meetings& meetings, const machine::Machine& machine,
                                    int hbm_sharers);

}  // namespace trainyard::core
