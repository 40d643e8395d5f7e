// Captured instructions as instructions of a program, one by one or in the groups that one
// instruction stands for.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "trainyard/profile/capture.h"
#include "trainyard/profile/capture_operands.h"

namespace trainyard::profile {

/// An instruction of a program, its operands not yet part of a tensor.
struct Statement {
  std::string name;                                     ///< "tensor_copy@scalar"
  std::vector<std::pair<std::string, Extent>> tensors;  ///< by parameter; the first is written
  std::string arguments;                                ///< the others: " op=exp scale=0x1p+1"
  std::vector<uint32_t> captured;
};

/// The statements of a core in order of their start; `left_out` gets what has none.
std::vector<Statement> statements_of(const CapturedCore& core, std::vector<uint32_t>& left_out);

}  // namespace trainyard::profile
