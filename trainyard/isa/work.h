// What an instruction does that costs energy, in numbers that no machine changes but by its laws:
// operations, bytes, descriptors. Energy is a sum over these; see core/energy.h.
#pragma once

#include <array>

#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

/// What the engines themselves do: Tensor, Vector, Scalar, GpSimd.
struct EngineWork {
  double elements = 0;  ///< of the longest operand
  double sbuf_bytes = 0, psum_bytes = 0;
};

/// The engines that compute, in the order of Work::engines.
inline constexpr std::array kComputing = {Engine::tensor, Engine::vector, Engine::scalar,
                                          Engine::gpsimd};

struct Work {
  double instructions = 0;
  double macs = 0, macs_8bit = 0;
  std::array<EngineWork, kComputing.size()> engines;
  double descriptors = 0;
  double dma_bytes = 0, dma_sbuf_bytes = 0, dma_psum_bytes = 0;
  double hbm_bytes = 0;
  double link_bytes = 0;

  Work& operator+=(const Work& other);
};

/// What one call does; `cost` is its own.
Work work_of(const Call& call, const Cost& cost);

}  // namespace trainyard::isa
