// Perfetto files: well-formed, complete, and never half-written.

#include "trainyard/profile/perfetto.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/profile/make_trace.h"
#include "trainyard/base/diagnostics.h"

namespace trainyard::profile {
namespace {

using Json = nlohmann::json;

class Perfetto : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / (std::string("perfetto_") + info->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Json written(const std::vector<const Trace*>& kernels, const PerfettoOptions& options = {}) {
    const auto path = folder_ / "trace.json";
    write_perfetto(path, kernels, options);
    std::ifstream file(path);
    return Json::parse(file).at("traceEvents");
  }
  static std::vector<Json> of_phase(const Json& events, const std::string& phase) {
    std::vector<Json> found;
    for (const Json& e : events)
      if (e.at("ph") == phase) found.push_back(e);
    return found;
  }

  std::filesystem::path folder_;
};

TEST_F(Perfetto, OneSliceAnInstructionOnTheTrackOfItsLane) {
  const Trace trace = make_trace();
  const Json events = written({&trace});
  std::map<int, std::string> tracks;
  for (const Json& e : of_phase(events, "M"))
    if (e["name"] == "thread_name") tracks[e["tid"]] = e["args"]["name"];
  const auto slices = of_phase(events, "X");
  ASSERT_EQ(slices.size(), 4u);
  EXPECT_EQ(slices[0]["name"], "copy \"quoted\"");
  EXPECT_EQ(tracks[slices[0]["tid"]], "kernels");
  EXPECT_DOUBLE_EQ(slices[0]["dur"], 12.34);
  EXPECT_EQ(slices[2]["name"], "tensor_copy");
  EXPECT_EQ(tracks[slices[2]["tid"]], "vector");
  EXPECT_DOUBLE_EQ(slices[2]["ts"], 2.034);
  EXPECT_DOUBLE_EQ(slices[2]["dur"], 0.866);
  EXPECT_EQ(slices[2]["args"]["source"], "kernel.py:8");
  EXPECT_EQ(slices[2]["args"]["waited_for"], "dma_copy");
  EXPECT_DOUBLE_EQ(slices[2]["args"]["result_us"], 3.0);
  EXPECT_TRUE(slices[1]["args"]["waited_for"].is_null());
  EXPECT_TRUE(slices[3]["args"]["source"].is_null());
}

TEST_F(Perfetto, NamesOfAnyBytesAreWellFormed) {
  Trace trace = make_trace();
  trace.kernel = "a\\b\n\x01 \xc3\xa9 \xff\xc3";
  const auto slices = of_phase(written({&trace}), "X");
  EXPECT_EQ(slices.at(0)["name"], "a\\b\n\x01 \xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd");
}

TEST_F(Perfetto, ArrowsLeadFromWhatWasWaitedFor) {
  const Trace trace = make_trace();
  const Json events = written({&trace});
  const auto from = of_phase(events, "s"), to = of_phase(events, "f");
  ASSERT_EQ(from.size(), 2u);
  ASSERT_EQ(to.size(), 2u);
  EXPECT_EQ(from[0]["id"], to[0]["id"]);
  EXPECT_NE(from[0]["id"], from[1]["id"]);
  EXPECT_DOUBLE_EQ(from[0]["ts"], 0);
  EXPECT_DOUBLE_EQ(to[0]["ts"], 2.034);
}

TEST_F(Perfetto, OnlyTheLongestWaitsGetArrows) {
  const Trace trace = make_trace();
  const Json events = written({&trace}, {.most_arrows = 1});
  ASSERT_EQ(of_phase(events, "f").size(), 1u);
  EXPECT_DOUBLE_EQ(of_phase(events, "f")[0]["ts"], 3.034);
  EXPECT_TRUE(of_phase(written({&trace}, {.most_arrows = 0}), "s").empty());
}

TEST_F(Perfetto, TransfersBeginAndEnd) {
  const Trace trace = make_trace();
  const Json events = written({&trace});
  const auto begins = of_phase(events, "b"), ends = of_phase(events, "e");
  ASSERT_EQ(begins.size(), 2u);
  ASSERT_EQ(ends.size(), 2u);
  EXPECT_EQ(begins[1]["id"], ends[1]["id"]);
  EXPECT_DOUBLE_EQ(ends[1]["ts"], 11.99);
  EXPECT_EQ(begins[0]["args"]["hbm_bytes"], 65'536);
}

TEST_F(Perfetto, KernelsFollowEachOther) {
  const Trace trace = make_trace();
  const auto slices = of_phase(written({&trace, &trace}), "X");
  ASSERT_EQ(slices.size(), 8u);
  EXPECT_DOUBLE_EQ(slices[4]["ts"], 12.34);
  EXPECT_DOUBLE_EQ(slices[6]["ts"], 12.34 + 2.034);
}

TEST_F(Perfetto, NoKernelsIsAnEmptyTrace) { EXPECT_TRUE(written({}).empty()); }

TEST_F(Perfetto, AFileThatCannotBeWrittenIsRefusedAndLeavesNothing) {
  const Trace trace = make_trace();
  try {
    write_perfetto(folder_ / "missing" / "trace.json", {&trace});
    FAIL() << "not refused";
  } catch (const base::Error& e) { EXPECT_EQ(e.code(), base::Code::E006); }
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace trainyard::profile
