// A trace as a block of text for people, and as JSON for programs.
#pragma once

#include <string>

#include "trainyard/profile/trace.h"

namespace trainyard::profile {

/// "12.34 us simulated (uncalibrated, 10.1 to 15.7 us)"
std::string time_text(const Trace& trace);

/// "exact 94 % · order-defined 4 % · approximate 2 % (exp, gelu) · reached control flow: no"
std::string fidelity_text(const Fidelity& fidelity);

/// What a run prints of one kernel, several lines, each with its newline.
std::string summary_text(const Trace& trace);

/// The same as JSON, indented by two spaces.
std::string summary_json(const Trace& trace);

}  // namespace trainyard::profile
