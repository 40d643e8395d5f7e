// What the values of a program will cost on the computer that runs them: an estimate, made before
// they run.
#pragma once

#include "trainyard/program/program.h"

namespace trainyard::core {

struct HostEstimate {
  double seconds = 0;
  int64_t bytes = 0;  ///< beyond the arrays that came in
};

/// For the instructions from `first` on. Within a factor of about two on x86-64 of the 2020s.
HostEstimate estimate_host(const program::Program& program, program::InstructionId first,
                           int threads, bool sanitized);

}  // namespace trainyard::core
