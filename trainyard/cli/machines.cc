// `trainyard machines`: all machines, or the data sheet or drawing of one.
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trainyard/base/diagnostics.h"
#include "trainyard/cli/command.h"
#include "trainyard/cli/machine_drawing.h"
#include "trainyard/cli/machine_sheet.h"
#include "trainyard/cli/terminal.h"
#include "trainyard/cli/write_file.h"
#include "trainyard/machine/catalog.h"

namespace trainyard::cli {
namespace {

using base::Code;
using base::Error;
using machine::Machine;

constexpr int kIndent = 2;

struct Options {
  std::string name, svg;
  std::vector<std::string> overrides;
  bool json = false, names = false, draw = false;
};

void show_all(const Options& options) {
  std::vector<Machine> machines;
  for (const std::string& name : machine::machine_names()) {
    machines.push_back(machine::load_machine(name));
  }
  if (options.json) {
    fmt::print("{}\n", list_json(machines).dump(kIndent));
  } else {
    fmt::print("{}", list_text(machines, Style::of_stdout()));
  }
}

void show_one(const Options& options) {
  const Machine machine = machine::load_machine(options.name, options.overrides);
  if (!options.svg.empty()) {
    write_file(options.svg, machine_svg(machine));
    fmt::print("wrote {}\n", options.svg);
  }
  if (options.json) {
    fmt::print("{}\n", sheet_json(machine).dump(kIndent));
  } else if (options.draw) {
    fmt::print("{}", machine_drawing(machine));
  } else if (options.svg.empty()) {
    fmt::print("{}", sheet_text(machine, Style::of_stdout()));
  }
}

}  // namespace

Action add_machines(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("NAME", options->name, "a machine, an instance or a .toml file")->type_name("");
  app.add_option("--set", options->overrides, "change a number, e.g. core.tensor.clock_ghz=3.0")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_flag("--json", options->json, "print JSON")->disable_flag_override();
  app.add_flag("--draw", options->draw, "draw the core, the chip and the instance as text")
      ->disable_flag_override();
  app.add_option("--svg", options->svg, "draw them into a picture")->type_name("FILE");
  app.add_flag("--names", options->names, "print every name, one a line")->disable_flag_override();
  app.footer(
      "Examples:\n"
      "  trainyard machines                     all of them\n"
      "  trainyard machines trn2                every number of trn2 and where it is from\n"
      "  trainyard machines trn2.3xlarge --draw\n"
      "  trainyard machines trn2 --svg trn2.svg\n"
      "  trainyard machines trn2 --set core.tensor.clock_ghz=3.0 --json");
  return [options] {
    if (options->names) {
      for (const std::string& name : machine::known_names()) fmt::print("{}\n", name);
      return;
    }
    const bool about_one = options->draw || !options->svg.empty() || !options->overrides.empty();
    if (options->name.empty() && about_one) {
      throw Error(Code::E001, "--draw, --svg and --set are about one machine")
          .fix("name it: trainyard machines trn2 --draw");
    }
    if (options->name.empty()) {
      show_all(*options);
    } else {
      show_one(*options);
    }
  };
}

}  // namespace trainyard::cli
