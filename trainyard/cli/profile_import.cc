// `trainyard profile import`: what a capture of a real chip says.
#include <memory>

#include <fmt/format.h>

#include "trainyard/base/atomic_file.h"
#include "trainyard/cli/profile.h"
#include "trainyard/cli/read_file.h"
#include "trainyard/profile/capture_program.h"
#include "trainyard/profile/capture_trace.h"
#include "trainyard/profile/perfetto.h"

namespace trainyard::cli {
namespace {

struct Options {
  std::string file, trace, program, machine;
  bool json = false;
};

void write_program(const profile::Capture& capture, const Options& options) {
  const machine::Machine machine =
      machine::load_machine(options.machine.empty() ? capture.instance : options.machine, {});
  const profile::CapturedCore& core = profile::kernel_core(capture);
  base::AtomicFile file(options.program);
  file.write(profile::program_of(capture, core, machine).text);
  file.commit();
}

}  // namespace

Action add_profile_import(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("FILE", options->file, "what neuron-profile exported as JSON, or - for input")
      ->required()
      ->type_name("");
  app.add_flag("--json", options->json, "print JSON");
  app.add_option("--trace", options->trace, "write a trace that Perfetto opens")->type_name("FILE");
  app.add_option("--program", options->program, "write the kernel's stream as a program's text")
      ->type_name("FILE");
  app.add_option("--machine", options->machine,
                 "the program's machine; the captured one by default")
      ->type_name("NAME|FILE");
  app.footer(
      "Examples:\n"
      "  trainyard profile import profile.json\n"
      "  trainyard profile import profile.json --trace profile.trace.json\n"
      "  trainyard profile import profile.json --program kernel.program\n"
      "  trainyard time kernel.program --schedule program");
  return [options] {
    const profile::Capture capture =
        profile::parse_capture(read_file(options->file), options->file);
    if (!options->trace.empty()) {
      const profile::Trace trace = profile::trace_of(capture);
      profile::write_perfetto(options->trace, {&trace});
    }
    if (!options->program.empty()) write_program(capture, *options);
    if (options->json) fmt::print("{}\n", profile::capture_json(capture));
    else fmt::print("{}", profile::capture_text(capture));
  };
}

}  // namespace trainyard::cli
