// `trainyard profile import`: what a capture of a real chip says.
#include <memory>

#include <fmt/format.h>

#include "trainyard/cli/profile.h"
#include "trainyard/cli/read_file.h"
#include "trainyard/profile/capture_trace.h"
#include "trainyard/profile/perfetto.h"

namespace trainyard::cli {
namespace {

struct Options {
  std::string file, trace;
  bool json = false;
};

}  // namespace

Action add_profile_import(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("FILE", options->file, "what neuron-profile exported as JSON, or - for input")
      ->required()
      ->type_name("");
  app.add_flag("--json", options->json, "print JSON");
  app.add_option("--trace", options->trace, "write a trace that Perfetto opens")->type_name("FILE");
  app.footer(
      "Examples:\n"
      "  trainyard profile import profile.json\n"
      "  trainyard profile import profile.json --trace profile.trace.json");
  return [options] {
    const profile::Capture capture =
        profile::parse_capture(read_file(options->file), options->file);
    if (!options->trace.empty()) {
      const profile::Trace trace = profile::trace_of(capture);
      profile::write_perfetto(options->trace, {&trace});
    }
    if (options->json) fmt::print("{}\n", profile::capture_json(capture));
    else fmt::print("{}", profile::capture_text(capture));
  };
}

}  // namespace trainyard::cli
