// A hash table of examples; what hashes alike is compared in full.

#include "trainyard/program/kinds.h"

#include <bit>

namespace trainyard::program {

namespace {

class Finder {
 public:
  Finder(const Program& program, std::vector<InstructionId>& examples)
      : program_(program), examples_(examples) {}

  uint32_t kind_of(InstructionId i) {
    if (2 * examples_.size() >= table_.size()) grow();
    uint32_t& slot = slot_of(i);
    if (slot == kNone) {
      slot = static_cast<uint32_t>(examples_.size());
      examples_.push_back(i);
    }
    return slot;
  }

 private:
  // Which of an instruction's operands are one and the same tells its cost too (a sum in place).
  static size_t first_like(std::span<const Operand> operands, size_t k) {
    size_t first = 0;
    while (operands[first].tensor != operands[k].tensor ||
           operands[first].offset != operands[k].offset)
      ++first;
    return first;
  }

  // What a cost may ask of a tensor.
  uint64_t nature(const Operand& o) const {
    const isa::Tensor& t = program_.tensor(o.tensor);
    return static_cast<uint64_t>(t.buffer) << 1 | t.is_intermediate();
  }

  size_t hash(InstructionId i) const {
    const Instruction& in = program_.instruction(i);
    uint64_t h = in.opcode | uint64_t{in.values} << 16 | static_cast<uint64_t>(in.engine) << 56;
    for (const Operand& o : program_.operands(i))
      h = (std::rotl(h, 23) ^ o.layout ^ nature(o) << 32) * 0x9e3779b97f4a7c15;
    return h * 0x9e3779b97f4a7c15 >> 32;
  }

  bool alike(InstructionId a, InstructionId b) const {
    const Instruction &x = program_.instruction(a), &y = program_.instruction(b);
    if (x.opcode != y.opcode || x.engine != y.engine || x.values != y.values) return false;
    const auto of_a = program_.operands(a), of_b = program_.operands(b);
    if (of_a.size() != of_b.size()) return false;
    for (size_t k = 0; k < of_a.size(); ++k)
      if (of_a[k].layout != of_b[k].layout || nature(of_a[k]) != nature(of_b[k]) ||
          first_like(of_a, k) != first_like(of_b, k))
        return false;
    return true;
  }

  // Where the kind of `i` stands, or kNone for it to be put there.
  uint32_t& slot_of(InstructionId i) {
    size_t at = hash(i) & (table_.size() - 1);
    while (table_[at] != kNone && !alike(examples_[table_[at]], i))
      at = (at + 1) & (table_.size() - 1);
    return table_[at];
  }

  void grow() {
    table_.assign(std::max<size_t>(64, 2 * table_.size()), kNone);
    for (uint32_t kind = 0; kind < examples_.size(); ++kind) slot_of(examples_[kind]) = kind;
  }

  const Program& program_;
  std::vector<InstructionId>& examples_;
  std::vector<uint32_t> table_;
};

}  // namespace

Kinds::Kinds(const Program& program) {
  Finder finder(program, examples);
  of.reserve(program.size());
  for (InstructionId i = 0; i < program.size(); ++i) of.push_back(finder.kind_of(i));
  for (const InstructionId i : examples) engines.push_back(program.instruction(i).engine);
  others.assign(examples.size(), kNone);
  for (uint32_t kind = 0, n = static_cast<uint32_t>(examples.size()); kind < n; ++kind) {
    const Call call = program.call(examples[kind]);
    if (!call.spec().other_engine) continue;
    const Engine engine = call.spec().other_engine(call);
    if (engine == Engine::unknown) continue;
    others[kind] = static_cast<uint32_t>(examples.size());
    others.push_back(kind);
    examples.push_back(examples[kind]);
    engines.push_back(engine);
    open = true;
  }
}

}  // namespace trainyard::program
