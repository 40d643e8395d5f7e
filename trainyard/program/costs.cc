// Costs: what each instruction's own law says.

#include "trainyard/program/costs.h"

#include <cmath>

namespace trainyard::program {

Costs costs_of(const Program& program, const machine::Machine& machine, Kinds kinds) {
  Costs costs{std::move(kinds), {}, {}};
  for (size_t kind = 0; kind < costs.kinds.examples.size(); ++kind) {
    const InstructionId i = costs.kinds.examples[kind];
    const Call call = program.call(i, machine, costs.kinds.engines[kind]);
    Step& step = costs.steps.emplace_back();
    step.lane = lane_of(call);
    step.meets = program.meets(i);
    if (!call.spec().cost) continue;
    const isa::Cost c = call.spec().cost(call);
    step.busy = c.busy;
    step.latency = c.latency;
    step.load = c.load;
    if (!c.dma) continue;
    step.dma = static_cast<uint32_t>(costs.dmas.size());
    const double share = std::ceil(static_cast<double>(c.elements) / machine.core.dma.engines);
    costs.dmas.push_back({c.first, c.tail, c.element_ps, c.elements, c.ring, c.store, c.hbm_bytes,
                          std::llround(share * c.element_ps)});
  }
  return costs;
}

}  // namespace trainyard::program
