// The table of all machines and the data sheet of one, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "trainyard/cli/terminal.h"
#include "trainyard/machine/machine.h"

namespace trainyard::cli {

std::string list_text(const std::vector<machine::Machine>& machines, const Style& style);
nlohmann::ordered_json list_json(const std::vector<machine::Machine>& machines);

std::string sheet_text(const machine::Machine& machine, const Style& style);
nlohmann::ordered_json sheet_json(const machine::Machine& machine);

}  // namespace trainyard::cli
