// Units that must not be confused. Simulated time is integral picoseconds.
#pragma once

#include <cmath>
#include <cstdint>

namespace trainyard::base {

using Picoseconds = int64_t;  ///< simulated time
using Bytes = int64_t;

/// `cycles` at `clock_ghz`, rounded to the nearest picosecond.
inline Picoseconds cycles_to_ps(double cycles, double clock_ghz) {
  return std::llround(cycles * 1000.0 / clock_ghz);
}
inline Picoseconds ns_to_ps(double ns) { return std::llround(ns * 1000.0); }

}  // namespace trainyard::base
