// The table of instructions, and how a call finds its operands.

#include "trainyard/isa/instruction.h"

#include <array>

namespace trainyard::isa {

#define INSTRUCTION_NAME(name) INSTRUCTION(name);
#include "trainyard/isa/instructions.list"
#undef INSTRUCTION_NAME

const std::vector<const Spec*>& instructions() {
  static const std::vector<const Spec*> all = {
#define INSTRUCTION_NAME(name) &spec_##name(),
#include "trainyard/isa/instructions.list"
#undef INSTRUCTION_NAME
  };
  return all;
}

const Spec& spec(Opcode opcode) { return *instructions()[opcode]; }

int find_instruction(std::string_view name) {
  const auto& all = instructions();
  for (size_t i = 0; i < all.size(); ++i)
    if (all[i]->name == name) return static_cast<int>(i);
  return -1;
}

std::span<const std::string_view> member_names(ParamKind kind) {
  static constexpr std::array<std::string_view, 4> dge = {"unknown", "swdge", "hwdge", "none"};
  static constexpr std::array<std::string_view, 2> oob = {"error", "skip"};
  static constexpr std::array<std::string_view, 5> reduce = {"idle", "reset", "reduce",
                                                             "reset_reduce", "load_reduce"};
  static constexpr std::array<std::string_view, 2> perf = {"none", "double_row"};
  static const auto engines = [] {
    std::array<std::string_view, kEngineCount> names;
    for (int e = 0; e < kEngineCount; ++e) names[e] = name_of(static_cast<Engine>(e));
    return names;
  }();
  switch (kind) {
    case ParamKind::engine: return engines;
    case ParamKind::dge_mode: return dge;
    case ParamKind::oob_mode: return oob;
    case ParamKind::reduce_cmd: return reduce;
    case ParamKind::perf_mode: return perf;
    default: return {};
  }
}

int Spec::find(std::string_view param) const {
  for (size_t i = 0; i < params.size(); ++i)
    if (params[i].name == param) return static_cast<int>(i);
  return -1;
}

namespace {

// A `tensors` argument packs the first slot and the number of tensors into one value.
constexpr int kCountShift = 32;

bool has_index_operand(const Layout& layout) {
  return layout.indirect != Indirect::none && layout.reg == kNone;
}

}  // namespace

OperandView Call::view(int slot) const {
  const Operand& o = operands_[slot];
  return {&tables_.tensor(o.tensor), &tables_.layout(o.layout), o.offset, o.tensor};
}

int Call::tensor_count(int param) const {
  if (!is_tensor(param)) return 0;
  return std::max<int>(1, static_cast<int>(values_[param].bits >> kCountShift));
}

int Call::slot(int param, int i) const {
  int slot = static_cast<int>(values_[param].bits & ((int64_t{1} << kCountShift) - 1));
  for (; i > 0; --i) slot += has_index_operand(tables_.layout(operands_[slot].layout)) ? 2 : 1;
  return slot;
}

OperandView Call::operand(int param, int i) const { return view(slot(param, i)); }

OperandView Call::index_of(int param, int i) const { return view(slot(param, i) + 1); }

}  // namespace trainyard::isa
