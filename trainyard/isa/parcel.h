// Data on its way from one core to another: bits, and which of them nobody has written.
#pragma once

#include <vector>

#include "trainyard/isa/run.h"

namespace trainyard::isa {

/// The elements of an operand, row-major and packed.
struct Parcel {
  DType dtype = DType::fp32;
  std::vector<std::byte> bits;
  std::vector<uint8_t> undefined;  ///< per element; empty: none is

  size_t element() const { return base::size_of(dtype); }
  size_t elements() const { return bits.size() / element(); }
  /// Appends `count` elements of another parcel, of the same type.
  void append(const Parcel& other, size_t first, size_t count);
  /// Puts them at `at` instead, over what is there.
  void replace(size_t at, const Parcel& other, size_t first, size_t count);
};

Parcel pack(Run& run, int slot);
/// Writes an operand of as many elements, and marks what is written.
void unpack(Run& run, int slot, const Parcel& parcel);

/// The elements combined by `op` (add, minimum, maximum), from the first parcel to the last, in
/// float32, and rounded once. An element is undefined if it is in one of them.
Parcel reduce(const std::vector<Parcel>& parcels, Operator op, const base::Rounding& rounding);

}  // namespace trainyard::isa
