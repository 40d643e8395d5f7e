// Which stream an instruction joins.

#include "trainyard/program/lane.h"

#include <array>

#include "trainyard/isa/laws.h"

namespace trainyard::program {

std::string_view name_of(Lane lane) {
  constexpr std::array<std::string_view, kLaneCount> names = {
      "tensor", "vector", "scalar", "gpsimd", "sync", "dma load", "dma store", "dma gather"};
  return names[static_cast<int>(lane)];
}

namespace {

Lane dma_lane(const Call& call) {
  const int mode = call.spec().find("dge_mode");
  if (mode >= 0 && isa::dge_mode_of(call, mode) == isa::DgeMode::swdge) return Lane::dma_gather;
  bool store = false;
  const auto& params = call.spec().params;
  for (size_t p = 0; p < params.size(); ++p) {
    const int param = static_cast<int>(p);
    if (call.is_tensor(param) && params[p].access != isa::Access::read)
      store |= !call.operand(param).on_chip();
  }
  return store ? Lane::dma_store : Lane::dma_load;
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
