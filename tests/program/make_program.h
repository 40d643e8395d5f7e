// Building small programs in C++ tests: tensors, views and calls by name.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "trainyard/isa/rules.h"
#include "trainyard/program/view.h"

namespace trainyard::program {

class Maker {
 public:
  explicit Maker(const std::string& machine = "trn2")
      : program(std::make_shared<const machine::Machine>(machine::load_machine(machine))) {}

  Program program;

  View tensor(isa::Buffer buffer, std::vector<int64_t> shape, DType dtype = DType::fp32,
              int64_t address_bytes = -1) {
    isa::Tensor t;
    t.buffer = buffer;
    t.shape = std::move(shape);
    t.dtype = dtype;
    if (address_bytes >= 0) {
      t.address_partition = 0;
      t.address_bytes = address_bytes;
    }
    const TensorId id = program.add_tensor(t);
    return View::whole(program.tensor(id), id);
  }
  View sbuf(std::vector<int64_t> shape, DType dtype = DType::fp32) {
    return tensor(isa::Buffer::sbuf, std::move(shape), dtype);
  }
  View psum(std::vector<int64_t> shape) { return tensor(isa::Buffer::psum, std::move(shape)); }
  View hbm(std::vector<int64_t> shape, DType dtype = DType::fp32) {
    return tensor(isa::Buffer::shared_hbm, std::move(shape), dtype);
  }

  /// Appends an instruction whose first parameters are these tensors; the others take defaults,
  /// but for `op`.
  InstructionId call(const std::string& name, std::initializer_list<View> tensors,
                     Value op = Value{}) {
    const int opcode = isa::find_instruction(name);
    const isa::Spec& spec = isa::spec(static_cast<isa::Opcode>(opcode));
    std::vector<Value> values(spec.params.size());
    std::vector<Operand> operands;
    size_t p = 0;
    for (const View& v : tensors) {
      values[p++] = Value::operand(static_cast<int>(operands.size()));
      v.append_operands(program, operands);
    }
    for (; p < values.size(); ++p) values[p] = spec.params[p].default_value;
    if (const int at = spec.find("op"); at >= 0) values[at] = op;
    if (const int at = spec.find("value"); at >= 0) values[at] = Value::number(0);
    Engine engine = spec.engines.empty() ? Engine::sync : spec.engines[0];
    const Call call(spec, values.data(), operands.data(), program, program.machine(), engine);
    if (spec.choose_engine) engine = spec.choose_engine(call);
    return program.add(static_cast<isa::Opcode>(opcode), engine, values, operands, kNone);
  }
};

/// Slices of one dimension, for brevity.
inline View part(const View& v, int dim, int64_t start, int64_t stop, int64_t step = 1) {
  return v.slice(dim, start, stop, step);
}

}  // namespace trainyard::program
