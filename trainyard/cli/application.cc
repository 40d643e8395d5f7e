// From the command line to a command. CLI11 reads the options; what it does not know is refused
// here, so that every message has the same form and a suggestion.
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <system_error>

#include <fmt/format.h>

#include "trainyard/base/diagnostics.h"
#include "trainyard/cli/command.h"
#include "trainyard/cli/help.h"
#include "trainyard/cli/terminal.h"

namespace trainyard::cli {

#define COMMAND(name, group, summary) Action add_##name(CLI::App& app);
#define PYTHON_COMMAND(name, group, summary)
#include "trainyard/cli/commands.list"
#undef COMMAND
#undef PYTHON_COMMAND

namespace {

using base::Code;
using base::Error;

constexpr int kRefused = 2;

Action refuse_python_command(std::string_view name) {
  return [name] {
    throw Error(Code::E001, fmt::format("{} is one of Python's commands", name))
        .fix(fmt::format("type bin/trainyard {0}, or python -m trainyard {0}", name));
  };
}

bool is_python(std::string_view name) {
  const auto command = std::ranges::find(all_commands(), name, &Command::name);
  return command != all_commands().end() && command->add == nullptr;
}

/// The command that was typed, or its part: `profile import`.
const CLI::App& innermost(const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  return chosen.empty() ? app : innermost(*chosen.front());
}

/// The names of a command's parts.
std::vector<std::string> part_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* part : app.get_subcommands({})) names.push_back(part->get_name());
  return names;
}

/// The names of a command's options, as typed.
std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

}  // namespace

const std::vector<Command>& all_commands() {
  static const std::vector<Command> commands = {
#define COMMAND(name, group, summary) {#name, #group, summary, add_##name},
#define PYTHON_COMMAND(name, group, summary) {#name, #group, summary, nullptr},
#include "trainyard/cli/commands.list"
#undef COMMAND
#undef PYTHON_COMMAND
  };
  return commands;
}

Application::Application() : app_("", "trainyard") {
  app_.set_help_flag("-h,--help", "this list");
  app_.set_version_flag("--version", std::string("trainyard ") + TRAINYARD_VERSION);
  app_.allow_extras();
  app_.require_subcommand(0, 1);
  for (const Command& command : all_commands()) {
    CLI::App* sub = app_.add_subcommand(std::string(command.name), std::string(command.summary));
    sub->allow_extras();
    sub->set_help_flag("-h,--help", "this page");
    actions_.emplace_back(
        sub, command.add != nullptr ? command.add(*sub) : refuse_python_command(command.name));
  }
}

void Application::refuse_unknown() const {
  const auto refuse = [](const std::string& what, const std::string& word,
                         const std::vector<std::string>& known, const std::string& help) {
    Error error(Code::E001, fmt::format("{} {}", what, word));
    const auto near = base::did_you_mean(word, known);
    throw error.fix(near.empty() ? "see " + help : fmt::format("did you mean {}?", near));
  };
  for (const auto& [command, action] : actions_) {
    if (!command->parsed()) continue;
    const CLI::App& sub = innermost(*command);
    if (sub.remaining().empty()) continue;
    if (is_python(sub.get_name())) action();  // refuses, whatever the options
    const std::string word = sub.remaining().front();
    const bool option = word.starts_with("-");
    refuse(fmt::format("{}: {}", full_name(sub), option ? "unknown option" : "unexpected"), word,
           option ? option_names(sub) : part_names(sub),
           fmt::format("trainyard {} --help", full_name(sub)));
  }
  if (app_.remaining().empty()) return;
  const std::string word = app_.remaining().front();
  const bool option = word.starts_with("-");
  std::vector<std::string> known;
  if (option) known = option_names(app_);
  else
    for (const Command& command : all_commands()) known.emplace_back(command.name);
  refuse(option ? "unknown option" : "unknown command", word, known,
         option ? "trainyard --help; options of a command stand after it" : "trainyard --help");
}

void Application::act() const {
  for (const auto& [sub, action] : actions_) {
    if (sub->parsed()) return action();
  }
  print_help();
}

namespace {

/// Parses and acts; every way out but success is an exception.
void run_command(Application& application, int argc, const char* const* argv) {
  CLI::App& app = application.app();
  try {
    app.parse(argc, argv);
    application.refuse_unknown();
  } catch (const CLI::CallForHelp&) {
    const CLI::App& chosen = innermost(app);
    if (&chosen == &app) return print_help();
    fmt::print("{}", command_help(chosen));
    return;
  } catch (const CLI::CallForVersion& version) {
    fmt::print("{}\n", version.what());
    return;
  } catch (const CLI::ParseError& problem) {
    application.refuse_unknown();  // a slip in an option's name explains the rest
    throw Error(Code::E001, problem.what());
  }
  application.act();
}

}  // namespace

int run(int argc, const char* const* argv) {
  try {
    Application application;
    run_command(application, argc, argv);
    // What is still in the buffer may not fit on the disk either.
    if (std::fflush(stdout) != 0) throw std::system_error(errno, std::generic_category());
    return 0;
  } catch (const Error& error) {
    print_error(error);
    return kRefused;
  } catch (const std::system_error& problem) {
    print_error(
        Error(Code::E006, fmt::format("cannot write the output: {}", problem.code().message())));
    return kRefused;
  } catch (const std::exception& problem) {
    print_error(Error(Code::B001, problem.what()));
    return kRefused;
  }
}

}  // namespace trainyard::cli
