// Which bytes an operand touches, as a box with an optional stride: enough to tell whether two
// accesses can meet.
#pragma once

#include <cstdint>

#include "trainyard/isa/operand.h"

namespace trainyard::program {

/// Rows [row0, row1) x bytes [byte0, byte1) of a memory seen as rows of `pitch` bytes: partitions
/// on chip, the innermost dimension in HBM. With period > 0 only bytes b with
/// (b - byte0) mod period < width are touched.
struct Region {
  int64_t row0 = 0, row1 = 0;
  int64_t byte0 = 0, byte1 = 0;
  int64_t period = 0, width = 0;

  bool covers(const Region& other) const;
};

/// Whether two regions of the same memory may share a byte (never a false no).
bool may_overlap(const Region& a, const Region& b);

/// How the bytes of a tensor lie in its memory: rows of `pitch` bytes, the first at (row, byte) of
/// the arena if the tensor has an address.
struct Frame {
  int64_t pitch = 0, rows = 0;
  int64_t row = 0, byte = 0;

  Region whole() const { return {row, row + rows, byte, byte + pitch}; }
};

Frame frame_of(const isa::Tensor& tensor);

/// The region of an access: relative to its tensor, or to the arena if the tensor has an address.
/// Accesses with dynamic addresses cover their whole tensor.
Region region_of(const isa::Layout& layout, int64_t offset, const Frame& frame);

}  // namespace trainyard::program
