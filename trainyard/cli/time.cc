// `trainyard time`: how long a program takes, from its text alone. Values do not run.
#include <memory>

#include <fmt/format.h>

#include "trainyard/base/diagnostics.h"
#include "trainyard/cli/command.h"
#include "trainyard/cli/read_file.h"
#include "trainyard/core/make_report.h"
#include "trainyard/core/make_trace.h"
#include "trainyard/device/group.h"
#include "trainyard/profile/perfetto.h"
#include "trainyard/profile/summary.h"
#include "trainyard/program/text.h"

namespace trainyard::cli {
namespace {

using base::Code;
using base::Error;

struct Options {
  std::vector<std::string> files, overrides;
  std::string machine, schedule, place, trace, report;
  bool json = false;
};

std::vector<program::Program> programs_of(const Options& options) {
  std::shared_ptr<const machine::Machine> machine;
  if (!options.machine.empty())
    machine = std::make_shared<const machine::Machine>(
        machine::load_machine(options.machine, options.overrides));
  else if (!options.overrides.empty())
    throw Error(Code::E001, "--set without --machine").fix("name the machine that it changes");
  std::vector<program::Program> programs;
  for (const std::string& file : options.files) {
    programs.push_back(program::parse_program(read_file(file), file, machine));
    const std::string& first = programs.front().machine().name;
    if (programs.back().machine().name != first)
      throw Error(Code::E001, "the cores of one logical core are of one machine")
          .limit(programs.back().machine().name, first, options.files.front());
  }
  return programs;
}

// Without what only a report shows, if none was asked for.
profile::Report timed(const Options& options) {
  const std::vector<program::Program> programs = programs_of(options);
  core::TimeOptions how;
  how.order = program::order_options(programs.front().machine(), options.schedule, options.place);
  how.cores = static_cast<int>(programs.size());
  device::Group group(1, how.cores);
  std::vector<const program::Program*> all;
  for (const program::Program& p : programs) {
    group.join(static_cast<int>(all.size()), p);
    all.push_back(&p);
  }
  const core::Meetings meetings = group.meetings();
  if (!options.report.empty()) return core::make_report(all, meetings, how);
  const std::vector<core::Timed> timed = core::time(all, meetings, how);
  std::vector<profile::Trace> cores;
  for (size_t core = 0; core < all.size(); ++core)
    cores.push_back(core::make_trace(*all[core], timed[core], how, !options.trace.empty()));
  return {profile::combine(cores, cores.size()), {}};
}

void print(const Options& options, const profile::Report& report) {
  if (options.report == "-" && options.json) fmt::print("{}", profile::report_json({&report}));
  else if (options.report == "-") fmt::print("{}", profile::report_text(report));
  else if (options.json) fmt::print("{}\n", profile::summary_json(report.trace));
  else fmt::print("{}", profile::summary_text(report.trace));
}

}  // namespace

Action add_time(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("FILE", options->files, "the text of a program; two for two physical cores")
      ->required()
      ->expected(1, 2)
      ->type_name("");
  app.add_option("--machine", options->machine, "another machine than the text names")
      ->type_name("NAME|FILE");
  app.add_option("--set", options->overrides, "change a number, e.g. core.tensor.clock_ghz=3.0")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--schedule", options->schedule, "list (default) or program: as it is written");
  app.add_option("--place", options->place, "ring or first-fit; the machine's own by default");
  app.add_flag("--json", options->json, "print JSON");
  app.add_option("--trace", options->trace, "write a trace that Perfetto opens")->type_name("FILE");
  app.add_option("--report", options->report,
                 "write a report: a page, or JSON if FILE ends in .json; - prints it as text")
      ->type_name("FILE");
  app.footer(
      "Examples:\n"
      "  trainyard run kernels.py --dump softmax.program     the text of a program\n"
      "  trainyard time softmax.program\n"
      "  trainyard time softmax.program --machine trn3 --schedule program --json\n"
      "  trainyard time softmax.program --report softmax.html");
  return [options] {
    const profile::Report report = timed(*options);
    if (!options->trace.empty()) profile::write_perfetto(options->trace, {&report.trace});
    if (!options->report.empty() && options->report != "-")
      profile::write_report(options->report, {&report});
    print(*options, report);
  };
}

}  // namespace trainyard::cli
