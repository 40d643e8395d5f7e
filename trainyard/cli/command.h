// What a command is. To add one: cli/<name>.cc with `Action add_<name>(CLI::App&)`, its test, and a
// line in commands.list.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>

namespace trainyard::cli {

/// What the command does once its options are read; refuses by throwing base::Error.
using Action = std::function<void()>;

struct Command {
  std::string_view name, group, summary;
  Action (*add)(CLI::App& app);  ///< declares the options; nullptr: a command of Python's
};

/// In the order of commands.list.
const std::vector<Command>& all_commands();

/// Reads the command line, acts, and reports what is refused. Returns the exit status: 0, or 2
/// where something is refused.
int run(int argc, const char* const* argv);

/// `trainyard` with every command declared, and what each does.
class Application {
 public:
  Application();
  CLI::App& app() { return app_; }
  /// Throws E001 for an unknown command or option, with what was probably meant.
  void refuse_unknown() const;
  /// Runs the command that was parsed; without one prints the help.
  void act() const;

 private:
  CLI::App app_;
  std::vector<std::pair<CLI::App*, Action>> actions_;
};

}  // namespace trainyard::cli
