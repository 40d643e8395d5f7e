// `trainyard profile compare`: a captured kernel and what is simulated of it.
#include <map>
#include <memory>

#include <fmt/format.h>

#include "trainyard/cli/profile.h"
#include "trainyard/cli/read_file.h"
#include "trainyard/core/timing.h"
#include "trainyard/profile/capture_program.h"
#include "trainyard/profile/compare.h"
#include "trainyard/program/text.h"

namespace trainyard::cli {
namespace {

struct Options {
  std::string file, machine;
  std::vector<std::string> overrides;
  int worst = 10;
  bool json = false;
};

// The captured instructions with what the timeline says of them. A product's matmuls share its
// time on the array; each ends as long after its own part as the product after its last one.
class Pairs {
 public:
  Pairs(const profile::CapturedCore& core, const core::Timeline& timeline)
      : core_(core), timeline_(timeline), start_(profile::kernel_window(core).start) {}

  std::vector<profile::Pair> take() { return std::move(pairs_); }

  void add(const std::vector<uint32_t>& captured, uint32_t position) {
    std::vector<uint32_t> matmuls;
    for (const uint32_t k : captured)
      if (core_.instructions[k].opcode != "LDWEIGHTS") matmuls.push_back(k);
    const auto parts = static_cast<base::Picoseconds>(matmuls.size());
    const base::Picoseconds part = busy(position) / parts;
    const base::Picoseconds latency =
        timeline_.end[position] - timeline_.start[position] - (parts - 1) * part;
    for (base::Picoseconds i = 0; i < parts; ++i) {
      const auto& in = core_.instructions[matmuls[i]];
      add(in.opcode, matmuls[i], timeline_.start[position] + i * part, in.end - in.start, latency);
      if (profile::is_dma(in))
        add(in.opcode + " issue", matmuls[i], timeline_.start[position], in.duration,
            busy(position));
    }
  }

 private:
  base::Picoseconds busy(uint32_t position) const {
    return timeline_.freed[position] - timeline_.start[position];
  }
  void add(const std::string& opcode, uint32_t captured, base::Picoseconds start,
           base::Picoseconds measured, base::Picoseconds simulated) {
    const auto& in = core_.instructions[captured];
    pairs_.push_back(
        {opcode, captured, in.operands, in.start - start_, start, measured, simulated});
  }

  const profile::CapturedCore& core_;
  const core::Timeline& timeline_;
  base::Picoseconds start_;
  std::vector<profile::Pair> pairs_;
};

profile::Comparison compare(const profile::Capture& capture, const machine::Machine& machine,
                            const std::string& file) {
  const profile::CapturedCore& core = profile::kernel_core(capture);
  const profile::CaptureProgram replay = profile::program_of(capture, core, machine);
  const program::Program program =
      program::parse_program(replay.text, file, std::make_shared<machine::Machine>(machine));
  const program::Ordered ordered =
      program::order(program, machine, program::order_options(machine, "program", ""));
  const core::Timeline timeline = core::time_program(ordered, machine);
  profile::Comparison result{capture.kernel, machine.name};
  result.measured = profile::kernel_window(core).span();
  result.simulated = timeline.span;
  Pairs pairs(core, timeline);
  for (uint32_t k = 0; k < ordered.sequence.size(); ++k)
    pairs.add(replay.captured[ordered.sequence[k]], k);
  result.pairs = pairs.take();
  std::map<std::string, size_t> left_out;
  for (const uint32_t k : replay.left_out) ++left_out[core.instructions[k].opcode];
  result.left_out.assign(left_out.begin(), left_out.end());
  return result;
}

}  // namespace

Action add_profile_compare(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("CAPTURE", options->file, "what neuron-profile exported as JSON, or - for input")
      ->required()
      ->type_name("");
  app.add_option("--machine", options->machine, "another machine than the captured one")
      ->type_name("NAME|FILE");
  app.add_option("--set", options->overrides, "change a number, e.g. core.tensor.clock_ghz=3.0")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--worst", options->worst, "how many instructions to list (10)")->type_name("N");
  app.add_flag("--json", options->json, "print JSON, with every instruction");
  app.footer("Example:\n  trainyard profile compare profile.json");
  return [options] {
    const profile::Capture capture =
        profile::parse_capture(read_file(options->file), options->file);
    const machine::Machine machine = machine::load_machine(
        options->machine.empty() ? capture.instance : options->machine, options->overrides);
    const profile::Comparison result = compare(capture, machine, options->file);
    if (options->json) fmt::print("{}\n", profile::comparison_json(result));
    else
      fmt::print("{}", profile::comparison_text(
                           result, static_cast<size_t>(std::max(0, options->worst))));
  };
}

}  // namespace trainyard::cli
