// What is lost where fp32 results become narrower numbers: finite ones that turn infinite, small
// ones that turn zero, ones beyond an integer's range.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trainyard/base/dtype.h"

namespace trainyard::isa {

using base::DType;

/// What the running instruction has lost, if somebody watches.
struct Narrowing {
  bool watched = false;
  DType dtype = DType::fp32;  ///< of the first loss
  uint64_t overflowed = 0;    ///< finite values that became infinite or NaN
  uint64_t flushed = 0;       ///< normal fp32 numbers that became zero
  uint64_t saturated = 0;     ///< values beyond the integers there are
  float largest = 0;          ///< in magnitude, of those that overflowed or saturated
  float smallest = 0;         ///< in magnitude, of those flushed
};

/// Of this thread.
Narrowing& narrowing();

/// n fp32 values become elements of this type: counted in narrowing() if it is watched.
void count_losses(Narrowing& into, DType dtype, const float* values, size_t n);
inline void note_losses(DType dtype, const float* values, size_t n) {
  if (narrowing().watched) count_losses(narrowing(), dtype, values, n);
}

}  // namespace trainyard::isa
