// Traces as a file that ui.perfetto.dev and chrome://tracing open.
#pragma once

#include <string>
#include <vector>

#include "trainyard/profile/trace.h"

namespace trainyard::profile {

struct PerfettoOptions {
  size_t most_arrows = 10'000;  ///< only the longest waits get one
};

/// Writes kernels one after another on one timeline, in the order given: a track for each lane, one
/// for the kernels, one for DMA transfers in flight; an arrow from what an instruction waited for
/// wherever that left its lane idle. The file appears whole or not at all (E006).
void write_perfetto(const std::string& path, const std::vector<const Trace*>& kernels,
                    const PerfettoOptions& options = {});

}  // namespace trainyard::profile
