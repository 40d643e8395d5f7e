// The curve comes from timing programs of loads, so no law of a DMA stands here a second time.

#include "trainyard/core/transfer_rates.h"

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/core/make_trace.h"
#include "trainyard/program/text.h"

namespace trainyard::core {

namespace {

constexpr int kRows = 128, kTiles = 4, kLoads = 32, kWarmUp = 8;
constexpr int64_t kSmallest = 32, kLargest = 32 << 10;

// Loads into a few tiles in turn, so that none waits for the one just before it.
std::string loads(int64_t row_bytes, const std::string& machine) {
  std::string text = fmt::format("program \"loads\" machine=\"{}\" core=0\n", machine);
  text += fmt::format("t0: uint8[{}, {}] private_hbm input\n", kRows, row_bytes);
  for (int t = 1; t <= kTiles; ++t)
    text += fmt::format("t{}: uint8[{}, {}] sbuf\n", t, kRows, row_bytes);
  text += "inputs t0\n";
  for (int i = 0; i < kLoads; ++i)
    text += fmt::format("%{}: dma_copy dst=t{} src=t0\n", i, 1 + i % kTiles);
  return text;
}

}  // namespace

std::vector<profile::TransferRate> transfer_rates(
    const std::shared_ptr<const machine::Machine>& machine) {
  std::vector<profile::TransferRate> rates;
  for (int64_t bytes = kSmallest; bytes <= kLargest; bytes *= 2) {
    const program::Program program =
        program::parse_program(loads(bytes, machine->name), "loads", machine);
    TimeOptions options;
    options.order.schedule = program::SchedulePolicy::program;
    std::vector<Picoseconds> ends = time(program, options).timeline.end;
    std::ranges::sort(ends);
    const Picoseconds took = ends.back() - ends[kWarmUp];
    if (took <= 0) continue;
    const auto moved = static_cast<double>(bytes * kRows * (kLoads - 1 - kWarmUp));
    rates.push_back({bytes, moved * 1000.0 / static_cast<double>(took)});
  }
  return rates;
}

}  // namespace trainyard::core
