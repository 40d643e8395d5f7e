// Which stream an instruction joins.

#include "trainyard/program/lane.h"

#include <array>

#include "trainyard/isa/laws.h"

namespace trainyard::program {

std::string_view name_of(Lane lane) {
  constexpr std::array<std::string_view, kLaneCount> names = {
      "tensor",   "vector",    "scalar",     "gpsimd",    "sync",
      "dma load", "dma store", "dma gather", "collective"};
  return names[static_cast<int>(lane)];
}

namespace {

// The tensor in device memory that it writes, or null.
const isa::Tensor* stored_to(const Call& call) {
  const isa::Spec& spec = call.spec();
  for (int param : spec.operand_params)
    if (call.is_tensor(param) && spec.params[param].access != isa::Access::read &&
        !call.operand(param).on_chip())
      return call.operand(param).tensor;
  return nullptr;
}

Lane dma_lane(const Call& call) {
  const isa::Spec& spec = call.spec();
  if (spec.ranks) return Lane::collective;
  const isa::DgeMode mode =
      spec.dge_mode_param < 0 ? isa::DgeMode::none : isa::dge_mode_of(call, spec.dge_mode_param);
  if (mode == isa::DgeMode::swdge) return Lane::dma_gather;
  if (spec.trigger_param >= 0) {
    const auto trigger = call.choice<Engine>(spec.trigger_param);
    if (trigger == Engine::scalar) return Lane::scalar;
    if (trigger == Engine::sync) return Lane::sync;
  }
  const isa::Tensor* to = stored_to(call);
  if (!to) return Lane::dma_load;
  // Where a kernel leaves the engine open, the vendor's compiler lets the Scalar Engine issue the
  // stores of its intermediates (all 20 of the captures with any).
  return mode == isa::DgeMode::hwdge && to->is_intermediate() ? Lane::scalar : Lane::dma_store;
}

}  // namespace

Lane lane_of(const Call& call) {
  switch (call.engine()) {
    case Engine::tensor: return Lane::tensor;
    case Engine::vector: return Lane::vector;
    case Engine::scalar: return Lane::scalar;
    case Engine::gpsimd: return Lane::gpsimd;
    case Engine::dma: return dma_lane(call);
    default: return Lane::sync;
  }
}

}  // namespace trainyard::program
