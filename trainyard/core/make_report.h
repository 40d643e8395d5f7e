// A report of the kernels that ran together on the cores of one logical core, or of several.
#pragma once

#include "trainyard/core/make_trace.h"
#include "trainyard/profile/report.h"

namespace trainyard::core {

/// Times the programs once more, in detail, and on changed machines.
profile::Report make_report(const std::vector<const program::Program*>& cores,
                            const Meetings& meetings, const TimeOptions& options);

}  // namespace trainyard::core
