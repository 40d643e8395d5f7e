// Captures: what is read from one, what is refused, and whatever the damage, one or the other.

#include "trainyard/profile/capture.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/profile/tiny_capture.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/profile/capture_operands.h"
#include "trainyard/profile/capture_program.h"
#include "trainyard/profile/capture_trace.h"

namespace trainyard::profile {
namespace {

const CapturedInstruction& find(const CapturedCore& core, std::string_view opcode, int nth = 0) {
  for (const CapturedInstruction& i : core.instructions)
    if (i.opcode == opcode && nth-- == 0) return i;
  throw std::logic_error("no such instruction");
}

std::vector<std::string> opcodes_before(const CapturedCore& core, const CapturedInstruction& in) {
  std::vector<std::string> names;
  for (const uint32_t k : in.after) names.push_back(core.instructions[k].opcode);
  return names;
}

std::string refusal(const std::string& text) {
  try {
    parse_capture(text, "x.json");
  } catch (const base::Error& error) {
    EXPECT_EQ(error.code(), base::Code::E006);
    return error.message();
  }
  return "taken";
}

TEST(Capture, ADmaEndsWithItsSemaphore) {
  const Capture capture = parse_capture(tiny_capture(), "tiny.json");
  const CapturedCore& core = kernel_core(capture);
  const CapturedInstruction& load = find(core, "DMA_DIRECT2D");
  EXPECT_EQ(load.start, 1'000'000);
  EXPECT_EQ(load.duration, 541'000);
  EXPECT_EQ(load.end, 3'155'000) << "the sixteenth increment";
  EXPECT_EQ(find(core, "DMA_DIRECT2D", 1).end, 6'335'000);
}

TEST(Capture, ThePacketsOfAQueueAreThoseOfItsDmas) {
  const Capture capture = parse_capture(tiny_capture(), "tiny.json");
  const Trace trace = trace_of(capture);
  ASSERT_EQ(trace.transfers.size(), 2U);
  EXPECT_EQ(trace.transfers[0].start, 2'330'000);
  EXPECT_EQ(trace.transfers[0].end, (2'330 + 150 + 48 + 7) * 1000);
  EXPECT_EQ(trace.transfers[0].hbm_bytes, 16 * (2 * 512 + 4));
  EXPECT_EQ(trace.dma_engines, 16);
}

TEST(Capture, SemaphoresSayWhoWaitedForWhom) {
  const Capture capture = parse_capture(tiny_capture(), "tiny.json");
  const CapturedCore& core = kernel_core(capture);
  using Names = std::vector<std::string>;
  EXPECT_EQ(opcodes_before(core, find(core, "EVENT_SEMAPHORE")), Names{"DMA_DIRECT2D"});
  EXPECT_EQ(opcodes_before(core, find(core, "COPY")), Names{"MATMUL"});
  const CapturedInstruction& reduce = find(core, "TENSOR_REDUCE");
  ASSERT_EQ(reduce.after.size(), 1U);
  EXPECT_EQ(core.instructions[reduce.after[0]].start, 3'563'000) << "the second increment's";
  EXPECT_TRUE(find(core, "LDWEIGHTS", 1).after.empty());
}

TEST(Capture, TheKernelsWindowLeavesTheRuntimeOut) {
  const Capture capture = parse_capture(tiny_capture(), "tiny.json");
  const Window window = kernel_window(kernel_core(capture));
  EXPECT_EQ(window.start, 1'000'000);
  EXPECT_EQ(window.end, 6'335'000);
  EXPECT_EQ(capture.span, 7'100'000);
}

TEST(Capture, WhatIsNoneIsRefusedByName) {
  EXPECT_NE(refusal("no JSON").find("no JSON"), std::string::npos);
  EXPECT_NE(refusal("[]").find("no object"), std::string::npos);
  EXPECT_NE(refusal("{}").find("no list \"metadata\""), std::string::npos);
  EXPECT_NE(refusal(tiny_capture("\"data_version\": 8", "\"data_version\": 9")).find("version 9"),
            std::string::npos);
  EXPECT_NE(refusal(tiny_capture("\"label\": \"Sync\"", "\"label\": \"Sink\"")).find("Sink"),
            std::string::npos);
  EXPECT_NE(refusal(tiny_capture("\"timestamp\": 900", "\"timestamp\": -1")).find("timestamp"),
            std::string::npos);
  EXPECT_NE(refusal(tiny_capture("\"opcode\": ", "\"code\": ")).find("opcode"), std::string::npos);
  const std::string whole = tiny_capture();
  for (const size_t length : {whole.size() / 3, whole.size() - 4})
    EXPECT_NE(refusal(whole.substr(0, length)), "taken");
}

TEST(Capture, TimesUpToTheLimitAreTaken) {
  const std::string limit = std::to_string(int64_t{1} << 40);
  EXPECT_EQ(refusal(tiny_capture("\"timestamp\": 900", "\"timestamp\": " + limit)), "taken");
  const std::string beyond = std::to_string((int64_t{1} << 40) + 1);
  EXPECT_NE(refusal(tiny_capture("\"timestamp\": 900", "\"timestamp\": " + beyond)), "taken");
}

TEST(CaptureOperands, BackwardsPatternsAreTurned) {
  const auto e = extent_of(" src=bfloat16@0x10fe[-1,0,-32][32,1,4] 128*128 ", "src", 128);
  ASSERT_TRUE(e);
  EXPECT_EQ(e->address, 0x1000);
  EXPECT_EQ(e->dims, (std::vector<Stride>{{32, 4}, {1, 32}}));
  EXPECT_EQ(e->bytes(), 256);
}

TEST(CaptureOperands, MemoriesAreToldByTheirAddress) {
  EXPECT_EQ(extent_of(" dst=0x2000800[1,0,0][128,1,1]", "dst", 128)->memory, Extent::Memory::psum);
  EXPECT_EQ(extent_of(" dst=0x800[1,0,0][128,1,1]", "dst", 128)->memory, Extent::Memory::sbuf);
  EXPECT_EQ(extent_of(" dst=0x840004[1][2]", "dst", 8)->partition, 0x840004 / 0x40000);
  EXPECT_FALSE(extent_of(" dst=0x802[1][2]", "dst", 8)) << "no address of float32";
  EXPECT_FALSE(extent_of(" dst=0x800[1,2][2]", "dst", 8));
  EXPECT_FALSE(extent_of(" dst=weird@0x800[1][2]", "dst", 8));
}

TEST(CaptureProgram, LeavesOutWhatItDoesNotKnow) {
  const Capture capture = parse_capture(tiny_capture(), "tiny.json");
  const CapturedCore& core = kernel_core(capture);
  const CaptureProgram p = program_of(capture, core, machine::load_machine("trn2"));
  std::vector<std::string> left_out;
  for (const uint32_t k : p.left_out) left_out.push_back(core.instructions[k].opcode);
  EXPECT_EQ(left_out, (std::vector<std::string>{"ACT_TABLE_LOAD", "IOTA"}));
  EXPECT_EQ(p.captured.size(), 8U);
  EXPECT_EQ(p.captured[2].size(), 4U) << "both halves of the float32 product";
}

// Every damage at once: bytes, cuts, digits; the same every time.
std::string damaged(std::string text, unsigned seed) {
  std::mt19937 random(seed);
  const auto below = [&](size_t n) { return random() % n; };
  for (size_t times = 1 + below(3); times > 0; --times) {
    const size_t at = below(text.size());
    switch (below(6)) {
      case 0: text[at] = static_cast<char>(below(256)); break;
      case 1: text.erase(at, 1 + below(40)); break;
      case 2: text.insert(at, text.substr(below(text.size()), below(60))); break;
      default: {
        const size_t digit = text.find_first_of("0123456789", at);
        if (digit != text.npos) text[digit] = "0123456789-[],x"[below(15)];
      }
    }
  }
  return text;
}

TEST(CaptureFuzz, DamagedCapturesAreReadOrRefused) {
  const machine::Machine machine = machine::load_machine("trn2");
  const std::string whole = tiny_capture();
  constexpr int kCases = 1500;
  int read = 0;
  for (int i = 0; i < kCases; ++i) {
    try {
      const Capture capture = parse_capture(damaged(whole, static_cast<unsigned>(i)), "x.json");
      ++read;
      capture_text(capture);
      program_of(capture, kernel_core(capture), machine);
    } catch (const base::Error& error) {
      ASSERT_EQ(error.code(), base::Code::E006) << "case " << i << ": " << error.what();
    }
  }
  EXPECT_GT(read, kCases / 10) << "the damage leaves too little to test";
  EXPECT_LT(read, kCases) << "no damage was noticed";
}

}  // namespace
}  // namespace trainyard::profile
