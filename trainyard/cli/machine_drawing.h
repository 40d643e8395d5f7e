// Pictures of a machine: one core with its engines and memories, the chip, and the instance.
#pragma once

#include <string>

#include "trainyard/machine/machine.h"

namespace trainyard::cli {

/// As lines of text with box characters, at most 100 columns.
std::string machine_drawing(const machine::Machine& machine);
/// As an SVG document.
std::string machine_svg(const machine::Machine& machine);

}  // namespace trainyard::cli
