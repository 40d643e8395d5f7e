// Values on many threads: the bits and the refusals of one.

#include "trainyard/core/values.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "trainyard/base/diagnostics.h"
#include "trainyard/program/text.h"

namespace trainyard::core {
namespace {

constexpr int kTiles = 24;

// Independent tiles, each a chain of instructions of several engines that ends in HBM. A second
// chain through `shared` makes every tile wait for the one before.
std::string tiles() {
  std::string tensors =
      fmt::format("t0: float32[{}, 64] shared_hbm\nt1: float32[128, 64] sbuf\n", 128 * kTiles);
  std::string work = "%0: memset dst=t1 value=0\n";
  int n = 1;
  const auto add = [&](const std::string& instruction) {
    work += fmt::format("%{}: {}\n", n++, instruction);
  };
  for (int i = 0; i < kTiles; ++i) {
    const int numbers = 3 * i + 2, rows = numbers + 1, sums = numbers + 2;
    tensors += fmt::format("t{}: int32[128, 64] sbuf\n", numbers);
    tensors += fmt::format("t{}: float32[128, 64] sbuf\n", rows);
    tensors += fmt::format("t{}: float32[64, 64] psum\n", sums);
    add(fmt::format("iota dst=t{} pattern=[[1, 64]] offset={} channel_multiplier=64", numbers, i));
    add(fmt::format("activation dst=t{} op=sin data=t{} scale=0x1p-7", rows, numbers));
    add(fmt::format("nc_matmul dst=t{0} stationary=t{1} moving=t{1}", sums, rows));
    add(
        fmt::format("tensor_tensor@vector dst=t{0}[0:64, 0:64] data1=t{0}[0:64, 0:64] data2=t{1} "
                    "op=add",
                    rows, sums));
    add(fmt::format("tensor_tensor@vector dst=t1 data1=t1 data2=t{} op=add", rows));
    add(fmt::format("dma_copy dst=t0[{}:{}, 0:64] src=t1", 128 * i, 128 * (i + 1)));
  }
  return "program \"tiles\" machine=\"trn2\" core=0\n" + tensors + "outputs t0\n" + work;
}

std::vector<std::byte> output_of(const std::string& text, int threads) {
  const program::Program program = program::parse_program(text, "tiles.program");
  ValueOptions options;
  options.threads = threads;
  Values values(program, options);
  values.run(static_cast<InstructionId>(program.size()), {1});  // t0 is kept
  values.check_output(0);
  Storage& out = *values.memory().storage(0);
  return {out.data(), out.data() + out.bytes()};
}

TEST(Values, AnyNumberOfThreadsGivesTheSameBits) {
  const std::vector<std::byte> alone = output_of(tiles(), 1);
  ASSERT_EQ(alone.size(), size_t{128} * kTiles * 64 * 4);
  EXPECT_NE(alone, std::vector<std::byte>(alone.size()));
  for (const int threads : {2, 3, 8})
    for (int round = 0; round < 5; ++round) EXPECT_EQ(output_of(tiles(), threads), alone);
}

TEST(Values, TheFirstRefusalOfTheProgramIsRaised) {
  // Neither is a permutation. The first to fail waits for a chain, the second for nothing.
  std::string text =
      "program \"two\" machine=\"trn2\" core=0\n"
      "t0: float32[128, 128] sbuf ; two.py:1\nt1: float32[128, 128] sbuf ; two.py:2\n"
      "t2: float32[128, 128] psum ; two.py:3\nt3: float32[128, 128] psum ; two.py:4\n"
      "%0: memset dst=t0 value=1\n%1: memset dst=t1 value=1\n";
  int n = 2;
  for (int i = 0; i < 20; ++i) text += fmt::format("%{}: activation dst=t0 op=copy data=t0\n", n++);
  for (const char* moving : {"t0", "t1"}) {
    text += fmt::format(
        "%{0}: nc_matmul dst=t{1} stationary=t1 moving={2} is_transpose=True ; two.py:{0}\n", n,
        moving[1] - '0' + 2, moving);
    ++n;
  }
  for (const int threads : {1, 4})
    for (int round = 0; round < 10; ++round) {
      try {
        output_of(text, threads);
        FAIL() << "not refused";
      } catch (const base::Error& error) {
        EXPECT_EQ(error.code(), base::Code::E111);
        EXPECT_EQ(error.place().line, n - 2);
      }
    }
}

}  // namespace
}  // namespace trainyard::core
