// What a report says of a small trace, whose figures can be worked out by hand.

#include "trainyard/profile/report.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/profile/make_trace.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/profile/analysis.h"
#include "trainyard/profile/packing.h"
#include "trainyard/profile/page.h"

namespace trainyard::profile {
namespace {

using testing::Test;

// The trace with what reports add: a load of 64 KiB in rows of 512 bytes, at a fifth of the best.
Trace detailed() {
  Trace t = make_trace();
  t.arguments = {"", "dst=t1 src=t0", "dst=t2 src=t1", "dst=t0 src=t2"};
  for (uint32_t k = 0; k < 3; ++k) t.intervals[k].arguments = k + 1;
  for (Transfer& transfer : t.transfers) {
    transfer.bytes = 65'536;
    transfer.row_bytes = 512;
    transfer.gb_s = 80;
  }
  t.dma_rates = {{512, 80}, {2048, 300}, {4096, 380}, {8192, 400}};
  t.tensors = {
      {"t0", "x", "float32[128, 128]", Memory::hbm, 0, 0, 65'536, 0, 0, 0, 12'340'000, 1},
      {"t1", "", "float32[128, 128]", Memory::sbuf, 0, 0, 512, 0, 128, 0, 3'000'000, 1},
      {"t2", "", "float32[128, 128]", Memory::sbuf, 0, 512, 512, 0, 128, 2'034'000, 12'340'000, 1}};
  return t;
}

std::string page_of(const Trace& trace) {
  const Report report{trace, {{"half of it", 6'170'000}}};
  std::string page;
  write_page({&report}, [&](std::string_view text) { page += text; });
  return page;
}

TEST(CriticalPath, GoesBackFromTheLastResultAndAddsUp) {
  const Trace t = detailed();
  const std::vector<PathStep> path = critical_path(t);
  ASSERT_EQ(path.size(), 3u);
  EXPECT_EQ(path[0].interval, 0u);
  EXPECT_EQ(path[0].time, 2'034'000);
  EXPECT_EQ(path[1].time, 1'000'000);
  EXPECT_EQ(path[2].time, 9'306'000);
  EXPECT_EQ(path[0].time + path[1].time + path[2].time, t.span);
}

TEST(CriticalPath, FollowsTheLaneWhereNothingWasWaitedFor) {
  Trace t = detailed();
  t.intervals = {{0, 50, 40, 0, 1, 0}, {40, 100, 90, 1, 1, 0}, {95, 130, 120, 1, 1, 2}};
  t.lanes = {{"tensor", 80, {0, 1}}, {"vector", 25, {2}}};
  t.transfers.clear();
  const std::vector<PathStep> path = critical_path(t);
  ASSERT_EQ(path.size(), 3u);
  EXPECT_EQ(path[0].time, 40);
  EXPECT_EQ(path[1].time, 55);
  EXPECT_EQ(path[2].time, 35);
}

TEST(CriticalPath, IsUnknownWhereNobodyKnowsWhoWaited) {
  Trace t = detailed();
  for (Interval& i : t.intervals) i.waited_for = 0;
  EXPECT_TRUE(critical_path(t).empty());
  EXPECT_TRUE(critical_path(Trace{}).empty());
}

TEST(CriticalPath, EndsWhereACaptureContradictsItself) {
  Trace t = detailed();
  t.intervals[0].waited_for = 3;  // in a circle
  EXPECT_EQ(critical_path(t).size(), 3u);
}

TEST(Stalls, SayWhatIsWaitedForAndWhatLargerRowsWouldReach) {
  const Trace t = detailed();
  const std::vector<Stall> stalls = find_stalls(t, critical_path(t));
  ASSERT_EQ(stalls.size(), 1u) << "queues of DMAs wait by design";
  EXPECT_EQ(stalls[0].time, 2'034'000);
  EXPECT_EQ(stalls[0].critical, 2'034'000);
  EXPECT_EQ(stalls[0].text, "vector waits 16.5 % for the load of `x` (kernel.py:7)");
  EXPECT_NE(stalls[0].advice.find("Nothing can start"), std::string::npos);
}

// A trace in which the Vector Engine waits for a second load after it has begun.
Trace waiting_twice() {
  Trace t = detailed();
  t.intervals.push_back({5'000'000, 6'000'000, 5'500'000, 0, 1, 0, 1});
  t.intervals.push_back({6'034'000, 7'000'000, 6'900'000, 1, 2, 4, 2});
  t.lanes[2].intervals.push_back(3);
  t.lanes[1].intervals.push_back(4);
  t.transfers.push_back(t.transfers[0]);
  t.transfers.back().interval = 3;
  return t;
}

TEST(Stalls, AdviseLargerRows) {
  const std::vector<Stall> stalls = find_stalls(waiting_twice(), {});
  ASSERT_EQ(stalls.size(), 1u);
  EXPECT_EQ(stalls[0].count, 2u);
  EXPECT_EQ(stalls[0].advice,
            "Rows of 512 bytes reach 20 % of the bandwidth of DMAs; 4 KiB would reach 95 %: move "
            "more of each row at once.");
}

TEST(Stalls, AdviseLargerTransfersWhereRowsAreLongEnough) {
  Trace t = waiting_twice();
  for (Transfer& transfer : t.transfers) transfer.row_bytes = 4096;
  EXPECT_NE(find_stalls(t, {})[0].advice.find("move several tiles in one"), std::string::npos);
}

TEST(Stalls, AdviseFewerBytesWhereDmaEnginesAreBusyAndEarlierLoadsElse) {
  Trace t = waiting_twice();
  for (Transfer& transfer : t.transfers) transfer.gb_s = 390;
  EXPECT_NE(find_stalls(t, {})[0].advice.find("too late"), std::string::npos);
  t.dma_busy = t.span * t.dma_engines * 7 / 10;
  EXPECT_NE(find_stalls(t, {})[0].advice.find("70.0 % busy: move fewer bytes"), std::string::npos);
}

TEST(Stalls, ABusyEngineIsTheBottleneck) {
  Trace t;
  t.span = 1'000;
  t.labels = {"exp", "copy"};
  t.sources = {{}};
  t.intervals = {{0, 700, 700, 0, 0, 0}, {700, 800, 800, 1, 0, 1}};
  t.lanes = {{"scalar", 700, {0}}, {"vector", 100, {1}}, {"gpsimd", 0, {}}};
  const std::vector<Stall> stalls = find_stalls(t, {});
  ASSERT_EQ(stalls.size(), 1u);
  EXPECT_EQ(stalls[0].text, "vector waits 70.0 % for exp on scalar");
  EXPECT_EQ(stalls[0].advice,
            "scalar is the bottleneck (70.0 % busy): move some of its work to vector (10.0 % "
            "busy).");
}

TEST(Utilisation, IsSpreadOverThePartsThatAnIntervalCovers) {
  Trace t;
  t.span = 1'000;
  t.labels = {"a"};
  t.sources = {{}};
  t.intervals = {{0, 500, 500, 0, 0, 0}, {600, 650, 650, 0, 0, 0}};
  t.lanes = {{"tensor", 550, {0, 1}}};
  t.transfers = {{250, 750, 0, 4'000}};
  t.tensors = {{"t0", "", "", Memory::sbuf, 0, 0, 100, 0, 1, 0, 600, 0},
               {"t1", "", "", Memory::sbuf, 0, 100, 50, 0, 1, 400, 1'000, 0}};
  const Utilisation u = utilisation_of(t, 4);
  EXPECT_EQ(u.lanes[0], (std::vector<double>{1, 1, 0.2, 0}));
  EXPECT_EQ(u.hbm_gb_s, (std::vector<double>{0, 8'000, 8'000, 0}));
  EXPECT_EQ(u.in_flight, (std::vector<double>{0, 1, 1, 0}));
  EXPECT_EQ(u.sbuf_bytes, (std::vector<int64_t>{100, 150, 150, 50}));
}

TEST(Packing, IsZlibInBase64) {
  EXPECT_EQ(packed(""), "eAEDAAAAAAE=");
  Column column;
  for (const uint64_t n : {0u, 127u, 128u, 300u}) column.add(n);
  for (const int64_t n : {-1, 1, -64}) column.add_signed(n);
  EXPECT_EQ(column.bytes(), std::string("\0\x7f\x80\x01\xac\x02\x01\x02\x7f", 9));
}

TEST(ReportText, HasEverySection) {
  const std::string text = report_text({detailed(), {{"half of it", 6'170'000}}});
  for (const char* part :
       {"simulated (uncalibrated", "What engines wait for", "vector waits 16.5 %",
        "Critical path: 3 instructions", "half of it", "2.00 x", "Use over time", "SBUF in use",
        "DMAs by size", "rows of 512 bytes", "Lines of kernel.py"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

TEST(ReportText, ACaptureMayKnowLittle) {
  Trace t = make_trace();
  t.sources.clear();
  t.transfers.clear();
  for (Interval& i : t.intervals) {
    i.source = 0;
    i.waited_for = 0;
  }
  const std::string text = report_text({t, {}});
  for (const char* part : {"What engines wait for", "Critical path", "What would", "Lines of"})
    EXPECT_EQ(text.find(part), std::string::npos) << part;
  const auto json = nlohmann::json::parse(report_json({}));
  EXPECT_TRUE(json["kernels"].empty());
  EXPECT_NE(page_of(t).find("k0-intervals"), std::string::npos);
  EXPECT_NE(page_of(Trace{}).find("k0-intervals"), std::string::npos);
}

TEST(ReportPage, WhatIsOnNoLaneIsNotDrawn) {
  Trace t = detailed();
  EXPECT_NE(page_of(t).find("\"transfers\":2,\"tensors\""), std::string::npos);
  t.lanes.pop_back();  // that of the store
  EXPECT_NE(page_of(t).find("\"transfers\":1,\"tensors\""), std::string::npos);
}

TEST(ReportJson, HasTheSameFigures) {
  const Report report{detailed(), {{"half of it", 6'170'000}}};
  const auto json = nlohmann::json::parse(report_json({&report, &report}));
  ASSERT_EQ(json["kernels"].size(), 2u);
  const auto& kernel = json["kernels"][0];
  EXPECT_EQ(kernel["time"]["ps"], 12'340'000);
  EXPECT_EQ(kernel["critical_path"]["steps"], 3);
  EXPECT_EQ(kernel["critical_path"]["time_ps"], 12'340'000);
  EXPECT_EQ(kernel["stalls"][0]["line"], 7);
  EXPECT_DOUBLE_EQ(kernel["what_if"][0]["speedup"], 2);
  EXPECT_EQ(kernel["transfers"]["sizes"][0]["count"], 2);
  EXPECT_EQ(kernel["utilisation"]["hbm_gb_s"].size(), kUtilisationParts);
}

TEST(ReportJson, BytesThatAreNoTextAreReplaced) {
  Trace t = detailed();
  t.kernel = "broken \xff";
  const Report report{t, {}};
  const auto json = nlohmann::json::parse(report_json({&report}));
  EXPECT_EQ(json["kernels"][0]["kernel"], "broken \uFFFD");
}

TEST(ReportPage, NamesNeverBecomeMarkup) {
  Trace t = detailed();
  const std::string evil = "</script><img src=x onerror=alert(1)><!--";
  t.kernel = evil;
  t.labels[0] = evil;
  t.sources[1].file = evil + ".py";
  const std::string page = page_of(t), harmless = page_of(detailed());
  const auto count = [](const std::string& text, std::string_view word) {
    size_t n = 0;
    for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) ++n;
    return n;
  };
  for (const char* word : {"<img", "</script", "<script", "<!--"})
    EXPECT_EQ(count(page, word), count(harmless, word)) << word;
}

TEST(ReportPage, AsksNothingOfTheNetwork) {
  const std::string page = page_of(detailed());
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
  for (const char* word : {" src=\"", "href=\"http", "@import", "url("})
    EXPECT_EQ(page.find(word), std::string::npos) << word;
}

class ReportFile : public Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  const std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "report_file";
};

TEST_F(ReportFile, JsonByItsName) {
  const Report report{detailed(), {}};
  write_report(folder_ / "r.json", {&report});
  std::ifstream file(folder_ / "r.json");
  EXPECT_EQ(nlohmann::json::parse(file)["kernels"][0]["instructions"], 3);
}

TEST_F(ReportFile, WhatCannotBeWrittenIsRefusedAndLeavesNothing) {
  const Report report{detailed(), {}};
  for (const char* name : {"missing/r.html", "missing/r.json"}) {
    try {
      write_report(folder_ / name, {&report});
      FAIL() << "not refused";
    } catch (const base::Error& e) { EXPECT_EQ(e.code(), base::Code::E006); }
  }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace trainyard::profile
