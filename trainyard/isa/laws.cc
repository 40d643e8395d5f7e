// The timing laws that several instructions share.

#include "trainyard/isa/laws.h"

#include <algorithm>

namespace trainyard::isa {

using base::cycles_to_ps;
using base::ns_to_ps;

const machine::LaneEngine& lane_engine(const Call& call) {
  switch (call.engine()) {
    case Engine::scalar: return call.core().scalar;
    case Engine::gpsimd: return call.core().gpsimd;
    default: return call.core().vector;
  }
}

namespace {

// A floor for the streaming part: higher where an address comes from a register.
double floor_cycles(const Call& call, const machine::LaneEngine& e) {
  for (const int p : call.spec().operand_params)
    if (call.is_tensor(p) && call.layout(call.slot(p)).indirect == Indirect::scalar)
      return std::max(e.issue_min_cycles, e.dynamic_address_cycles);
  return e.issue_min_cycles;
}

}  // namespace

Cost lane_cost(const Call& call, double elements, double rate, double extra_cycles) {
  const machine::LaneEngine& e = lane_engine(call);
  const double stream = std::max(floor_cycles(call, e), elements / rate) + extra_cycles;
  Cost cost;
  cost.busy = cycles_to_ps(stream + e.issue_overhead_cycles, e.clock_ghz);
  cost.latency = cycles_to_ps(stream + e.latency_cycles, e.clock_ghz);
  return cost;
}

bool all_16bit(const Call& call, std::initializer_list<int> params) {
  return std::all_of(params.begin(), params.end(), [&](int p) {
    const DType d = call.operand(p).dtype();
    const bool fp8_counts = call.core().version >= 4 && base::size_of(d) == 1 && base::is_float(d);
    return d == DType::bf16 || d == DType::fp16 || fp8_counts;
  });
}

double copy_rate(const Call& call, std::initializer_list<int> params, bool fp32_mode) {
  if (call.engine() == Engine::gpsimd) return 1;
  bool all_fp32 = true, all_contiguous = true;
  int in_psum = 0;
  for (int p : params) {
    const OperandView v = call.operand(p);
    all_fp32 &= v.dtype() == DType::fp32;
    all_contiguous &= v.free_contiguous();
    in_psum += v.buffer() == Buffer::psum;
  }
  const machine::LaneEngine& e = lane_engine(call);
  if (all_16bit(call, params)) {
    if (all_contiguous && in_psum == 0) return e.fast4_rate;
    const bool one_obstacle = in_psum == (all_contiguous ? 1 : 0);
    return one_obstacle ? e.fast2_rate : 1;
  }
  return all_fp32 && in_psum == 0 && fp32_mode ? e.fp32_fast_rate : 1;
}

DgeMode dge_mode_of(const Call& call, int param) {
  const auto mode = call.choice<DgeMode>(param);
  if (mode != DgeMode::unknown) return mode;
  bool dynamic = false;
  for (int p : call.spec().operand_params) {
    if (!call.is_tensor(p)) continue;
    const Indirect indirect = call.operand(p).layout->indirect;
    if (indirect == Indirect::vector) return DgeMode::swdge;
    dynamic |= indirect == Indirect::scalar;
  }
  if (call.core().dma.hwdge_issue_ns > 0) return DgeMode::hwdge;
  return dynamic ? DgeMode::swdge : DgeMode::none;
}

Cost dma_cost(const Call& call, const OperandView& dst, const OperandView& src, DgeMode mode,
              double rate) {
  const machine::Dma& dma = call.core().dma;
  const bool store = !dst.on_chip();
  Cost cost;
  cost.dma = true;
  cost.store = store;
  // A descriptor moves one run that is contiguous on both sides, and a cast as many elements on
  // either. DMA engines address SBUF as memory, so a row of an on-chip tile is the longest run
  // there.
  const auto element =
      static_cast<double>(std::max(base::size_of(src.dtype()), base::size_of(dst.dtype())));
  const auto longest =
      static_cast<double>(std::min(src.contiguous_elements(), dst.contiguous_elements()));
  const double run = std::clamp<double>(longest * element, 1, dma.element_bytes_max);
  const double bytes = element * static_cast<double>(src.elements());
  cost.elements = std::max<int64_t>(1, static_cast<int64_t>(bytes / run));
  const auto element_ns = [&](double size) { return dma.element_ns + size / dma.engine_gb_s; };
  const double written = run / element * static_cast<double>(base::size_of(dst.dtype()));
  const double small = store && written < dma.small_write_bytes ? dma.small_write_factor : 1;
  cost.element_ps = std::max(element_ns(run), element_ns(written) * small) * 1000.0 / rate;
  for (const OperandView* v : {&dst, &src})
    if (!v->on_chip()) cost.hbm_bytes += v->bytes();

  double issue = dma.static_issue_ns;
  double first = store ? dma.hwdge_store_first_ns : dma.hwdge_load_first_ns;
  if (mode == DgeMode::hwdge) {
    issue = dma.hwdge_issue_ns;
    // Room is for so many DMAs, however many elements they have.
    cost.ring = static_cast<int>(dma.hwdge_ring_elements * cost.elements / call.core().partitions);
    if (dma.hwdge_ring_elements > 0) cost.ring = std::max(cost.ring, 1);
  }
  if (mode == DgeMode::swdge) {
    issue = dma.swdge_issue_ns + dma.swdge_generate_ns;
    first = store ? dma.swdge_store_first_ns : dma.swdge_load_first_ns;
  }
  cost.busy = ns_to_ps(issue);
  cost.first = ns_to_ps(first);
  cost.tail = ns_to_ps(dma.tail_ns + (store ? dma.store_fan_out_ns : dma.load_fan_out_ns));
  return cost;
}

}  // namespace trainyard::isa
