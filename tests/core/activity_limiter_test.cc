// The activity limiter against its law, in windows of 1000 ps.

#include "trainyard/core/activity_limiter.h"

#include <gtest/gtest.h>

namespace trainyard::core {
namespace {

machine::Core core_with(double window_cycles) {
  machine::Core core;
  core.scalar.clock_ghz = 1;
  core.tensor.window_cycles = window_cycles;
  core.tensor.window_threshold = 0.375;
  core.tensor.cold_rate = 0.5;
  return core;
}

TEST(ActivityLimiter, IsThereOnlyWithWindows) {
  ActivityLimiter none(core_with(0));
  EXPECT_EQ(none.delay(0, 1'000'000), 0);
}

TEST(ActivityLimiter, TheFirstWindowIsCold) {
  ActivityLimiter all(core_with(1));
  EXPECT_EQ(all.delay(0, 500), 500);   // the whole window for half of its work
  EXPECT_EQ(all.delay(1000, 700), 0);  // which warms the next
  ActivityLimiter across(core_with(1));
  EXPECT_EQ(across.delay(0, 1200), 500) << "500 in the first window, 700 in the second";
}

TEST(ActivityLimiter, TheNextWindowIsWarmAboveTheThreshold) {
  ActivityLimiter at(core_with(1)), above(core_with(1));
  EXPECT_EQ(at.delay(0, 375), 375);
  EXPECT_EQ(at.delay(1000, 100), 100);
  EXPECT_EQ(above.delay(0, 376), 376);
  EXPECT_EQ(above.delay(1000, 100), 0);
}

TEST(ActivityLimiter, WorkOfOneWindowAddsUp) {
  ActivityLimiter limiter(core_with(1));
  EXPECT_EQ(limiter.delay(0, 200), 200);
  EXPECT_EQ(limiter.delay(500, 200), 200);
  EXPECT_EQ(limiter.delay(1000, 10), 0);
}

TEST(ActivityLimiter, AnIdleWindowCools) {
  ActivityLimiter limiter(core_with(1));
  EXPECT_EQ(limiter.delay(0, 500), 500);
  EXPECT_EQ(limiter.delay(1500, 100), 0);
  EXPECT_EQ(limiter.delay(2500, 100), 100) << "100 of 1000 do not keep it warm";
  EXPECT_EQ(limiter.delay(3000, 500), 500);
  EXPECT_EQ(limiter.delay(5500, 100), 100) << "nor does nothing at all";
  EXPECT_EQ(limiter.delay(12'345, 100), 100);
}

}  // namespace
}  // namespace trainyard::core
