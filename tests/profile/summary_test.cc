// The block of text and the JSON that a run prints.

#include "trainyard/profile/summary.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/profile/make_trace.h"

namespace trainyard::profile {
namespace {

TEST(Summary, Block) {
  EXPECT_EQ(summary_text(make_trace()),
            R"(copy "quoted" on trn2: 1 logical core = 1 NeuronCore-v3 of Trainium2
  time           12.34 us simulated (uncalibrated, 10.1 to 15.7 us)
  instructions   3
  engines        busy
    vector         7.0 %     0.866 us
    dma load       4.1 %     0.500 us
    dma store      4.1 %     0.500 us
  DMA engines    50.0 % of 16
  HBM            131.1 kB, 10.62 GB/s of 716.0 (1.5 %)
  Tensor Engine  no matmul
  SBUF           12,288 of 212,992 bytes in each partition at most (5.8 %)
  PSUM           not used
  fidelity       exact 100 % · order-defined 0 % · approximate 0 % · reached control flow: no
)");
}

TEST(Summary, TimesChooseTheirUnit) {
  const auto text = [](Picoseconds span) {
    Trace t;
    t.span = t.low = t.high = span;
    return time_text(t);
  };
  EXPECT_EQ(text(0), "0.000 ns simulated (uncalibrated, 0.00 to 0.00 ns)");
  EXPECT_EQ(text(541'000), "541.0 ns simulated (uncalibrated, 541 to 541 ns)");
  EXPECT_EQ(text(1'234'500'000), "1.234 ms simulated (uncalibrated, 1.23 to 1.23 ms)");
  EXPECT_EQ(text(98'765'432'100'000), "98.77 s simulated (uncalibrated, 98.8 to 98.8 s)");
}

TEST(Summary, FidelityLine) {
  Fidelity f;
  f.exact = 940;
  f.order_defined = 40;
  f.approximate = 20;
  f.approximate_functions = {"exp", "gelu"};
  EXPECT_EQ(
      fidelity_text(f),
      "exact 94 % · order-defined 4 % · approximate 2 % (exp, gelu) · reached control flow: no");
}

TEST(Summary, FidelityNeverRoundsSomethingToNothing) {
  Fidelity f;
  f.exact = 9999;
  f.approximate = 1;
  f.approximate_functions = {"exp"};
  f.reached_control_flow = true;
  EXPECT_EQ(fidelity_text(f),
            "exact >99 % · order-defined 0 % · approximate <1 % (exp) · reached control flow: yes");
}

TEST(Summary, JsonHasTheSameFigures) {
  Trace t = make_trace();
  t.flops = 123.4e6;
  t.findings = {{"an approximate value decides a branch", {"kernel.py", 9}}};
  const auto json = nlohmann::json::parse(summary_json(t));
  EXPECT_EQ(json["time"]["ps"], 12'340'000);
  EXPECT_EQ(json["time"]["text"], "12.34 us simulated (uncalibrated, 10.1 to 15.7 us)");
  EXPECT_FALSE(json["time"]["calibrated"].get<bool>());
  EXPECT_NEAR(json["engines"][1]["busy_share"].get<double>(), 0.0702, 1e-4);
  EXPECT_DOUBLE_EQ(json["dma"]["busy_share"].get<double>(), 0.5);
  EXPECT_NEAR(json["tensor"]["tflops"].get<double>(), 10.0, 1e-9);
  EXPECT_EQ(json["fidelity"]["text"], fidelity_text(t.fidelity));
  EXPECT_EQ(json["findings"][0]["line"], 9);
}

TEST(Summary, EnergyIsItsPartsAndIdleness) {
  Trace t = make_trace();
  t.energy.parts = {{"tensor", {6e-5, 3e-5, 9e-5}}, {"hbm", {4e-7, 3e-7, 5e-7}}};
  t.energy.idle_w = {16, 8, 25};  // over 12.34, 10.1 and 15.66 us
  EXPECT_NEAR(t.joules().value, 6e-5 + 4e-7 + 16 * 12.34e-6, 1e-12);
  EXPECT_NEAR(t.joules().low, 3e-5 + 3e-7 + 8 * 10.1e-6, 1e-12);
  EXPECT_NEAR(t.joules().high, 9e-5 + 5e-7 + 25 * 15.66e-6, 1e-12);
  const std::string text = summary_text(t);
  EXPECT_NE(
      text.find("  energy         257.8 uJ, 20.9 W on average (estimate, 111.1 uJ to 482.0 uJ)\n"
                "                 idle 77 % · tensor 23 %\n"),
      text.npos)
      << text;
  const auto json = nlohmann::json::parse(summary_json(t))["energy"];
  EXPECT_EQ(json["parts"].size(), 3U);
  EXPECT_TRUE(json["instructions"].empty());
  EXPECT_NEAR(json["joules"]["value"].get<double>(), t.joules().value, 1e-12);
}

TEST(Summary, WithoutKnownEnergyNothingIsSaid) {
  EXPECT_EQ(summary_text(make_trace()).find("energy"), std::string::npos);
  EXPECT_FALSE(nlohmann::json::parse(summary_json(make_trace())).contains("energy"));
}

TEST(Combine, EnergiesAddUpByPart) {
  Trace a = make_trace(), b = make_trace();
  a.energy = {{{"tensor", {1, 1, 1}}, {"hbm", {2, 2, 2}}}, {{"dma_copy", {3, 3, 3}}}, {16, 8, 25}};
  b.energy = {{{"hbm", {3, 2, 4}}, {"links", {5, 5, 5}}}, {{"dma_copy", {8, 7, 9}}}, {16, 8, 25}};
  const Energy both = combine({a, b}, 2).energy;
  ASSERT_EQ(both.parts.size(), 3U);
  EXPECT_DOUBLE_EQ(both.parts[1].joules.value, 5);
  EXPECT_DOUBLE_EQ(both.parts[1].joules.high, 6);
  ASSERT_EQ(both.by_instruction.size(), 1U);
  EXPECT_DOUBLE_EQ(both.by_instruction[0].joules.value, 11);
  EXPECT_DOUBLE_EQ(both.idle_w.high, 50);
}

TEST(Combine, TwoCoresStartTogether) {
  Trace slow = make_trace();
  slow.span = 20'000'000;
  slow.fidelity.approximate = 1;
  slow.fidelity.approximate_functions = {"exp"};
  const Trace both = combine({make_trace(), slow}, 2);
  EXPECT_EQ(both.span, 20'000'000);
  EXPECT_EQ(both.instructions, 6u);
  EXPECT_EQ(both.hbm_bytes, 262'144u);
  EXPECT_EQ(both.dma_engines, 32);
  EXPECT_DOUBLE_EQ(both.peak_tflops, 2 * 78.6432);
  EXPECT_DOUBLE_EQ(both.hbm_gb_s_peak, 716) << "two cores share the stack";
  EXPECT_EQ(both.fidelity.exact, 6u);
  EXPECT_EQ(both.fidelity.approximate_functions, std::vector<std::string>{"exp"});
  ASSERT_EQ(both.lanes.size(), 8u);
  EXPECT_EQ(both.lanes[1].name, "core 0 vector");
  EXPECT_EQ(both.lanes[5].name, "core 1 vector");
  const Interval& copy = both.intervals[both.lanes[5].intervals.at(0)];
  EXPECT_EQ(both.labels[copy.label], "tensor_copy");
  EXPECT_EQ(both.sources[copy.source].line, 8);
  EXPECT_EQ(both.labels[both.intervals[copy.waited_for - 1].label], "dma_copy");
  EXPECT_EQ(both.transfers[2].interval, 3u);
}

TEST(Combine, CoresWithStacksOfTheirOwnAddUpBandwidth) {
  Trace core = make_trace();
  core.hbm_sharers = 1;
  EXPECT_DOUBLE_EQ(combine({core, core}, 2).hbm_gb_s_peak, 2 * 716);
}

TEST(Combine, OneCoreStaysAsItIs) {
  EXPECT_EQ(summary_text(combine({make_trace()}, 1)), summary_text(make_trace()));
}

TEST(Trace, DmaIsActiveWhileAnyTransferIsInFlight) {
  Trace trace;
  EXPECT_EQ(trace.dma_active(), 0);
  trace.transfers = {{20, 25, 0, 0}, {0, 10, 1, 0}, {21, 23, 2, 0}, {5, 12, 3, 0}};
  EXPECT_EQ(trace.dma_active(), 12 + 5);
}

}  // namespace
}  // namespace trainyard::profile
