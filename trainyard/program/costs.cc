// Costs: what each instruction's own law says.

#include "trainyard/program/costs.h"

#include <bit>

namespace trainyard::program {

namespace {

// Finds a work among those that were last asked for, so that loops share theirs.
class Works {
 public:
  explicit Works(std::vector<DmaWork>& all) : all_(all) {}

  uint32_t index_of(const DmaWork& work) {
    const auto key = static_cast<uint64_t>(work.elements) * 31 +
                     std::bit_cast<uint64_t>(work.element_ps) +
                     static_cast<uint64_t>(work.first + work.hbm_bytes);
    uint32_t& recent = recent_[(key * 0x9e3779b97f4a7c15) >> (64 - kBits)];
    if (recent == kNone || all_[recent] != work) {
      recent = static_cast<uint32_t>(all_.size());
      all_.push_back(work);
    }
    return recent;
  }

 private:
  static constexpr int kBits = 8;
  std::vector<DmaWork>& all_;
  std::vector<uint32_t> recent_ = std::vector<uint32_t>(size_t{1} << kBits, kNone);
};

}  // namespace

Costs costs_of(const Program& program, const machine::Machine& machine) {
  Costs costs;
  costs.steps.resize(program.size());
  Works works(costs.dmas);
  for (InstructionId i = 0; i < program.size(); ++i) {
    const Call call = program.call(i, machine);
    Step& step = costs.steps[i];
    step.lane = lane_of(call);
    step.meets = program.meets(i);
    if (!call.spec().cost) continue;
    const isa::Cost c = call.spec().cost(call);
    step.busy = c.busy;
    step.latency = c.latency;
    step.load = c.load;
    if (c.dma)
      step.dma =
          works.index_of({c.first, c.tail, c.element_ps, c.elements, c.ring, c.store, c.hbm_bytes});
  }
  return costs;
}

}  // namespace trainyard::program
