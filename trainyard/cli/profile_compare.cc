// `trainyard profile compare`: a captured kernel and what is simulated of it.
#include <map>
#include <memory>

#include <fmt/format.h>

#include "trainyard/cli/profile.h"
#include "trainyard/cli/read_file.h"
#include "trainyard/core/timing.h"
#include "trainyard/profile/capture_operands.h"
#include "trainyard/profile/capture_program.h"
#include "trainyard/profile/compare.h"
#include "trainyard/program/text.h"

namespace trainyard::cli {
namespace {

struct Options {
  std::string file, source, machine;
  std::vector<std::string> overrides;
  int worst = 10;
  bool json = false;
};

// A machine whose limiter's windows begin where the capture shows them; where it shows none, they
// begin with the kernel.
machine::Machine in_phase(machine::Machine machine, const profile::CapturedCore& core) {
  const double ghz = machine.core.scalar.clock_ghz;
  machine::TensorEngine& tensor = machine.core.tensor;
  const base::Picoseconds window = base::cycles_to_ps(tensor.window_cycles, ghz);
  if (window == 0 || core.limits.empty()) return machine;
  base::Picoseconds phase =
      (core.limits.front().start - profile::kernel_window(core).start) % window;
  if (phase <= 0) phase += window;
  tensor.window_start_cycles = static_cast<double>(phase) / 1000 * ghz;
  return machine;
}

// The captured instructions with what the timeline says of them. A product's matmuls share its
// time on the array; each ends as long after its own part as the product after its last one.
class Pairs {
 public:
  Pairs(const profile::CapturedCore& core, const machine::Machine& machine,
        const program::Ordered& ordered, const core::Timeline& timeline)
      : core_(core),
        tensor_(machine.core.tensor),
        ordered_(ordered),
        timeline_(timeline),
        start_(profile::kernel_window(core).start) {}

  std::vector<profile::Pair> take() { return std::move(pairs_); }

  void add(const std::vector<uint32_t>& captured, uint32_t position) {
    std::vector<uint32_t> work;
    for (const uint32_t k : captured) {
      const auto& in = core_.instructions[k];
      if (in.opcode != "LDWEIGHTS") work.push_back(k);
      else add(in.opcode, k, timeline_.start[position], in.duration, load_time(in, position));
    }
    const auto parts = static_cast<base::Picoseconds>(work.size());
    const base::Picoseconds part = busy(position) / parts;
    const base::Picoseconds latency =
        timeline_.end[position] - timeline_.start[position] - (parts - 1) * part;
    for (base::Picoseconds i = 0; i < parts; ++i) {
      const auto& in = core_.instructions[work[i]];
      const base::Picoseconds start = timeline_.start[position] + i * part;
      add(in.opcode, work[i], start, in.end - in.start, latency);
      // Of a queue that software serves, the instruction only tells GpSimd to begin.
      if (profile::is_dma(in) && in.lane != profile::CaptureLane::gpsimd)
        add(in.opcode + " issue", work[i], start, in.duration, busy(position));
    }
  }
  void add_table_load(uint32_t k, base::Picoseconds simulated) {
    const auto& in = core_.instructions[k];
    add(in.opcode, k, in.start - start_, in.duration, simulated);
  }

 private:
  base::Picoseconds busy(uint32_t position) const {
    return timeline_.freed[position] - timeline_.start[position];
  }
  // Loads run beside the passes, at the limiter's rate.
  base::Picoseconds load_time(const profile::CapturedInstruction& in, uint32_t position) const {
    const bool wide = !profile::value_of(in.operands, "fp32_mode").empty();
    const bool transposes = profile::value_of(in.operands, "transpose_mode") == "ENABLED";
    const auto array = profile::array_of(in.operands);
    const double loads = !wide        ? 1
                         : transposes ? tensor_.fp32_transpose_load_passes
                                      : tensor_.fp32_load_passes;
    const double columns = array ? static_cast<double>(array->count) : tensor_.columns;
    const bool cold =
        busy(position) - ordered_.steps[position].busy > ordered_.steps[position].busy / 2;
    const double cycles = tensor_.load_cycles * loads * columns / tensor_.columns;
    return base::cycles_to_ps(tensor_.load_latency_cycles + cycles / (cold ? tensor_.cold_rate : 1),
                              tensor_.clock_ghz);
  }
  void add(const std::string& opcode, uint32_t captured, base::Picoseconds start,
           base::Picoseconds measured, base::Picoseconds simulated) {
    const auto& in = core_.instructions[captured];
    pairs_.push_back(
        {opcode, captured, in.operands, in.start - start_, start, measured, simulated});
  }

  const profile::CapturedCore& core_;
  const machine::TensorEngine& tensor_;
  const program::Ordered& ordered_;
  const core::Timeline& timeline_;
  base::Picoseconds start_;
  std::vector<profile::Pair> pairs_;
};

// An engine that waits for nobody begins when the runtime let it.
void set_begin(program::Ordered& ordered, const profile::CapturedCore& core,
               const profile::CaptureProgram& replay) {
  const base::Picoseconds start = profile::kernel_window(core).start;
  std::array<bool, program::kLaneCount> seen{};
  for (uint32_t k = 0; k < ordered.sequence.size(); ++k) {
    const auto lane = static_cast<size_t>(ordered.steps[k].lane);
    const auto& in = core.instructions[replay.captured[ordered.sequence[k]].front()];
    if (!seen[lane] && ordered.waits[k] == 0) ordered.begin[lane] = in.start - start;
    seen[lane] = true;
  }
}

// The captured instructions, timed again in their own order.
profile::Comparison compare(const profile::Capture& capture, const machine::Machine& machine,
                            const std::string& file) {
  const profile::CapturedCore& core = profile::kernel_core(capture);
  const profile::CaptureProgram replay = profile::program_of(capture, core, machine);
  const program::Program program =
      program::parse_program(replay.text, file, std::make_shared<machine::Machine>(machine));
  program::Ordered ordered =
      program::order(program, machine, program::order_options(machine, "program", ""));
  set_begin(ordered, core, replay);
  const core::Timeline timeline = core::time_program(ordered, machine);
  profile::Comparison result{capture.kernel, machine.name};
  result.measured = profile::kernel_window(core).span();
  result.simulated = timeline.span;
  Pairs pairs(core, machine, ordered, timeline);
  for (uint32_t k = 0; k < ordered.sequence.size(); ++k)
    pairs.add(replay.captured[ordered.sequence[k]], k);
  std::map<std::string, size_t> left_out;
  for (const uint32_t k : replay.left_out) {
    const std::string& opcode = core.instructions[k].opcode;
    if (opcode == "ACT_TABLE_LOAD")
      pairs.add_table_load(k, base::ns_to_ps(machine.core.scalar.table_load_ns));
    else ++left_out[opcode];
  }
  result.pairs = pairs.take();
  result.left_out.assign(left_out.begin(), left_out.end());
  return result;
}

// The kernel as our own schedule orders it.
void add_source(profile::Comparison& comparison, const std::string& file,
                const machine::Machine& machine) {
  const program::Program program =
      program::parse_program(read_file(file), file, std::make_shared<machine::Machine>(machine));
  const program::Ordered ordered =
      program::order(program, machine, program::order_options(machine, "", ""));
  comparison.source = file;
  comparison.scheduled = core::time_program(ordered, machine).span;
}

}  // namespace

Action add_profile_compare(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("CAPTURE", options->file, "what neuron-profile exported as JSON, or - for input")
      ->required()
      ->type_name("");
  app.add_option("PROGRAM", options->source, "the text of the kernel's program, for our schedule")
      ->type_name("");
  app.add_option("--machine", options->machine, "another machine than the captured one")
      ->type_name("NAME|FILE");
  app.add_option("--set", options->overrides, "change a number, e.g. core.tensor.clock_ghz=3.0")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--worst", options->worst, "how many instructions to list (10)")->type_name("N");
  app.add_flag("--json", options->json, "print JSON, with every instruction");
  app.footer(
      "Examples:\n"
      "  trainyard profile compare profile.json\n"
      "  trainyard run kernel.py --dump kernel.program       the kernel's source\n"
      "  trainyard profile compare profile.json kernel.program");
  return [options] {
    const profile::Capture capture =
        profile::parse_capture(read_file(options->file), options->file);
    const machine::Machine machine = in_phase(
        machine::load_machine(options->machine.empty() ? capture.instance : options->machine,
                              options->overrides),
        profile::kernel_core(capture));
    profile::Comparison result = compare(capture, machine, options->file);
    if (!options->source.empty()) add_source(result, options->source, machine);
    if (options->json) fmt::print("{}\n", profile::comparison_json(result));
    else
      fmt::print(
          "{}", profile::comparison_text(result, static_cast<size_t>(std::max(0, options->worst))));
  };
}

}  // namespace trainyard::cli
