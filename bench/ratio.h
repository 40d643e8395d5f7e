// Ratios between two pieces of work, measured so that the load of the machine cancels out.
#pragma once

#include <functional>
#include <string>

namespace trainyard::bench {

/// CPU seconds of one call of `work` by this thread.
double cpu_seconds(const std::function<void()>& work);

/// Runs both in turn, `rounds` times, and returns the median of time(yardstick) / time(work): how
/// many times as fast as the yardstick `work` is. Each round repeats both for a few milliseconds.
double speed_against(const std::function<void()>& work, const std::function<void()>& yardstick,
                     int rounds = 5);

/// Prints "<what>: 0.97 of <yardstick> (bar 0.9)", with " MISSED" behind if below the bar.
void print_speed(const std::string& what, const std::string& yardstick, double speed, double bar);

/// Prints "<what>: 1.2x the time of <yardstick> (bar 1.5)", with " MISSED" behind if above the bar.
void print_time(const std::string& what, const std::string& yardstick, double times, double bar);

}  // namespace trainyard::bench
