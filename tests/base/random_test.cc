// Known answers of Philox, and that random_bits has neither bias nor memory where a plain hash of
// counters would: in single bits, between neighbours, streams and seeds.
#include "trainyard/base/random.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <set>
#include <vector>

namespace trainyard::base {
namespace {

using Words = std::array<uint32_t, 4>;

TEST(Philox, GivesTheKnownAnswers) {  // of Random123's kat_vectors
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t ones = 0xffffffff;
  EXPECT_EQ(philox4x32({ones, ones, ones, ones}, {ones, ones}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomBits, StayWhatTheyAre) {  // results of old runs depend on them
  EXPECT_EQ(random_bits(0, 0, 0), 0xbea78125);
  EXPECT_EQ(random_bits(1, 2, 3), 0x1e37a9df);
  EXPECT_EQ(random_bits(~0ull, ~0ull, ~0ull), 0x7ed48ab7);
}

TEST(RandomBits, OfARunAreThoseOfItsElements) {
  for (uint64_t first : {uint64_t{0}, uint64_t{3}, (uint64_t{1} << 32) - 20, ~uint64_t{0} - 99}) {
    for (size_t n : {0, 1, 15, 16, 17, 90}) {
      std::vector<uint32_t> run(n + 1, 123);
      random_run(5, 6, first, run.data(), n);
      for (size_t i = 0; i < n; ++i) ASSERT_EQ(run[i], random_bits(5, 6, first + i));
      EXPECT_EQ(run[n], 123u);
    }
  }
}

/// How far `ones` of `trials` fair coins is from half, in standard deviations.
double deviation(double ones, double trials) {
  return std::abs(ones - trials / 2) / (std::sqrt(trials) / 2);
}

constexpr size_t kCount = 1 << 16;

std::vector<uint32_t> run_of(uint64_t seed, uint64_t stream) {
  std::vector<uint32_t> bits(kCount);
  random_run(seed, stream, 0, bits.data(), kCount);
  return bits;
}

/// Whether each bit of a differs from the same bit of b half of the time.
void expect_unrelated(const std::vector<uint32_t>& a, const std::vector<uint32_t>& b) {
  for (int bit = 0; bit < 32; ++bit) {
    double differing = 0;
    for (size_t i = 0; i < a.size(); ++i) differing += (a[i] ^ b[i]) >> bit & 1;
    EXPECT_LT(deviation(differing, static_cast<double>(a.size())), 5) << "bit " << bit;
  }
}

TEST(RandomBits, AreFairAndUnrelatedToNeighbours) {
  const std::vector<uint32_t> bits = run_of(1, 2);
  expect_unrelated(bits, std::vector<uint32_t>(kCount, 0));
  for (size_t distance : {1, 2, 3, 16, 512, 4096}) {
    expect_unrelated({bits.begin(), bits.end() - distance}, {bits.begin() + distance, bits.end()});
  }
}

TEST(RandomBits, AreUnrelatedBetweenStreamsAndSeeds) {
  const std::vector<uint32_t> bits = run_of(1, 2);
  for (int bit = 0; bit < 64; bit += 9) {
    expect_unrelated(bits, run_of(1, 2 ^ uint64_t{1} << bit));
    expect_unrelated(bits, run_of(1 ^ uint64_t{1} << bit, 2));
  }
}

TEST(RandomBits, FillTheUnitIntervalEvenly) {
  std::vector<double> counts(256);
  for (uint32_t bits : run_of(3, 4)) ++counts[bits >> 24];
  double chi_square = 0;
  for (double count : counts) chi_square += (count - 256) * (count - 256) / 256;
  EXPECT_GT(chi_square, 160);  // 255 degrees of freedom: 255 +- 23
  EXPECT_LT(chi_square, 370);
}

TEST(RandomBits, RepeatAsOftenAsChanceHasIt) {
  const std::vector<uint32_t> a = run_of(7, 8), b = run_of(9, 10);
  std::set<uint32_t> seen(a.begin(), a.end());
  seen.insert(b.begin(), b.end());
  EXPECT_LE(2 * kCount - seen.size(), 12u);  // two are expected among 2^17 of 2^32
}

}  // namespace
}  // namespace trainyard::base
