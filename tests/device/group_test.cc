// Two cores that exchange tiles, from program text: values, mismatches, races and time.

#include "trainyard/device/group.h"

#include <gtest/gtest.h>

#include <cstring>

#include "trainyard/base/diagnostics.h"
#include "trainyard/core/timing.h"
#include "trainyard/program/order.h"
#include "trainyard/program/text.h"

namespace trainyard::device {
namespace {

using base::Code;
using base::Error;

std::string header(int core) {
  return "program \"k\" machine=\"trn2\" core=" + std::to_string(core) + " cores=2\n";
}

// The programs of both cores, run together.
struct Cores {
  std::vector<Program> programs;
  std::vector<std::unique_ptr<core::Values>> values;
  Group group{1, 2};

  Cores(const std::string& first, const std::string& second) {
    const std::string bodies[] = {first, second};
    for (int core = 0; core < 2; ++core)
      programs.push_back(program::parse_program(header(core) + bodies[core], "cores.txt"));
    for (int core = 0; core < 2; ++core) {
      values.push_back(std::make_unique<core::Values>(programs[core], core::ValueOptions{}));
      group.join(core, programs[core], values[core].get());
      group.keep(core, std::vector<uint8_t>(programs[core].tensor_count(), 1));
    }
  }
  void share(TensorId id) {
    for (int core = 0; core < 2; ++core) group.share(core, id, nullptr, true);
  }
  InstructionId size(int core) const { return static_cast<InstructionId>(programs[core].size()); }
  float first_of(int core, TensorId id) {
    float value;
    std::memcpy(&value, values[core]->memory().storage(id)->data(), sizeof value);
    return value;
  }
};

std::string exchange(int value, int other, int pipe = 0) {
  return fmt::format(
      "t0: float32[128, 4] sbuf\nt1: float32[128, 4] sbuf\nt2: float32[128, 4] shared_hbm \"x\"\n"
      "memset dst=t0 value={}\n"
      "sendrecv src=t0 dst=t1 send_to_rank={} recv_from_rank={} pipe_id={}\n",
      value, other, other, pipe);
}

Code code_of(auto work) {
  try {
    work();
  } catch (const Error& e) { return e.code(); }
  return Code::B001;
}

TEST(Group, CoresExchangeTiles) {
  Cores c(exchange(3, 1), exchange(5, 0));
  EXPECT_TRUE(c.group.run(0, c.size(0)));
  EXPECT_TRUE(c.group.run(1, c.size(1)));
  EXPECT_EQ(c.first_of(0, 1), 5);
  EXPECT_EQ(c.first_of(1, 1), 3);
}

TEST(Group, ACoreWaitsUntilTheOtherHasCome) {
  Cores c(exchange(3, 1), "t0: float32[128, 4] sbuf\nmemset dst=t0 value=5\n");
  EXPECT_FALSE(c.group.run(0, c.size(0)));
  EXPECT_EQ(c.values[0]->done(), 1u);
  EXPECT_EQ(code_of([&] { throw c.group.deadlock(); }), Code::E311);
  EXPECT_EQ(code_of([&] { c.group.meetings(); }), Code::E311);
  EXPECT_EQ(code_of([&] { c.group.run_in_step(); }), Code::E311);
}

TEST(Group, RefusesMeetingsThatDoNotGoTogether) {
  Cores pipes(exchange(3, 1, 0), exchange(5, 0, 1));
  EXPECT_EQ(code_of([&] { pipes.group.meetings(); }), Code::E312);
  EXPECT_EQ(code_of([&] { pipes.group.run(0, 2); }), Code::E312);
  Cores kinds(exchange(3, 1), "t0: float32[4, 4] shared_hbm\ncore_barrier data=t0 cores=[0, 1]\n");
  EXPECT_EQ(code_of([&] { kinds.group.meetings(); }), Code::E312);
}

std::string store(int first_row, const std::string& before = "") {
  return fmt::format(
      "t0: float32[4, 4] sbuf\nt1: float32[8, 4] shared_hbm \"x\"\n"
      "memset dst=t0 value=1\n{}dma_copy dst=t1[{}:{}, 0:4] src=t0\n",
      before, first_row, first_row + 4);
}
constexpr const char* kLoad = "t0: float32[4, 4] sbuf\nt1: float32[8, 4] shared_hbm \"x\"\n";

TEST(Group, FindsRacesBetweenMeetings) {
  const auto races = [](const std::string& first, const std::string& second) {
    Cores c(first, second);
    c.share(1);
    return c.group.find_races().size();
  };
  EXPECT_EQ(races(store(0), store(4)), 0u);
  EXPECT_EQ(races(store(0), store(3)), 1u);  // both write: a finding
  const std::string load = std::string(kLoad) + "dma_copy dst=t0 src=t1[2:6, 0:4]\n";
  EXPECT_EQ(code_of([&] { races(store(0), load); }), Code::E313);
  EXPECT_EQ(code_of([&] { races(load, store(4)); }), Code::E313);
  EXPECT_EQ(races(load, load), 0u);
  const std::string barrier = "core_barrier data=t1 cores=[0, 1]\n";
  const std::string late = std::string(kLoad) + barrier + "dma_copy dst=t0 src=t1[2:6, 0:4]\n";
  EXPECT_EQ(races(store(0) + barrier, late), 0u);
}

TEST(Group, WhatBothWriteIsWrittenInStep) {
  // Each writes all rows, then its own.
  const auto body = [](int value) {
    return fmt::format(
        "t0: float32[8, 4] sbuf\nt1: float32[8, 4] shared_hbm\n"
        "memset dst=t0 value=0\ndma_copy dst=t1 src=t0\nmemset dst=t0 value={}\n"
        "dma_copy dst=t1[{}:{}, 0:4] src=t0[0:4, 0:4]\n",
        value, 4 * (value - 1), 4 * value);
  };
  Cores c(body(1), body(2));
  c.share(1);
  EXPECT_FALSE(c.group.find_races().empty());
  c.group.run_in_step();
  const auto* data = reinterpret_cast<const float*>(c.values[0]->memory().storage(1)->data());
  EXPECT_EQ(data[0], 1);
  EXPECT_EQ(data[7 * 4], 2);
}

TEST(Group, TensorsInSharedHbmAreTheSame) {
  Cores c(kLoad, "t0: float32[4, 4] sbuf\nt1: float32[8, 5] shared_hbm\n");
  c.group.share(0, 1, nullptr, true);
  EXPECT_EQ(code_of([&] { c.group.share(1, 1, nullptr, true); }), Code::E110);
}

// Two sendrecv, each after work on one of the cores only: both cores start when the later has come.
TEST(Group, MeetingsStartTogether) {
  const auto body = [](int other, bool early) {
    std::string text = "t0: float32[128, 512] sbuf\nt1: float32[128, 512] sbuf\n";
    for (const bool mine : {early, !early}) {
      text += "memset dst=t0 value=1\n";
      for (int i = 0; mine && i < 20; ++i) text += "tensor_copy dst=t0 src=t0\n";
      text += fmt::format("sendrecv src=t0 dst=t1 send_to_rank={} recv_from_rank={} pipe_id=0\n",
                          other, other);
    }
    return text;
  };
  Cores c(body(1, true), body(0, false));
  std::vector<program::Ordered> ordered;
  for (const Program& p : c.programs) ordered.push_back(program::order(p, p.machine(), {}));
  const auto timelines = core::time_programs({&ordered[0], &ordered[1]}, c.group.meetings(),
                                             c.programs[0].machine(), 2);
  std::vector<std::vector<core::Picoseconds>> starts(2);
  for (int core = 0; core < 2; ++core) {
    const core::Timeline alone = core::time_program(ordered[core], c.programs[0].machine(), 2);
    EXPECT_GT(timelines[core].span, alone.span) << "it waits for the other";
    for (uint32_t k = 0; k < ordered[core].steps.size(); ++k)
      if (ordered[core].steps[k].meets) starts[core].push_back(timelines[core].start[k]);
  }
  ASSERT_EQ(starts[0].size(), 2u);
  EXPECT_EQ(starts[0], starts[1]);
}

}  // namespace
}  // namespace trainyard::device
