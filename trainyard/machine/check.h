// What a whole machine must obey beyond single numbers: parts that have to fit each other.
#pragma once

#include "trainyard/machine/machine.h"

namespace trainyard::machine {

/// Throws E004 at the place of the key that does not fit.
void check_machine(const Machine& machine);

/// Throws K001 if how the machine executes kernels is not public.
void check_runs_kernels(const Machine& machine);

}  // namespace trainyard::machine
