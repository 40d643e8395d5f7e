// The in-order instruction streams of a core: its engines, and the queues that DMAs are issued on.
#pragma once

#include <string_view>

#include "trainyard/program/program.h"

namespace trainyard::program {

/// Loads, stores and gathers are issued on queues of their own, so that a store that waits for its
/// data does not hold up the loads behind it; collectives by cores of their own.
enum class Lane : uint8_t {
  tensor,
  vector,
  scalar,
  gpsimd,
  sync,
  dma_load,
  dma_store,
  dma_gather,
  collective
};
inline constexpr int kLaneCount = 9;

std::string_view name_of(Lane lane);
/// Whether what it issues may end in another order.
inline bool is_dma(Lane lane) { return lane >= Lane::dma_load; }

/// The lane that an instruction is issued on.
Lane lane_of(const Call& call);

}  // namespace trainyard::program
