// A program of NeuronCore instructions: what a front end produces, and what values, time and checks
// read. One program runs on one physical core.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "trainyard/isa/instruction.h"

namespace trainyard::program {

using isa::Call;
using isa::Engine;
using isa::kNone;
using isa::LayoutId;
using isa::Operand;
using isa::TensorId;
using isa::Value;

/// One instruction: its arguments lie in the program's shared tables.
struct Instruction {
  isa::Opcode opcode = 0;
  Engine engine = Engine::unknown;
  uint8_t dynamic = 0;  ///< an address or branch comes from a register or tile
  uint32_t values = 0;  ///< first of its Values
  uint32_t first_operand = 0;
  uint32_t site = kNone;  ///< where it was called
};
static_assert(sizeof(Instruction) == 16);

using InstructionId = uint32_t;

/// An order that the kernel asks for beside the order of its data.
struct Edge {
  InstructionId consumer, producer;
  auto operator<=>(const Edge&) const = default;
};

/// A branch of a loop that the core runs itself: every engine decides at this place whether to go
/// round once more. No instruction moves across it.
struct Branch {
  InstructionId before;  ///< the instruction that follows
  bool taken;
};

class Program final : public isa::Tables {
 public:
  explicit Program(std::shared_ptr<const machine::Machine> machine, const isa::Seat& seat = {})
      : isa::Tables(seat), machine_(std::move(machine)) {}

  const machine::Machine& machine() const { return *machine_; }
  const std::shared_ptr<const machine::Machine>& shared_machine() const { return machine_; }

  TensorId add_tensor(isa::Tensor tensor);
  LayoutId intern(const isa::Layout& layout);
  uint32_t intern_list(std::span<const int64_t> list);
  uint32_t intern_text(std::string_view text);
  uint32_t add_register() { return registers_++; }

  /// Appends an instruction. `values` has one entry per parameter of the spec; operand values
  /// count from the first of `operands`.
  InstructionId add(isa::Opcode opcode, Engine engine, std::span<const Value> values,
                    std::span<const Operand> operands, uint32_t site);

  /// `consumer` waits for the end of `producer` although data may not ask for it (nl.no_reorder,
  /// depends_on, with_schedule). The producer may come later in the program.
  void add_edge(InstructionId consumer, InstructionId producer) {
    edges_.push_back({consumer, producer});
  }
  std::span<const Edge> edges() const { return edges_; }

  /// The engines branch here, after what was added so far.
  void add_branch(bool taken) { branches_.push_back({static_cast<InstructionId>(size()), taken}); }
  std::span<const Branch> branches() const { return branches_; }

  size_t size() const { return instructions_.size(); }
  size_t tensor_count() const { return tensors_.size(); }
  uint32_t register_count() const { return registers_; }
  const Instruction& instruction(InstructionId i) const { return instructions_[i]; }
  const isa::Spec& spec(InstructionId i) const { return isa::spec(instructions_[i].opcode); }
  /// Whether cores meet in this instruction.
  bool meets(InstructionId i) const { return spec(i).meet != nullptr; }
  std::span<const Value> values(InstructionId i) const {
    return {&values_[instructions_[i].values], spec(i).params.size()};
  }
  /// All operands of an instruction, index operands included.
  std::span<const Operand> operands(InstructionId i) const {
    return {operands_.data() + instructions_[i].first_operand, operand_count(i)};
  }
  /// What is done with each of them.
  std::span<const isa::Access> accesses(InstructionId i) const {
    return {accesses_.data() + instructions_[i].first_operand, operand_count(i)};
  }
  Call call(InstructionId i) const { return call(i, *machine_); }
  /// The same on another machine of the generation.
  Call call(InstructionId i, const machine::Machine& machine) const {
    return call(i, machine, instructions_[i].engine);
  }
  /// The same on another engine.
  Call call(InstructionId i, const machine::Machine& machine, Engine engine) const {
    const Instruction& in = instructions_[i];
    return Call(isa::spec(in.opcode), &values_[in.values], operands_.data() + in.first_operand,
                *this, machine, engine);
  }
  /// The label given with name=…, or "".
  std::string_view label(InstructionId i) const;

  /// Names a site for messages; set by the front end that made the sites.
  std::function<base::Place(uint32_t)> resolve_site;
  base::Place place(uint32_t site) const {
    return site != kNone && resolve_site ? resolve_site(site) : base::Place{};
  }

  std::vector<TensorId> inputs;   ///< kernel arguments, in order
  std::vector<TensorId> outputs;  ///< what the kernel returned
  std::string name;               ///< the kernel's

 private:
  uint32_t operand_count(InstructionId i) const {
    const auto end = i + 1 < instructions_.size() ? instructions_[i + 1].first_operand
                                                  : static_cast<uint32_t>(operands_.size());
    return end - instructions_[i].first_operand;
  }

  std::shared_ptr<const machine::Machine> machine_;
  std::vector<Instruction> instructions_;
  std::vector<Value> values_;
  std::vector<Operand> operands_;
  std::vector<isa::Access> accesses_;  // by operand
  std::vector<Edge> edges_;
  std::vector<Branch> branches_;  // in order
  uint32_t registers_ = 0;

  std::unordered_map<uint64_t, std::vector<LayoutId>> layout_index_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> value_index_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> list_index_;
  std::unordered_map<std::string, uint32_t> text_index_;
};

/// Refuses a tensor that its memory cannot hold: partitions (E101), size (E201, E202), an explicit
/// address outside the memory or off a PSUM bank (E204).
void check_tensor(const Program& program, const isa::Tensor& tensor);

/// Refuses an access that leaves its tensor or, on chip, its partition, or that breaks the rules of
/// access patterns (E122). `index`: the operand that follows a dynamic one, if it is not a
/// register.
void check_access(const Program& program, const Operand& operand, const Operand* index);

/// Calls visit(slot, access) for every tensor operand of an instruction: its parameters' operands
/// with their access, and index operands as reads.
template <class Visit>
void for_each_operand(const Call& call, Visit visit) {
  const isa::Spec& spec = call.spec();
  for (int param : spec.operand_params) {
    if (!call.is_tensor(param)) continue;
    for (int i = 0; i < call.tensor_count(param); ++i) {
      const int slot = call.slot(param, i);
      visit(slot, spec.params[param].access);
      if (call.layout(slot).has_index_operand()) visit(slot + 1, isa::Access::read);
    }
  }
}

/// Calls visit(register, access) for every register of an instruction, addresses included.
template <class Visit>
void for_each_register(const Call& call, Visit visit) {
  const isa::Spec& spec = call.spec();
  for (int param : spec.register_params)
    if (call.value(param).kind == Value::Kind::reg)
      visit(static_cast<uint32_t>(call.value(param).bits), spec.params[param].access);
  for (int param : spec.operand_params) {
    for (int i = 0; i < call.tensor_count(param); ++i) {
      const uint32_t reg = call.layout(call.slot(param, i)).reg;
      if (reg != kNone) visit(reg, isa::Access::read);
    }
  }
}

}  // namespace trainyard::program
