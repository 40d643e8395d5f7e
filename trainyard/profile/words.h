// How figures are written for people.
#pragma once

#include <cstdint>
#include <string>

#include "trainyard/profile/trace.h"

namespace trainyard::profile {

struct Unit {
  double picoseconds;
  const char* name;
};

/// The unit in which a time reads as one to three digits before the point.
Unit unit_of(Picoseconds time);

/// `digits` significant digits without an exponent, never fewer than there are before the point.
std::string significant(double value, int digits);

std::string in_unit(Picoseconds time, const Unit& unit, int digits);

/// "12.34 us"
std::string duration_text(Picoseconds time);

/// 1234567 as "1,234,567"
std::string count_text(uint64_t n);

/// "1.645 MB"
std::string bytes_text(double bytes);

/// "512 bytes" or "4 KiB"
std::string size_text(int64_t bytes);

/// "38.0 %" of a share
std::string percent(double share);

double ratio(double part, double whole);
double ratio(Picoseconds part, Picoseconds whole);

/// "file.py:12", or empty
std::string place_text(const Source& source);

}  // namespace trainyard::profile
