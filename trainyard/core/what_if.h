// A program on machines that do not exist: what would make it faster.
#pragma once

#include "trainyard/core/make_trace.h"
#include "trainyard/profile/report.h"

namespace trainyard::core {

/// The programs of cores that meet, timed again with one thing changed at a time; only what they
/// use is tried. Shortest first.
std::vector<profile::WhatIf> what_if(const std::vector<const program::Program*>& cores,
                                     const std::vector<Timed>& timed, const Meetings& meetings,
                                     const TimeOptions& options);

}  // namespace trainyard::core
