// Totals that every reader of a trace needs, and one trace of the cores that ran together.

#include "trainyard/profile/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace trainyard::profile {

namespace {

double share(Picoseconds part, Picoseconds whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string name_of(size_t core, size_t cores, size_t cores_a_rank) {
  if (cores == cores_a_rank) return fmt::format("core {}", core);
  if (cores_a_rank == 1) return fmt::format("rank {}", core);
  return fmt::format("rank {} core {}", core / cores_a_rank, core % cores_a_rank);
}

void add_lanes(Trace& all, const Trace& core, const std::string& name, int number) {
  const auto first = static_cast<uint32_t>(all.intervals.size());
  const auto label = static_cast<uint32_t>(all.labels.size());
  const auto source = static_cast<uint32_t>(all.sources.size());
  const auto arguments = static_cast<uint32_t>(all.arguments.size());
  for (Lane lane : core.lanes) {
    lane.name = name + " " + lane.name;
    lane.core = number;
    for (uint32_t& k : lane.intervals) k += first;
    all.lanes.push_back(std::move(lane));
  }
  for (Interval interval : core.intervals) {
    interval.label += label;
    if (interval.source > 0) interval.source += source;
    if (interval.waited_for > 0) interval.waited_for += first;
    if (interval.arguments > 0) interval.arguments += arguments;
    all.intervals.push_back(interval);
  }
  for (Transfer transfer : core.transfers) {
    transfer.interval += first;
    all.transfers.push_back(transfer);
  }
  for (Tensor tensor : core.tensors) {
    tensor.core = number;
    if (tensor.source > 0) tensor.source += source;
    all.tensors.push_back(std::move(tensor));
  }
  all.labels.insert(all.labels.end(), core.labels.begin(), core.labels.end());
  all.arguments.insert(all.arguments.end(), core.arguments.begin(), core.arguments.end());
  all.sources.insert(all.sources.end(), core.sources.begin(), core.sources.end());
}

void add_fidelity(Fidelity& all, const Fidelity& core) {
  all.exact += core.exact;
  all.order_defined += core.order_defined;
  all.approximate += core.approximate;
  if (!all.reached_control_flow) all.reached_at = core.reached_at;
  all.reached_control_flow |= core.reached_control_flow;
  for (const std::string& name : core.approximate_functions) {
    if (std::ranges::find(all.approximate_functions, name) == all.approximate_functions.end())
      all.approximate_functions.push_back(name);
  }
}

}  // namespace

double Trace::hbm_gb_s() const {
  return span > 0 ? static_cast<double>(hbm_bytes) * 1000.0 / static_cast<double>(span) : 0;
}

double Trace::tflops() const { return span > 0 ? flops / static_cast<double>(span) : 0; }

double Trace::watts() const {
  return span > 0 ? joules().value / (static_cast<double>(span) * 1e-12) : 0;
}

double Trace::busy_share(const Lane& lane) const { return share(lane.busy, span); }

double Trace::dma_share() const { return share(dma_busy, span * std::max(1, dma_engines)); }

Picoseconds Trace::dma_active() const {
  std::vector<std::pair<Picoseconds, Picoseconds>> spans;
  for (const Transfer& transfer : transfers) spans.emplace_back(transfer.start, transfer.end);
  std::ranges::sort(spans);
  Picoseconds active = 0, until = 0;
  for (const auto& [start, end] : spans) {
    active += std::max(end, until) - std::max(start, until);
    until = std::max(until, end);
  }
  return active;
}

Trace combine(const std::vector<Trace>& cores, size_t cores_a_rank) {
  if (cores.size() == 1) return cores.front();
  Trace all = cores.front();
  all.lanes.clear();
  all.intervals.clear();
  all.transfers.clear();
  all.labels.clear();
  all.sources.clear();
  all.arguments.clear();
  all.tensors.clear();
  all.cores = static_cast<int>(cores.size());
  for (size_t i = 0; i < cores.size(); ++i)
    add_lanes(all, cores[i], name_of(i, cores.size(), cores_a_rank), static_cast<int>(i));
  for (const Trace& core : cores | std::views::drop(1)) {
    all.span = std::max(all.span, core.span);
    all.low = std::max(all.low, core.low);
    all.high = std::max(all.high, core.high);
    all.instructions += core.instructions;
    all.hbm_bytes += core.hbm_bytes;
    all.flops += core.flops;
    all.energy += core.energy;
    all.peak_tflops += core.peak_tflops;
    all.dma_busy += core.dma_busy;
    all.dma_engines += core.dma_engines;
    all.dma_gb_s_peak += core.dma_gb_s_peak;
    all.sbuf_peak_bytes = std::max(all.sbuf_peak_bytes, core.sbuf_peak_bytes);
    all.psum_peak_bytes = std::max(all.psum_peak_bytes, core.psum_peak_bytes);
    add_fidelity(all.fidelity, core.fidelity);
    all.findings.insert(all.findings.end(), core.findings.begin(), core.findings.end());
  }
  const auto sharers = static_cast<size_t>(std::max(1, all.hbm_sharers));
  all.hbm_gb_s_peak *= static_cast<double>((cores.size() + sharers - 1) / sharers);
  return all;
}

}  // namespace trainyard::profile
