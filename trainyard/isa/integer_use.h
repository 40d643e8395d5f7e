// Integers in engines that compute in float32: above 2^24 it cannot tell all of them apart, and
// results are rounded. That is what the chip does, and seldom what a kernel means.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

/// What the running instruction has done to integers, as far as it read and wrote rows.
struct IntegerUse {
  bool read = false;        ///< widened integers
  bool inexact_in = false;  ///< among them some that float32 does not hold
  bool large_out = false;   ///< narrowed values of 2^24 and more to integers
  bool float_out = false;   ///< wrote floats
};

/// Of this thread.
IntegerUse& integer_use();

/// n packed elements become float32: kept in integer_use().
void note_widened(DType dtype, const std::byte* elements, size_t n);
/// n float32 values become elements of this type.
void note_narrowed(DType dtype, const float* values, size_t n);

/// Whether that was arithmetic on integers that float32 rounds. A conversion to a floating type is
/// none: its result has no more bits.
bool rounds_integers(const Call& call, const IntegerUse& use);

}  // namespace trainyard::isa
