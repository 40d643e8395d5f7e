// The help texts. Commands come from commands.list, options from what each command declares.
#include "trainyard/cli/help.h"

#include <fmt/format.h>

#include "trainyard/cli/command.h"
#include "trainyard/cli/terminal.h"

namespace trainyard::cli {
namespace {

constexpr std::string_view kExamples = R"(
  trainyard run attention.py                        a script that does `import nki`
  trainyard run FILE::kernel --arg q=bf16[128,512]:randn
  trainyard machines                                what there is to run on
  trainyard machines trn2 --draw                    its data sheet, drawn
  trainyard machines trn2.48xlarge --json           the same for a program
)";

}  // namespace

void print_help() {
  const Style style = Style::of_stdout();
  fmt::print("Trainyard: an open software twin of AWS Trainium. Not affiliated with Amazon.\n\n");
  fmt::print("{} trainyard COMMAND [OPTIONS]\n", style.bold("Usage:"));
  std::string_view group;
  for (const Command& command : all_commands()) {
    if (command.group != group) fmt::print("\n{}\n", style.bold(command.group));
    group = command.group;
    fmt::print("  {:<13}{}\n", command.name, command.summary);
  }
  fmt::print("\n{}{}", style.bold("Examples"), kExamples);
  fmt::print(
      "\n`trainyard COMMAND --help` shows a command's options; "
      "`trainyard --version` the version.\n"
      "Exit status: 0, 1 if something differs or is found, 2 if something is refused, "
      "130 on Ctrl-C.\n");
}

std::string full_name(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  const bool part = parent != nullptr && parent->get_parent() != nullptr;
  return part ? full_name(*parent) + " " + command.get_name() : command.get_name();
}

std::string command_help(const CLI::App& command) {
  const std::string words = full_name(command);
  std::string usage = "trainyard " + words;
  std::string list;
  const auto parts = command.get_subcommands({});
  if (!parts.empty()) usage += " COMMAND";
  for (const CLI::App* part : parts)
    list += fmt::format("  {:<24}{}\n", part->get_name(), part->get_description());
  for (const CLI::Option* option : command.get_options()) {
    std::string name = option->get_name(true, true);
    if (option->get_positional()) {
      name = option->get_name(true);
      usage += option->get_required() ? " " + name : " [" + name + "]";
    } else if (!option->get_type_name().empty()) {
      name += " " + option->get_type_name();
    }
    list += fmt::format("  {:<24}{}\n", name, option->get_description());
  }
  return fmt::format("{}: {}\n\nUsage: {} [OPTIONS]\n\n{}{}", words, command.get_description(),
                     usage, list,
                     command.get_footer().empty() ? "" : "\n" + command.get_footer() + "\n");
}

}  // namespace trainyard::cli
