// What --help prints: all commands by group, or one command's options and examples.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace trainyard::cli {

void print_help();
/// "profile import": the words after `trainyard`.
std::string full_name(const CLI::App& command);
std::string command_help(const CLI::App& command);

}  // namespace trainyard::cli
