// Which accumulations in PSUM start from what no matmul has put there.
#pragma once

#include <cstdint>
#include <vector>

#include "trainyard/isa/instruction.h"
#include "trainyard/program/boxes.h"

namespace trainyard::program {

/// Follows the instructions of one program, in their order.
class PsumStarts {
 public:
  /// True for a matmul that accumulates onto what another engine wrote last, which is undefined up
  /// to NeuronCore-v3.
  bool add(const isa::Call& call);

 private:
  struct Written {
    Box box;
  };
  void add_write(const isa::OperandView& view);

  std::vector<std::vector<Written>>
      others_;  // by tensor: what other engines than Tensor wrote last
};

}  // namespace trainyard::program
