// The timing laws that several instructions share; constants come from the machine.
#pragma once

#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

/// The lane engine (Vector, Scalar, GpSimd) that a call runs on.
const machine::LaneEngine& lane_engine(const Call& call);

/// busy = max(issue_min, elements / rate) + issue overhead + extra; latency likewise with the
/// engine's latency. `elements` per partition; cycles of the engine's own clock. An address from a
/// register raises issue_min to dynamic_address_cycles.
Cost lane_cost(const Call& call, double elements, double rate = 1.0, double extra_cycles = 0);

/// Whether these operands have the 16-bit float types of the fast modes; from NeuronCore-v4, 8-bit
/// floats count too.
bool all_16bit(const Call& call, std::initializer_list<int> params);
/// Elements per cycle of the engine's copy modes, for these operands: `fast4_rate` if all are
/// 16-bit, in SBUF and contiguous; `fast2_rate` if strided, or if contiguous with one in PSUM; else
/// 1 (fp32 SBUF to SBUF: the fp32 mode if `fp32_mode`).
double copy_rate(const Call& call, std::initializer_list<int> params, bool fp32_mode);

/// The descriptor mode of a DMA: as its argument `param` says, else software for gathers, hardware
/// where the core has it, software for other dynamic addresses, static otherwise.
DgeMode dge_mode_of(const Call& call, int param);

/// Cost of moving these operands by DMA. `rate` is the share of the copy rate.
Cost dma_cost(const Call& call, const OperandView& dst, const OperandView& src, DgeMode mode,
              double rate = 1.0);

}  // namespace trainyard::isa
