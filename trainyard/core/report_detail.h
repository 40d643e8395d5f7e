// What a report shows beyond a trace: arguments, tensors and their addresses, how DMAs fare.
#pragma once

#include "trainyard/core/make_trace.h"

namespace trainyard::core {

/// Adds to the trace of one core, which has its intervals.
void add_report_detail(profile::Trace& trace, const program::Program& program, const Timed& timed);

}  // namespace trainyard::core
