// The sanitiser's look at a finished program: who reads what nobody wrote or somebody else
// overwrote, sums that start on others', and what is stored or loaded in vain.
#pragma once

#include <vector>

#include "trainyard/core/make_trace.h"
#include "trainyard/profile/sanitizer.h"

namespace trainyard::core {

/// `read_by_host`: tensors whose values Python has asked for. No values are needed.
std::vector<profile::SanitizerFinding> check_stores(
    const program::Program& program, const Timed& timed,
    const std::vector<program::TensorId>& read_by_host);

}  // namespace trainyard::core
