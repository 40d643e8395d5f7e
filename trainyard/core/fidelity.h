// How well the values of a program are known.
#pragma once

#include "trainyard/profile/trace.h"
#include "trainyard/program/program.h"

namespace trainyard::core {

/// Counts instructions by evidence, and follows approximate values through tensors to addresses
/// and registers.
profile::Fidelity fidelity_of(const program::Program& program);

}  // namespace trainyard::core
