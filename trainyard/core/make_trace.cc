// Timing a program at the middle and at both ends of what is known, and telling it as a trace.

#include "trainyard/core/make_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "trainyard/core/fidelity.h"
#include "trainyard/machine/bounds.h"

namespace trainyard::core {

using program::InstructionId;
using program::kLaneCount;
using program::kNone;

namespace {

int sharers(const machine::Machine& m, int cores) { return std::min(cores, m.core.memory.hbm_sharers); }

// The slow end also has the Tensor Engine cold throughout: its activity limiter is not modelled.
machine::Machine slowest(const machine::Machine& m) {
  machine::Machine slow = machine::at_bound(m, machine::Bound::slowest);
  if (slow.core.tensor.window_cycles > 0 && slow.core.tensor.cold_rate > 0)
    slow.core.tensor.clock_ghz *= slow.core.tensor.cold_rate;
  return slow;
}

Picoseconds span_on(const program::Program& program, const Ordered& ordered,
                    const machine::Machine& machine, int cores) {
  Ordered recosted = ordered;
  program::recost(recosted, program, machine);
  return time_program(recosted, machine, sharers(machine, cores)).span;
}

}  // namespace

Timed time(const program::Program& program, const TimeOptions& options) {
  const machine::Machine& m = program.machine();
  Timed t;
  t.ordered = program::order(program, m, options.order);
  t.timeline = time_program(t.ordered, m, sharers(m, options.cores));
  const machine::Machine fast = machine::at_bound(m, machine::Bound::fastest);
  t.low = std::min(t.timeline.span, span_on(program, t.ordered, fast, options.cores));
  t.high = std::max(t.timeline.span, span_on(program, t.ordered, slowest(m), options.cores));
  return t;
}

profile::Trace make_trace(const program::Program& program, const Timed& timed,
                          const TimeOptions& options, bool intervals) {
  const machine::Machine& m = program.machine();
  profile::Trace trace;
  trace.kernel = program.name;
  trace.machine = m.name;
  trace.machine_line = fmt::format("1 logical core = {} {}{} of {}", options.cores, m.core.name,
                                   options.cores == 1 ? "" : "s", m.title);
  trace.span = timed.timeline.span;
  trace.low = timed.low;
  trace.high = timed.high;
  trace.instructions = program.size();
  trace.hbm_gb_s_peak = m.core.memory.hbm_gb_s;
  const machine::TensorEngine& e = m.core.tensor;
  trace.peak_tflops = 2e-3 * e.rows * e.columns * e.clock_ghz;
  trace.dma_busy = timed.timeline.dma_busy;
  trace.dma_engines = timed.timeline.dma_engines;
  trace.sbuf_peak_bytes = timed.ordered.placement.sbuf_peak;
  trace.psum_peak_bytes = timed.ordered.placement.psum_peak;
  trace.sbuf_bytes = m.core.memory.sbuf_partition_bytes - m.core.memory.sbuf_reserved_bytes;
  trace.psum_bytes = m.core.memory.psum_partition_bytes;
  trace.fidelity = fidelity_of(program);
  for (const program::DmaWork& d : timed.ordered.dmas) trace.hbm_bytes += d.hbm_bytes;
  for (InstructionId i = 0; i < program.size(); ++i)
    if (program.spec(i).name == "nc_matmul") trace.flops += program.spec(i).cost(program.call(i)).flops;
  for (int lane = 0; lane < kLaneCount; ++lane)
    trace.lanes.push_back({std::string(name_of(static_cast<Lane>(lane))), timed.timeline.busy[lane], {}});
  if (!intervals) return trace;

  std::map<std::string, uint32_t> labels;
  std::map<uint32_t, uint32_t> sites;
  trace.sources.push_back({});
  for (uint32_t k = 0; k < timed.ordered.sequence.size(); ++k) {
    const InstructionId i = timed.ordered.sequence[k];
    const std::string_view given = program.label(i);
    const std::string label = given.empty() ? std::string(program.spec(i).name)
                                            : fmt::format("{} {}", program.spec(i).name, given);
    const auto [name, new_label] = labels.try_emplace(label, trace.labels.size());
    if (new_label) trace.labels.push_back(label);
    const uint32_t site = program.instruction(i).site;
    const auto [source, new_site] = sites.try_emplace(site, trace.sources.size());
    if (new_site) {
      const base::Place p = program.place(site);
      trace.sources.push_back({p.file, p.line});
    }
    const uint32_t waited = timed.timeline.waited_for[k];
    trace.lanes[static_cast<int>(timed.ordered.steps[k].lane)].intervals.push_back(k);
    trace.intervals.push_back({timed.timeline.start[k], timed.timeline.end[k], name->second,
                               source->second, waited == kNone ? 0 : waited + 1});
  }
  return trace;
}

}  // namespace trainyard::core
