// What a report tells beyond a trace, against the program that it was made of, and what-if rows
// against programs that were written for the changed machine.

#include "trainyard/core/make_report.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/core/transfer_rates.h"
#include "trainyard/program/text.h"

namespace trainyard::core {
namespace {

using program::Program;

Program parse(const std::string& text, const std::vector<std::string>& changed = {}) {
  return program::parse_program(
      text, "text",
      std::make_shared<const machine::Machine>(machine::load_machine("trn2", changed)));
}

const char* const kExp = R"(program "exp" machine="trn2" core=0
t0: float32[128, 512] private_hbm "x" input ; exp.py:1
t1: float32[128, 512] sbuf "tile" ; exp.py:2
t2: float32[128, 512] sbuf at=(0, 4096)
t3: float32[128, 512] shared_hbm
inputs t0
outputs t3
%0: dma_copy dst=t1 src=t0 ; exp.py:3
%1: activation dst=t2 op=exp data=t1 ; exp.py:4
%2: dma_copy dst=t3[0:64, 0:512] src=t2[0:64, 0:512] ; exp.py:5
)";

// Each tile is loaded, computed on, and then free for the next.
std::string many_tiles() {
  constexpr int kTiles = 16;
  std::string text = "program \"many\" machine=\"trn2\" core=0\n";
  text += "t0: float32[128, 2048] private_hbm input\n";
  for (int t = 1; t <= kTiles; ++t) text += fmt::format("t{}: float32[128, 2048] sbuf\n", t);
  text += "inputs t0\n";
  for (int t = 1; t <= kTiles; ++t)
    text += fmt::format("%{}: dma_copy dst=t{} src=t0\n%{}: activation dst=t{} op=exp data=t{}\n",
                        2 * t - 2, t, 2 * t - 1, t, t);
  return text;
}

// First fit gives each tile the bytes of the one before.
TimeOptions serial() {
  TimeOptions options;
  options.order = {program::SchedulePolicy::program, program::PlacePolicy::first_fit};
  return options;
}

profile::Report report_of(const Program& program, const TimeOptions& options = {}) {
  return make_report({&program}, Meetings::alone(0), options);
}

TEST(ReportDetail, ArgumentsAreThoseOfTheText) {
  const profile::Trace t = report_of(parse(kExp)).trace;
  ASSERT_EQ(t.intervals.size(), 3u);
  EXPECT_EQ(t.arguments.at(t.intervals[0].arguments), "dst=t1 src=t0");
  EXPECT_EQ(t.arguments.at(t.intervals[1].arguments), "dst=t2 op=exp data=t1");
  EXPECT_EQ(t.arguments.at(t.intervals[2].arguments), "dst=t3[0:64, 0:512] src=t2[0:64, 0:512]");
}

TEST(ReportDetail, TensorsAreWhereAndWhenTheyWereUsed) {
  const profile::Trace t = report_of(parse(kExp)).trace;
  ASSERT_EQ(t.tensors.size(), 4u);
  const profile::Tensor& tile = t.tensors[1];
  EXPECT_EQ(tile.id, "t1");
  EXPECT_EQ(tile.name, "tile");
  EXPECT_EQ(tile.type, "float32[128, 512]");
  EXPECT_EQ(tile.memory, profile::Memory::sbuf);
  EXPECT_EQ(tile.bytes, 2048);
  EXPECT_EQ(tile.first, t.intervals[0].start);
  EXPECT_EQ(tile.last, t.intervals[1].end);
  EXPECT_EQ(t.sources[tile.source].line, 2);
  EXPECT_EQ(t.tensors[2].address, 4096);
  EXPECT_EQ(t.tensors[2].last, t.span);
  EXPECT_EQ(t.tensors[3].memory, profile::Memory::hbm);
  EXPECT_EQ(t.tensors[3].bytes, 128 * 512 * 4);
}

TEST(ReportDetail, ATransferStreamsAtLeastAsFastAsOnesBehindAnother) {
  const profile::Trace t = report_of(parse(kExp)).trace;
  ASSERT_EQ(t.transfers.size(), 2u);
  EXPECT_EQ(t.transfers[0].bytes, 128 * 2048);
  EXPECT_EQ(t.transfers[0].row_bytes, 2048);
  EXPECT_EQ(t.transfers[1].bytes, 64 * 2048);
  const auto rate = std::ranges::find(t.dma_rates, 2048, &profile::TransferRate::row_bytes);
  ASSERT_NE(rate, t.dma_rates.end());
  const machine::Dma dma = machine::load_machine("trn2").core.dma;
  EXPECT_GE(t.transfers[0].gb_s, rate->gb_s);
  EXPECT_LE(t.transfers[0].gb_s, dma.engines * dma.engine_gb_s);
}

TEST(TransferRates, GrowWithTheRowsUpToTheEngines) {
  const auto machine = std::make_shared<const machine::Machine>(machine::load_machine("trn2"));
  const auto rates = transfer_rates(machine);
  ASSERT_EQ(rates.size(), 11u);
  EXPECT_TRUE(std::ranges::is_sorted(rates, {}, &profile::TransferRate::gb_s));
  const machine::Dma& dma = machine->core.dma;
  EXPECT_LE(rates.back().gb_s, dma.engines * dma.engine_gb_s);
  EXPECT_GE(rates.back().gb_s, 0.9 * dma.engines * dma.engine_gb_s);
}

const profile::WhatIf* row(const profile::Report& report, std::string_view words) {
  for (const profile::WhatIf& w : report.what_if)
    if (w.change == words) return &w;
  return nullptr;
}

TEST(WhatIf, EqualsTheProgramOnTheChangedMachine) {
  const profile::Report report = report_of(parse(kExp));
  const auto clock = machine::load_machine("trn2").core.scalar.clock_ghz;
  const Program faster = parse(kExp, {fmt::format("core.scalar.clock_ghz={}", 2 * clock)});
  const profile::WhatIf* scalar = row(report, "Scalar Engine at twice the clock");
  ASSERT_NE(scalar, nullptr);
  EXPECT_EQ(scalar->span, time(faster, {}).timeline.span);
  EXPECT_LT(scalar->span, report.trace.span);
}

TEST(WhatIf, TriesOnlyWhatIsUsed) {
  const profile::Report report = report_of(parse(kExp));
  EXPECT_EQ(row(report, "Tensor Engine at twice the clock"), nullptr);
  EXPECT_EQ(row(report, "Vector Engine at twice the clock"), nullptr);
  EXPECT_EQ(row(report, "SBUF and PSUM without end"), nullptr) << "nothing takes over memory";
  EXPECT_NE(row(report, "HBM at twice the bandwidth"), nullptr);
  EXPECT_TRUE(std::ranges::is_sorted(report.what_if, {}, &profile::WhatIf::span));
}

TEST(WhatIf, MemoryWithoutEndSavesTheWaitsForBytes) {
  const profile::Report report = report_of(parse(many_tiles()), serial());
  const profile::WhatIf* endless = row(report, "SBUF and PSUM without end");
  ASSERT_NE(endless, nullptr);
  EXPECT_LT(endless->span, report.trace.span * 2 / 3);
}

TEST(WhatIf, IsTheSameEveryTime) {
  const auto rows = [] {
    std::string all;
    const Program program = parse(many_tiles());
    for (const profile::WhatIf& w : report_of(program, serial()).what_if)
      all += fmt::format("{} {}\n", w.change, w.span);
    return all;
  };
  const std::string first = rows();
  for (int again = 0; again < 5; ++again) EXPECT_EQ(rows(), first);
}

}  // namespace
}  // namespace trainyard::core
