// A machine with every uncertain timing constant at one end of its range: what a simulated time's
// range is computed from.
#pragma once

#include "trainyard/machine/machine.h"

namespace trainyard::machine {

enum class Bound { fastest, slowest };

/// The machine with each timing constant that has a range at the end that makes programs faster, or
/// slower. Constants without a range stay.
Machine at_bound(const Machine& machine, Bound bound);

}  // namespace trainyard::machine
