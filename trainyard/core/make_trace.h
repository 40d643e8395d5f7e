// From a timed program to a trace.
#pragma once

#include "trainyard/core/timing.h"
#include "trainyard/profile/trace.h"

namespace trainyard::core {

struct TimeOptions {
  program::OrderOptions order;
  int cores = 1;  ///< physical cores of each logical core, which run at the same time
  int ranks = 1;  ///< logical cores
};

/// A program ordered and timed on its machine, with the span's range from the ends of the
/// constants' ranges.
struct Timed {
  Ordered ordered;
  Timeline timeline;
  Picoseconds low = 0, high = 0;
};

Timed time(const program::Program& program, const TimeOptions& options);
/// The programs of cores that meet; the range is that of the slowest.
std::vector<Timed> time(const std::vector<const program::Program*>& cores, const Meetings& meetings,
                        const TimeOptions& options);

/// The trace of one core; `intervals` false leaves out everything but the totals.
profile::Trace make_trace(const program::Program& program, const Timed& timed,
                          const TimeOptions& options, bool intervals);

}  // namespace trainyard::core
