// Scores of pairs of latencies; tests/cli/test_profile.py holds them against NumPy.

#include "trainyard/profile/compare.h"

#include <gtest/gtest.h>

#include <cmath>

namespace trainyard::profile {
namespace {

TEST(Compare, QuantilesLieBetweenValues) {
  EXPECT_EQ(quantile({}, 0.5), 0);
  EXPECT_EQ(quantile({3}, 0.9), 3);
  EXPECT_EQ(quantile({4, 1}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(quantile({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 0.9), 9);
  EXPECT_EQ(quantile({1, HUGE_VAL, HUGE_VAL}, 0.9), HUGE_VAL);
}

TEST(Compare, TwiceAndHalfWeighTheSame) {
  Comparison c;
  c.pairs = {{"COPY", 0, "", 0, 0, 100, 200}, {"COPY", 1, "", 0, 0, 200, 100}};
  const auto rows = by_opcode(c);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_DOUBLE_EQ(rows[0].median, std::log(2));
  EXPECT_EQ(rows[0].count, 2U);
}

TEST(Compare, TheWorstComeFirst) {
  Comparison c;
  c.pairs = {{"A", 0, "", 0, 0, 100, 101}, {"B", 1, "", 0, 0, 100, 90}, {"C", 2, "", 0, 0, 1, 6}};
  const auto two = worst(c, 2);
  ASSERT_EQ(two.size(), 2U);
  EXPECT_EQ(two[0].opcode + two[1].opcode, "BC");
  EXPECT_EQ(worst(c, 9).size(), 3U);
}

}  // namespace
}  // namespace trainyard::profile
