// The parts of `trainyard profile`, one file each.
#pragma once

#include "trainyard/cli/command.h"

namespace trainyard::cli {

Action add_profile_import(CLI::App& app);
Action add_profile_compare(CLI::App& app);

}  // namespace trainyard::cli
