// Looks through the program only once something is found, so it may take its time.

#include "trainyard/core/spread.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "trainyard/core/operand_values.h"

namespace trainyard::core {

using isa::Access;
using isa::Definedness;
using program::for_each_operand;
using program::kNone;

namespace {

std::string range_text(const std::string& name, const std::string& index,
                       const std::vector<float>& values) {
  const auto [low, high] = std::ranges::minmax(values);
  return low == high ? fmt::format("{}{} = {:.6g}", name, index, low)
                     : fmt::format("{}{} = {:.6g} to {:.6g}", name, index, low, high);
}

// The part of an input that output element `k`, of `n` in rows of `row`, is computed from.
std::string input_text(const Call& call, const Operands& in, size_t k, size_t n, size_t row) {
  const isa::OperandView v = call.view(in.slot);
  const std::vector<float> all = float_values(v, in.values);
  const std::string name = operand_name(call, in.slot);
  if (all.empty()) return name;
  const auto rows = static_cast<size_t>(v.partitions());
  const size_t columns = all.size() / rows;
  if (call.engine() == isa::Engine::tensor && call.spec().find("moving") >= 0) {
    const bool moving = in.slot == call.slot(call.spec().find("moving"));
    const size_t column = (moving ? k % row : k / row) % columns;
    std::vector<float> values;
    for (size_t r = 0; r < rows; ++r) values.push_back(all[r * columns + column]);
    return range_text(name, fmt::format("[:, {}]", column), values);
  }
  const Definedness rule = call.spec().definedness;
  if (rule == Definedness::elementwise && all.size() == n)
    return fmt::format("{}{} = {:.6g}", name, index_text(k, v.shape()), all[k]);
  const size_t r = k / row;
  if ((rule == Definedness::elementwise || rule == Definedness::rows) && r < rows) {
    const std::string index = columns == 1 ? fmt::format("[{}, 0]", r) : fmt::format("[{}, :]", r);
    const auto begin = all.begin() + static_cast<ptrdiff_t>(r * columns);
    return range_text(name, index, {begin, begin + static_cast<ptrdiff_t>(columns)});
  }
  return range_text(name, "", all);
}

}  // namespace

std::vector<Operands> overwritten_inputs(const Call& call, CoreMemory& memory) {
  std::vector<Operands> inputs;
  for_each_operand(call, [&](int slot, Access access) {
    const isa::OperandView v = call.view(slot);
    if (access != Access::read || v.layout->indirect != isa::Indirect::none) return;
    bool written = false;
    for_each_operand(call, [&](int other, Access how) {
      written |= how != Access::read && call.raw(other).tensor == v.id;
    });
    if (written) inputs.push_back({slot, packed_values(call, slot, memory)});
  });
  return inputs;
}

std::string describe_birth(const Call& call, int slot, size_t k, float value,
                           const std::vector<Operands>& inputs) {
  const isa::OperandView out = call.view(slot);
  const auto n = static_cast<size_t>(out.elements());
  const size_t row = n / static_cast<size_t>(out.partitions());
  std::vector<std::string> parts;
  for (const Operands& in : inputs) parts.push_back(input_text(call, in, k, n, row));
  const auto& params = call.spec().params;
  for (size_t p = 0; p < params.size(); ++p) {
    const isa::Value& v = call.value(static_cast<int>(p));
    if (v.kind == isa::Value::Kind::op)
      parts.push_back(fmt::format("{} = {}", params[p].name, isa::name_of(v.op())));
    if (v.kind == isa::Value::Kind::number)
      parts.push_back(fmt::format("{} = {:.6g}", params[p].name, v.number()));
  }
  return fmt::format("{}{} = {:.6g} from {}", operand_name(call, slot), index_text(k, out.shape()),
                     value, fmt::join(parts, ", "));
}

Reached follow(const Program& program, InstructionId from,
               const std::vector<InstructionId>& carriers) {
  std::set<TensorId> tainted;
  InstructionId last = from;
  const auto writes = [&](InstructionId i, bool& leaves) {
    for_each_operand(program.call(i), [&](int slot, Access access) {
      if (access == Access::read) return;
      const TensorId id = program.operands(i)[slot].tensor;
      tainted.insert(id);
      leaves |= !isa::is_on_chip(program.tensor(id).buffer);
    });
    last = i;
  };
  bool leaves = false;
  writes(from, leaves);
  for (auto it = std::ranges::upper_bound(carriers, from); it != carriers.end() && !leaves; ++it) {
    bool reads = false;
    for_each_operand(program.call(*it), [&](int slot, Access access) {
      reads |= access != Access::write && tainted.contains(program.operands(*it)[slot].tensor);
    });
    if (reads) writes(*it, leaves);
  }
  return {last, leaves};
}

InstructionId last_writer(const Program& program, InstructionId reader, int slot) {
  if (slot < 0) return kNone;
  const TensorId id = program.operands(reader)[slot].tensor;
  for (InstructionId i = reader; i-- > 0;) {
    bool writes = false;
    for_each_operand(program.call(i), [&](int s, Access access) {
      writes |= access != Access::read && program.operands(i)[s].tensor == id;
    });
    if (writes) return i;
  }
  return kNone;
}

}  // namespace trainyard::core
