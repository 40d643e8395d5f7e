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

/// The region of an operand: relative to its tensor, or to the arena if the tensor has an address.
/// Operands with dynamic addresses cover their whole tensor.
Region region_of(const isa::OperandView& operand);

/// The whole tensor.
Region region_of(const isa::Tensor& tensor);

}  // namespace trainyard::program
