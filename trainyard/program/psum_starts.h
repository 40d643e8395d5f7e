// Which accumulations in PSUM start from what no matmul has put there.
#pragma once

#include <cstdint>
#include <vector>

#include "trainyard/isa/instruction.h"

namespace trainyard::program {

/// Follows the instructions of one program, in their order.
class PsumStarts {
 public:
  /// True for a matmul that accumulates onto what another engine wrote last, which is undefined up
  /// to NeuronCore-v3.
  bool add(const isa::Call& call);

 private:
  // Partitions and bytes of each that an access reaches at most.
  struct Box {
    int64_t partition, partition_end, byte, byte_end;
    bool meets(const Box& b) const {
      return partition < b.partition_end && b.partition < partition_end && byte < b.byte_end &&
             b.byte < byte_end;
    }
  };
  static Box box_of(const isa::OperandView& view);
  static void remove(std::vector<Box>& boxes, const Box& gone);
  void add_write(const isa::OperandView& view);

  std::vector<std::vector<Box>> others_;  // by tensor: what other engines than Tensor wrote last
};

}  // namespace trainyard::program
