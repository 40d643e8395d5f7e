// Whether a call is legal, as front ends ask it.
#pragma once

#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

/// Throws base::Error for what the rules common to all instructions (check_common) and those of
/// this one forbid. A refusal of a shape comes with a picture.
void check_call(const Call& call);

}  // namespace trainyard::isa
