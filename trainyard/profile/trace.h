// A finished timeline, of a simulation or of a real chip: what summaries, reports and Perfetto
// files are made from.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trainyard/base/units.h"
#include "trainyard/profile/energy.h"
#include "trainyard/profile/sanitizer.h"

namespace trainyard::profile {

using base::Picoseconds;

/// One instruction.
struct Interval {
  Picoseconds start = 0, end = 0;  ///< issue to result
  Picoseconds freed = 0;           ///< from when its lane could issue the next one
  uint32_t label = 0;              ///< index into Trace::labels
  uint32_t source = 0;             ///< index into Trace::sources; 0: none
  uint32_t waited_for = 0;         ///< index of the interval (over all lanes) + 1; 0: nothing
};

/// What one DMA instruction moved: in flight from the first byte to the last.
struct Transfer {
  Picoseconds start = 0, end = 0;
  uint32_t interval = 0;
  int64_t hbm_bytes = 0;
};

struct Lane {
  std::string name;
  Picoseconds busy = 0;  ///< of the span
  std::vector<uint32_t> intervals;
};

/// How well the values of a run are known, by instruction.
struct Fidelity {
  uint64_t exact = 0, order_defined = 0, approximate = 0;
  std::vector<std::string> approximate_functions;
  bool reached_control_flow = false;  ///< an approximate value decided an address or a branch
  Source reached_at;                  ///< where first
};

/// Something that a kernel's author should know and that is no reason to refuse the kernel.
struct Finding {
  std::string text;
  Source source;
  bool operator==(const Finding&) const = default;
};

struct Trace {
  std::string kernel;
  std::string machine;       ///< "trn2"
  std::string machine_line;  ///< "1 logical core = 1 NeuronCore-v3 of Trainium2"
  bool measured = false;     ///< on a real chip: nothing is simulated, its values are not known
  bool calibrated = false;
  Picoseconds span = 0;           ///< first issue to last result
  Picoseconds low = 0, high = 0;  ///< the span's range
  std::vector<Lane> lanes;
  std::vector<Interval> intervals;
  std::vector<Transfer> transfers;
  std::vector<std::string> labels;
  std::vector<Source> sources;

  uint64_t instructions = 0;
  uint64_t hbm_bytes = 0;
  double hbm_gb_s_peak = 0;  ///< of the HBM stack, which `hbm_sharers` cores may use
  int hbm_sharers = 1;
  double flops = 0;
  double peak_tflops = 0;    ///< of the Tensor Engine at the dtype's rate (bf16)
  Picoseconds dma_busy = 0;  ///< summed over the DMA engines
  int dma_engines = 0;
  int64_t sbuf_peak_bytes = 0, psum_peak_bytes = 0;  ///< per partition
  int64_t sbuf_bytes = 0, psum_bytes = 0;            ///< what a partition has
  Energy energy;                                     ///< no parts: not known, as of a capture
  Fidelity fidelity;
  std::vector<Finding> findings;
  bool sanitized = false;
  std::vector<SanitizerFinding> sanitizer;  ///< what --sanitize found, merged

  double hbm_gb_s() const;  ///< HBM bytes over the span
  double tflops() const;    ///< matmul operations over the span
  double busy_share(const Lane& lane) const;
  double dma_share() const;  ///< mean over the DMA engines
  /// For how long a transfer was in flight, of a trace that keeps its transfers.
  Picoseconds dma_active() const;
  Ranged joules() const { return energy.total(span, low, high); }
  double watts() const;  ///< mean over the span
};

/// The traces of the cores of one logical core, or of several (ranks), which start together, as
/// one: lanes are named "core 0 tensor" or "rank 1 core 0 tensor", bytes and operations add up,
/// the slowest core sets the span.
Trace combine(const std::vector<Trace>& cores, size_t cores_a_rank);

}  // namespace trainyard::profile
