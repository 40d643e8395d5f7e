// Pictures of operands for messages about shapes: what came, and what would fit.
#pragma once

#include <string>
#include <vector>

#include "trainyard/base/diagnostics.h"
#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

/// One box: partitions downwards (or rows, in HBM), the elements of each to the right.
struct Box {
  std::string title;
  int64_t partitions = 0;
  std::string free;  ///< the other dimensions, "512" or "4 x 128"
};

/// Boxes side by side, in lines without a newline: as high as they have quadrants of 32 partitions,
/// all of one width.
std::vector<std::string> draw_boxes(const std::vector<Box>& boxes);

/// Adds to a refusal of a call's shapes (E101 to E104, E110) a picture of the operand it complains
/// about, of the one it is compared with, and of what would fit, and says how to get that by
/// slicing where slicing is enough. Leaves other errors as they are.
void explain_shapes(const Call& call, base::Error& error);

}  // namespace trainyard::isa
