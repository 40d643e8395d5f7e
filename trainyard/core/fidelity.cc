// Evidence by instruction, and whether an approximated value reached control flow.

#include "trainyard/core/fidelity.h"

#include <algorithm>

namespace trainyard::core {

using isa::Access;
using isa::Evidence;
using program::Call;
using program::InstructionId;
using program::kNone;

namespace {

void name_functions(const Call& call, std::vector<std::string>& names) {
  bool named = false;
  const auto add = [&](std::string_view name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  };
  for (size_t p = 0; p < call.spec().params.size(); ++p) {
    const auto param = static_cast<int>(p);
    if (call.spec().params[p].kind != isa::ParamKind::op || !call.has(param)) continue;
    if (isa::info(call.op(param)).kind == isa::OperatorClass::arith) continue;
    add(isa::name_of(call.op(param)));
    named = true;
  }
  if (!named) add(call.spec().name);
}

}  // namespace

profile::Fidelity fidelity_of(const program::Program& program) {
  profile::Fidelity f;
  std::vector<uint8_t> tensors(program.tensor_count()), registers(program.register_count());
  for (InstructionId i = 0; i < program.size(); ++i) {
    const Call call = program.call(i);
    const isa::Spec& spec = call.spec();
    const Evidence evidence = spec.evidence_of ? spec.evidence_of(call) : spec.evidence;
    if (evidence == Evidence::exact) ++f.exact;
    if (evidence == Evidence::order_defined) ++f.order_defined;
    if (evidence == Evidence::approximate) {
      ++f.approximate;
      name_functions(call, f.approximate_functions);
    }
    bool approximate = evidence == Evidence::approximate;
    program::for_each_operand(call, [&](int slot, Access access) {
      const isa::Operand& o = call.raw(slot);
      if (access != Access::write) approximate |= tensors[o.tensor];
      const isa::Layout& layout = program.layout(o.layout);
      if (layout.indirect == isa::Indirect::none) return;
      const bool reached =
          layout.reg != kNone ? registers[layout.reg] : tensors[call.raw(slot + 1).tensor];
      if (!reached || f.reached_control_flow) return;
      f.reached_control_flow = true;
      const base::Place place = program.place(program.instruction(i).site);
      f.reached_at = {place.file, place.line};
    });
    program::for_each_operand(call, [&](int slot, Access access) {
      if (access != Access::read) tensors[call.raw(slot).tensor] |= approximate;
    });
    program::for_each_register(call, [&](uint32_t reg, Access access) {
      if (access == Access::write || access == Access::update) registers[reg] = approximate;
    });
  }
  return f;
}

}  // namespace trainyard::core
