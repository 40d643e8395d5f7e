// What a capture tells of time, in the form that readers of traces know.

#include "trainyard/profile/capture_trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <ranges>

#include "trainyard/profile/summary.h"

namespace trainyard::profile {

namespace {

constexpr int kIndent = 2;
constexpr std::string_view kWaits[] = {"EVENT_SEMAPHORE", "DRAIN"};

bool is_wait(const CapturedInstruction& i) {
  return std::ranges::find(kWaits, i.opcode) != std::end(kWaits);
}

// The time during which at least one of these is at work; they come in order of their start.
class Union {
 public:
  void add(Picoseconds start, Picoseconds end) {
    sum_ += std::max<Picoseconds>(0, end - std::max(start, last_));
    last_ = std::max(last_, end);
  }
  Picoseconds sum() const { return sum_; }

 private:
  Picoseconds sum_ = 0, last_ = 0;
};

class Labels {
 public:
  explicit Labels(std::vector<std::string>& all) : all_(all) {}
  uint32_t of(const CapturedInstruction& i) {
    std::string label = i.opcode;
    if (!i.function.empty()) label += " " + i.function;
    const auto [it, fresh] = index_.try_emplace(label, static_cast<uint32_t>(all_.size()));
    if (fresh) all_.push_back(std::move(label));
    return it->second;
  }

 private:
  std::vector<std::string>& all_;
  std::map<std::string, uint32_t> index_;
};

void add_intervals(Trace& trace, const CapturedCore& core) {
  Labels labels(trace.labels);
  std::vector<Union> busy(kCaptureLaneCount);
  for (uint32_t k = 0; k < core.instructions.size(); ++k) {
    const CapturedInstruction& in = core.instructions[k];
    Interval interval{in.start, in.end, in.start + in.duration, labels.of(in)};
    Picoseconds latest = -1;
    for (const uint32_t before : in.after) {
      if (core.instructions[before].end <= latest) continue;
      latest = core.instructions[before].end;
      interval.waited_for = before + 1;
    }
    const auto lane = static_cast<size_t>(in.lane);
    std::vector<uint32_t>& all = trace.lanes[lane].intervals;
    // Engines work on several at a time; a lane shows one after the other.
    if (!all.empty()) {
      Picoseconds& freed = trace.intervals[all.back()].freed;
      freed = std::min(freed, in.start);
    }
    all.push_back(k);
    trace.intervals.push_back(interval);
    if (!is_wait(in)) busy[lane].add(in.start, in.start + in.duration);
  }
  for (size_t lane = 0; lane < busy.size(); ++lane) trace.lanes[lane].busy = busy[lane].sum();
}

void add_transfers(Trace& trace, const CapturedCore& core) {
  std::map<uint32_t, Transfer> transfers;  // by instruction
  std::map<int, Union> engines;
  for (const CapturedPacket& p : core.packets) {
    engines[p.engine].add(p.start, p.start + p.duration);
    if (p.instruction == 0) continue;
    const uint32_t k = p.instruction - 1;
    Transfer& t = transfers.try_emplace(k, Transfer{p.start, p.start, k, 0}).first->second;
    t.end = std::max(t.end, p.start + p.duration);
    t.hbm_bytes += p.bytes;
  }
  for (const auto& [k, transfer] : transfers) trace.transfers.push_back(transfer);
  for (const auto& [engine, busy] : engines) trace.dma_busy += busy.sum();
  trace.dma_engines = static_cast<int>(engines.size());
}

Trace trace_of(const Capture& capture, const CapturedCore& core) {
  Trace trace;
  trace.kernel = capture.kernel;
  trace.measured = true;
  trace.machine = capture.instance;
  trace.machine_line = fmt::format("{} of {} NeuronCores captured, neuron-profile {}", core.name,
                                   capture.cores.size(), capture.profiler);
  trace.span = trace.low = trace.high = capture.span;
  trace.instructions = core.instructions.size();
  for (int lane = 0; lane < kCaptureLaneCount; ++lane)
    trace.lanes.push_back({std::string(name_of(static_cast<CaptureLane>(lane))), 0, {}});
  trace.sources.push_back({});
  add_intervals(trace, core);
  add_transfers(trace, core);
  trace.hbm_gb_s_peak = capture.hbm_gb_s;
  trace.peak_tflops = 2e-3 * capture.rows * capture.columns * capture.tensor_ghz;
  return trace;
}

bool any_kernel(const Capture& capture) {
  return std::ranges::any_of(capture.cores, &CapturedCore::has_kernel);
}

Picoseconds median_of(std::vector<Picoseconds> values) {
  std::ranges::sort(values);
  const size_t n = values.size();
  return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double ns(Picoseconds time) { return static_cast<double>(time) / 1000; }

}  // namespace

Trace trace_of(const Capture& capture) {
  const bool kernels = any_kernel(capture);
  std::vector<Trace> cores;
  for (const CapturedCore& core : capture.cores)
    if (!kernels || core.has_kernel()) cores.push_back(trace_of(capture, core));
  Trace trace = combine(cores, cores.size());
  trace.hbm_bytes = static_cast<uint64_t>(capture.hbm_bytes);
  trace.flops = capture.flops;
  return trace;
}

std::vector<OpcodeLatency> latencies_of(const Capture& capture) {
  std::map<std::pair<std::string, std::string>, std::vector<Picoseconds>> all;
  std::map<std::pair<std::string, std::string>, bool> runtime;
  const bool kernels = any_kernel(capture);
  for (const CapturedCore& core : capture.cores) {
    if (kernels && !core.has_kernel()) continue;
    for (const CapturedInstruction& i : core.instructions) {
      const std::pair key(std::string(name_of(i.lane)), i.opcode);
      all[key].push_back(i.end - i.start);
      runtime[key] = is_runtime(i);
    }
  }
  std::vector<OpcodeLatency> rows;
  for (const auto& [key, times] : all)
    rows.push_back({key.first, key.second, times.size(),
                    std::accumulate(times.begin(), times.end(), Picoseconds{0}), median_of(times),
                    runtime[key]});
  std::ranges::stable_sort(rows, [](const OpcodeLatency& a, const OpcodeLatency& b) {
    return std::pair(a.runtime, -a.total) < std::pair(b.runtime, -b.total);
  });
  return rows;
}

std::string capture_text(const Capture& capture) {
  std::string text = summary_text(trace_of(capture));
  for (const CapturedCore& core : capture.cores) {
    if (!core.has_kernel()) continue;
    const Window w = kernel_window(core);
    text +=
        fmt::format("  {:<15}{:.2f} us on {}, from {:.2f} to {:.2f} us of the capture\n", "kernel",
                    ns(w.span()) / 1000, core.name, ns(w.start) / 1000, ns(w.end) / 1000);
  }
  text += fmt::format("\n  {:<12} {:<28} {:>6} {:>12} {:>12}\n", "engine", "opcode", "count",
                      "total us", "median ns");
  uint64_t runtime = 0;
  for (const OpcodeLatency& row : latencies_of(capture)) {
    if (row.runtime) runtime += row.count;
    else
      text += fmt::format("  {:<12} {:<28} {:>6} {:>12.3f} {:>12.0f}\n", row.engine, row.opcode,
                          row.count, ns(row.total) / 1000, ns(row.median));
  }
  if (runtime > 0)
    text += fmt::format("  and {} instructions of the runtime: barriers, branches, registers\n",
                        runtime);
  return text;
}

std::string capture_json(const Capture& capture) {
  auto json = nlohmann::ordered_json::parse(summary_json(trace_of(capture)));
  for (const CapturedCore& core : capture.cores) {
    if (!core.has_kernel()) continue;
    const Window w = kernel_window(core);
    json["kernels"].push_back(
        {{"core", core.name}, {"start_ps", w.start}, {"end_ps", w.end}, {"ps", w.span()}});
  }
  for (const OpcodeLatency& row : latencies_of(capture))
    json["opcodes"].push_back({{"engine", row.engine},
                               {"opcode", row.opcode},
                               {"count", row.count},
                               {"total_ps", row.total},
                               {"median_ps", row.median},
                               {"runtime", row.runtime}});
  return json.dump(kIndent);
}

}  // namespace trainyard::profile
