// Thread CPU time rather than wall time, and interleaving rather than one after the other: clock
// changes and neighbours then strike both sides of a ratio alike.
#include "bench/ratio.h"

#include <ctime>

#include <algorithm>
#include <vector>

#include <fmt/format.h>

namespace trainyard::bench {
namespace {

double thread_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

double seconds_of(const std::function<void()>& work, int repeats) {
  const double start = thread_seconds();
  for (int i = 0; i < repeats; ++i) work();
  return (thread_seconds() - start) / repeats;
}

}  // namespace

double cpu_seconds(const std::function<void()>& work) { return seconds_of(work, 1); }

double speed_against(const std::function<void()>& work, const std::function<void()>& yardstick,
                     int rounds) {
  constexpr double kRoundSeconds = 4e-3;
  auto repeats_of = [](const std::function<void()>& run) {
    run();  // warm caches and scratch memory
    return std::max(1, static_cast<int>(kRoundSeconds / std::max(1e-7, cpu_seconds(run))));
  };
  const int work_repeats = repeats_of(work), yardstick_repeats = repeats_of(yardstick);
  std::vector<double> ratios;
  for (int round = 0; round < rounds; ++round) {
    const double ours = seconds_of(work, work_repeats);
    ratios.push_back(seconds_of(yardstick, yardstick_repeats) / ours);
  }
  std::nth_element(ratios.begin(), ratios.begin() + rounds / 2, ratios.end());
  return ratios[rounds / 2];
}

void print_speed(const std::string& what, const std::string& yardstick, double speed, double bar) {
  fmt::print("{}: {:.2f} of {} (bar {}){}\n", what, speed, yardstick, bar,
             speed < bar ? " MISSED" : "");
}

void print_time(const std::string& what, const std::string& yardstick, double times, double bar) {
  fmt::print("{}: {:.2f}x the time of {} (bar {}){}\n", what, times, yardstick, bar,
             times > bar ? " MISSED" : "");
}

}  // namespace trainyard::bench
