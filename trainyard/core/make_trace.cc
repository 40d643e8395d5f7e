// Timing a program at the middle and at both ends of what is known, and telling it as a trace.

#include "trainyard/core/make_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "trainyard/core/energy.h"
#include "trainyard/core/fidelity.h"
#include "trainyard/machine/bounds.h"

namespace trainyard::core {

using program::InstructionId;
using program::kLaneCount;
using program::kNone;

namespace {

int sharers(const machine::Machine& m, int cores) {
  return std::min(cores, m.core.memory.hbm_sharers);
}

// Until the last core has finished.
Picoseconds span_on(const std::vector<const program::Program*>& cores,
                    const std::vector<Timed>& timed, const Meetings& meetings,
                    const machine::Machine& machine, int sharing) {
  std::vector<Ordered> recosted;
  std::vector<const Ordered*> ordered;
  recosted.reserve(cores.size());
  for (size_t core = 0; core < cores.size(); ++core) {
    recosted.push_back(timed[core].ordered);
    program::recost(recosted.back(), *cores[core], machine);
    ordered.push_back(&recosted.back());
  }
  Picoseconds span = 0;
  for (const Timeline& t : time_programs(ordered, meetings, machine, sharers(machine, sharing)))
    span = std::max(span, t.span);
  return span;
}

profile::Source source_of(const base::Place& place) { return {place.file, place.line}; }

// Totals that need no timeline.
void add_work(profile::Trace& trace, const program::Program& program, const Ordered& ordered) {
  trace.instructions = program.size();
  for (const program::Step& step : ordered.steps)
    if (step.dma != kNone) trace.hbm_bytes += ordered.dmas[step.dma].hbm_bytes;
  std::vector<isa::Work> work(isa::instructions().size());  // by opcode
  for (InstructionId i = 0; i < program.size(); ++i) {
    const isa::Call call = program.call(i);
    const isa::Cost cost = call.spec().cost ? call.spec().cost(call) : isa::Cost{};
    trace.flops += cost.flops;
    work[program.instruction(i).opcode] += isa::work_of(call, cost);
  }
  trace.energy = energy_of(work, program.machine());
}

// Tiles beyond the end of a memory: its rule was relaxed.
void add_overflow(profile::Trace& trace, const char* memory, int64_t peak, int64_t size,
                  base::Code code) {
  if (peak <= size) return;
  const base::DiagnosticRule& rule = base::rule(code);
  trace.findings.push_back(
      {fmt::format("tiles take {} of the {} bytes of each partition of {} ({} {}, relaxed)", peak,
                   size, memory, rule.code, rule.name),
       {}});
}

void add_findings(profile::Trace& trace, const program::Program& program, const Ordered& ordered,
                  const TimeOptions& options) {
  const machine::Memory& m = program.machine().core.memory;
  add_overflow(trace, "SBUF", ordered.placement.sbuf_peak,
               m.sbuf_partition_bytes - m.sbuf_reserved_bytes, base::Code::E201);
  add_overflow(trace, "PSUM", ordered.placement.psum_peak, m.psum_partition_bytes,
               base::Code::E202);
  if (trace.fidelity.reached_control_flow)
    trace.findings.push_back(
        {"an approximate value decides an address or a branch here", trace.fidelity.reached_at});
  if (ordered.schedule != options.order.schedule)
    trace.findings.push_back(
        {ordered.schedule == program::SchedulePolicy::demand
             ? "program order keeps more tiles alive than fit; instructions are issued when a "
               "result needs them"
             : "the list schedule keeps more tiles alive than fit; instructions are issued in "
               "program order",
         {}});
}

// Labels and sources are stored once.
class Names {
 public:
  Names(const program::Program& program, profile::Trace& trace) : program_(program), trace_(trace) {
    trace_.sources.push_back({});
  }
  uint32_t label(InstructionId i) {
    const std::string_view given = program_.label(i), name = program_.spec(i).name;
    std::string label = given.empty() ? std::string(name) : fmt::format("{} {}", name, given);
    const auto [it, fresh] = labels_.try_emplace(label, trace_.labels.size());
    if (fresh) trace_.labels.push_back(std::move(label));
    return it->second;
  }
  uint32_t source(InstructionId i) {
    const uint32_t site = program_.instruction(i).site;
    const auto [it, fresh] = sites_.try_emplace(site, trace_.sources.size());
    if (fresh) trace_.sources.push_back(source_of(program_.place(site)));
    return it->second;
  }

 private:
  const program::Program& program_;
  profile::Trace& trace_;
  std::map<std::string, uint32_t> labels_;
  std::map<uint32_t, uint32_t> sites_;
};

void add_intervals(profile::Trace& trace, const program::Program& program, const Timed& timed) {
  Names names(program, trace);
  const Timeline& t = timed.timeline;
  for (uint32_t k = 0; k < timed.ordered.sequence.size(); ++k) {
    const InstructionId i = timed.ordered.sequence[k];
    const program::Step& step = timed.ordered.steps[k];
    trace.lanes[static_cast<int>(step.lane)].intervals.push_back(k);
    trace.intervals.push_back({t.start[k], t.end[k], t.freed[k], names.label(i), names.source(i),
                               t.waited_for[k] == kNone ? 0 : t.waited_for[k] + 1});
    if (step.dma == kNone) continue;
    const program::DmaWork& dma = timed.ordered.dmas[step.dma];
    trace.transfers.push_back({t.start[k] + dma.first, t.end[k] - dma.tail, k, dma.hbm_bytes});
  }
}

}  // namespace

Timed time(const program::Program& program, const TimeOptions& options) {
  size_t count = 0;
  for (InstructionId i = 0; i < program.size(); ++i) count += program.meets(i);
  return std::move(time({&program}, Meetings::alone(count), options).front());
}

std::vector<Timed> time(const std::vector<const program::Program*>& cores, const Meetings& meetings,
                        const TimeOptions& options) {
  const machine::Machine& m = cores.front()->machine();
  std::vector<Timed> timed(cores.size());
  std::vector<const Ordered*> ordered;
  for (size_t core = 0; core < cores.size(); ++core) {
    timed[core].ordered = program::order(*cores[core], m, options.order);
    ordered.push_back(&timed[core].ordered);
  }
  std::vector<Timeline> timelines = time_programs(ordered, meetings, m, sharers(m, options.cores));
  const machine::Machine fast = machine::at_bound(m, machine::Bound::fastest);
  const Picoseconds low = span_on(cores, timed, meetings, fast, options.cores);
  const machine::Machine slow = machine::at_bound(m, machine::Bound::slowest);
  const Picoseconds high = span_on(cores, timed, meetings, slow, options.cores);
  for (size_t core = 0; core < cores.size(); ++core) {
    Timed& t = timed[core];
    t.timeline = std::move(timelines[core]);
    t.low = std::min(t.timeline.span, low);
    t.high = std::max(t.timeline.span, high);
  }
  return timed;
}

profile::Trace make_trace(const program::Program& program, const Timed& timed,
                          const TimeOptions& options, bool intervals) {
  const machine::Machine& m = program.machine();
  profile::Trace trace;
  trace.kernel = program.name;
  trace.machine = m.name;
  const int cores = options.cores * options.ranks;
  trace.machine_line =
      fmt::format("{} logical core{} = {} {}{} of {}", options.ranks, options.ranks == 1 ? "" : "s",
                  cores, m.core.name, cores == 1 ? "" : "s", m.title);
  trace.span = timed.timeline.span;
  trace.low = timed.low;
  trace.high = timed.high;
  trace.hbm_gb_s_peak = m.core.memory.hbm_gb_s;
  trace.hbm_sharers = m.core.memory.hbm_sharers;
  const machine::TensorEngine& e = m.core.tensor;
  trace.peak_tflops = 2e-3 * e.rows * e.columns * e.clock_ghz;
  trace.dma_busy = timed.timeline.dma_busy;
  trace.dma_engines = timed.timeline.dma_engines;
  trace.sbuf_peak_bytes = timed.ordered.placement.sbuf_peak;
  trace.psum_peak_bytes = timed.ordered.placement.psum_peak;
  trace.sbuf_bytes = m.core.memory.sbuf_partition_bytes - m.core.memory.sbuf_reserved_bytes;
  trace.psum_bytes = m.core.memory.psum_partition_bytes;
  trace.fidelity = fidelity_of(program);
  add_work(trace, program, timed.ordered);
  add_findings(trace, program, timed.ordered, options);
  for (int lane = 0; lane < kLaneCount; ++lane)
    trace.lanes.push_back(
        {std::string(name_of(static_cast<Lane>(lane))), timed.timeline.busy[lane], {}});
  if (intervals) add_intervals(trace, program, timed);
  return trace;
}

}  // namespace trainyard::core
