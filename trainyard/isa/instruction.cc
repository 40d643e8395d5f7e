// The table of instructions, and how a call finds its operands.

#include "trainyard/isa/instruction.h"

#include <array>

namespace trainyard::isa {

#define INSTRUCTION_NAME(name) INSTRUCTION(name);
#include "trainyard/isa/instructions.list"
#undef INSTRUCTION_NAME

namespace {

bool may_be_tensor(ParamKind kind) {
  return kind == ParamKind::tensor || kind == ParamKind::tensors ||
         kind == ParamKind::tensor_or_number;
}

bool may_be_register(ParamKind kind) {
  return kind == ParamKind::reg || kind == ParamKind::reg_or_integer;
}

Spec indexed(Spec spec) {
  for (size_t p = 0; p < spec.params.size(); ++p) {
    const int param = static_cast<int>(p);
    if (may_be_tensor(spec.params[p].kind)) spec.operand_params.push_back(param);
    if (may_be_register(spec.params[p].kind)) spec.register_params.push_back(param);
    if (spec.params[p].kind == ParamKind::dge_mode) spec.dge_mode_param = param;
    const bool dma = spec.engines.size() == 1 && spec.engines[0] == Engine::dma;
    if (dma && spec.params[p].kind == ParamKind::engine) spec.trigger_param = param;
  }
  return spec;
}

}  // namespace

const std::vector<const Spec*>& instructions() {
  static const std::vector<Spec> specs = {
#define INSTRUCTION_NAME(name) indexed(spec_##name()),
#include "trainyard/isa/instructions.list"
#undef INSTRUCTION_NAME
  };
  static const std::vector<const Spec*> all = [] {
    std::vector<const Spec*> pointers;
    for (const Spec& spec : specs) pointers.push_back(&spec);
    return pointers;
  }();
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
  // nki.isa.dma_engine counts from 1.
  static constexpr std::array<std::string_view, 3> dma = {"unknown", "dma", "gpsimd_dma"};
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
    case ParamKind::dma_engine: return dma;
    default: return {};
  }
}

int Spec::find(std::string_view param) const {
  for (size_t i = 0; i < params.size(); ++i)
    if (params[i].name == param) return static_cast<int>(i);
  return -1;
}

}  // namespace trainyard::isa
