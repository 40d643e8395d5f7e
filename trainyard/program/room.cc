// What each tensor needs, and how often it is used.

#include "trainyard/program/room.h"

namespace trainyard::program {

Room::Room(const Program& program, int percent)
    : program_(program), tensors_(program.tensor_count()) {
  for (TensorId id = 0; id < program.tensor_count(); ++id) {
    const isa::Tensor& t = program.tensor(id);
    tensors_[id].psum = t.buffer == isa::Buffer::psum;
    // A tensor with an address has its room whether it is in use or not.
    if (isa::is_on_chip(t.buffer) && !t.has_address())
      tensors_[id].bytes = static_cast<uint32_t>(t.row_bytes());
  }
  for (InstructionId i = 0; i < program.size(); ++i)
    for (const Operand& o : program.operands(i)) ++tensors_[o.tensor].uses;
  const machine::Memory& m = program.machine().core.memory;
  // Headroom for what placement loses to fragments.
  left_[0] = (m.sbuf_partition_bytes - m.sbuf_reserved_bytes) * 7 / 8 * percent / 100;
  left_[1] = m.psum_partition_bytes * percent / 100;
}

}  // namespace trainyard::program
