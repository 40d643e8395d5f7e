// Arguments as text, tensors in time and in memory, and the rates of transfers. None of it is
// needed to time a program, so it is found only when a report asks.

#include "trainyard/core/report_detail.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <map>
#include <string>
#include <unordered_map>

#include "trainyard/base/thread_pool.h"
#include "trainyard/core/transfer_rates.h"
#include "trainyard/program/text.h"

namespace trainyard::core {

using program::InstructionId;
using program::kNone;
using program::Operand;
using program::TensorId;

namespace {

void add_arguments(profile::Trace& trace, const program::Program& program, const Timed& timed) {
  std::vector<std::string> texts(trace.intervals.size());
  std::atomic<size_t> next = 0;
  constexpr size_t kAtATime = 4096;
  base::run_on_threads(base::default_threads(), [&](int) {
    for (size_t from; (from = next.fetch_add(kAtATime)) < texts.size();)
      for (size_t k = from; k < std::min(from + kAtATime, texts.size()); ++k)
        texts[k] = program::print_arguments(program, timed.ordered.sequence[k]);
  });
  std::unordered_map<std::string_view, uint32_t> index;
  index.reserve(texts.size());
  trace.arguments = {""};
  for (size_t k = 0; k < texts.size(); ++k) {
    const auto number = static_cast<uint32_t>(trace.arguments.size());
    const auto [it, fresh] = index.try_emplace(texts[k], number);
    if (fresh) trace.arguments.push_back(texts[k]);
    trace.intervals[k].arguments = it->second;
  }
}

profile::Memory memory_of(const isa::Tensor& t) {
  if (!isa::is_on_chip(t.buffer)) return profile::Memory::hbm;
  return t.buffer == isa::Buffer::psum ? profile::Memory::psum : profile::Memory::sbuf;
}

profile::Tensor describe(const program::Program& program, const program::Placement& placement,
                         TensorId id) {
  const isa::Tensor& t = program.tensor(id);
  profile::Tensor out;
  out.id = fmt::format("t{}", id);
  out.name = t.name;
  out.type = fmt::format("{}[{}]", base::name_of(t.dtype), fmt::join(t.shape, ", "));
  out.memory = memory_of(t);
  const bool on_chip = isa::is_on_chip(t.buffer);
  out.bytes = on_chip ? t.row_bytes() : t.bytes();
  out.partitions = on_chip ? t.partitions() : 0;
  out.address = on_chip && t.has_address() ? t.address_bytes : placement.address[id];
  if (on_chip)
    out.partition = t.has_address() ? static_cast<int>(std::max<int64_t>(0, t.address_partition))
                                    : placement.partition[id];
  return out;
}

// Where tensors were declared; places of instructions are there already.
class Declarations {
 public:
  explicit Declarations(profile::Trace& trace) : trace_(trace) {
    for (uint32_t i = 1; i < trace.sources.size(); ++i) index_.try_emplace(key(i), i);
  }
  uint32_t source(const program::Program& program, uint32_t site) {
    const auto [known, fresh] = sites_.try_emplace(site, 0);
    if (!fresh) return known->second;
    const base::Place place = program.place(site);
    if (place.line == 0) return 0;
    const auto next = static_cast<uint32_t>(trace_.sources.size());
    const auto [it, unseen] = index_.try_emplace({place.file, place.line}, next);
    if (unseen) trace_.sources.push_back({place.file, place.line});
    return known->second = it->second;
  }

 private:
  std::pair<std::string, int> key(uint32_t i) const {
    return {trace_.sources[i].file, trace_.sources[i].line};
  }

  profile::Trace& trace_;
  std::map<std::pair<std::string, int>, uint32_t> index_;
  std::unordered_map<uint32_t, uint32_t> sites_;
};

void add_tensors(profile::Trace& trace, const program::Program& program, const Timed& timed) {
  constexpr Picoseconds kNever = std::numeric_limits<Picoseconds>::max();
  struct Use {
    Picoseconds first = kNever, last = 0;
  };
  std::vector<Use> uses(program.tensor_count());
  for (size_t k = 0; k < timed.ordered.sequence.size(); ++k) {
    for (const Operand& o : program.operands(timed.ordered.sequence[k])) {
      Use& use = uses[o.tensor];
      use.first = std::min(use.first, timed.timeline.start[k]);
      use.last = std::max(use.last, timed.timeline.end[k]);
    }
  }
  Declarations declarations(trace);
  for (TensorId id = 0; id < program.tensor_count(); ++id) {
    if (uses[id].first == kNever) continue;
    trace.tensors.push_back(describe(program, timed.ordered.placement, id));
    trace.tensors.back().first = uses[id].first;
    trace.tensors.back().last = uses[id].last;
    trace.tensors.back().source = declarations.source(program, program.tensor(id).site);
  }
}

// The bytes that an instruction writes.
int64_t written(const program::Program& program, InstructionId i) {
  const program::Call call = program.call(i);
  int64_t bytes = 0;
  for (const int param : call.spec().operand_params) {
    const isa::Access access = call.spec().params[param].access;
    if (access != isa::Access::write && access != isa::Access::update) continue;
    for (int n = 0; n < call.tensor_count(param); ++n) bytes += call.operand(param, n).bytes();
  }
  return bytes;
}

void add_transfer_sizes(profile::Trace& trace, const program::Program& program,
                        const Timed& timed) {
  const double engines = std::max(1, timed.timeline.dma_engines);
  for (profile::Transfer& transfer : trace.transfers) {
    const program::Step& step = timed.ordered.steps[transfer.interval];
    const program::DmaWork& work = timed.ordered.dmas[step.dma];
    transfer.bytes = written(program, timed.ordered.sequence[transfer.interval]);
    transfer.row_bytes = transfer.bytes / std::max<int64_t>(1, work.elements);
    const double moving = work.element_ps * static_cast<double>(work.elements) / engines;
    const double each = std::max(moving, static_cast<double>(step.busy));
    if (each > 0) transfer.gb_s = static_cast<double>(transfer.bytes) * 1000.0 / each;
  }
}

}  // namespace

void add_report_detail(profile::Trace& trace, const program::Program& program, const Timed& timed) {
  add_arguments(trace, program, timed);
  add_tensors(trace, program, timed);
  add_transfer_sizes(trace, program, timed);
  trace.dma_rates = transfer_rates(program.shared_machine());
  const machine::Dma& dma = program.machine().core.dma;
  trace.dma_gb_s_peak = dma.engines * dma.engine_gb_s;
}

}  // namespace trainyard::core
