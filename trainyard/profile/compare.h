// A measured and a simulated timeline of the same instructions, side by side.
#pragma once

#include <string>
#include <vector>

#include "trainyard/base/units.h"

namespace trainyard::profile {

using base::Picoseconds;

/// One instruction in both.
struct Pair {
  std::string opcode;
  uint32_t captured = 0;                                ///< its place in the capture
  std::string operands;                                 ///< as the capture has them
  Picoseconds measured_start = 0, simulated_start = 0;  ///< from the kernel's start
  Picoseconds measured = 0, simulated = 0;              ///< latency, issue to result

  double log_ratio() const;  ///< |ln(simulated / measured)|; of no time at all 0
};

/// All instructions of one opcode.
struct OpcodeComparison {
  std::string opcode;
  size_t count = 0;
  double measured_ns = 0, simulated_ns = 0;  ///< medians
  double median = 0, p90 = 0;                ///< of |ln(simulated / measured)|
};

struct Comparison {
  std::string kernel, machine;
  Picoseconds measured = 0, simulated = 0;  ///< spans of the kernel
  std::string source;                       ///< of a program of its source, or ""
  Picoseconds scheduled = 0;                ///< its span, by our schedule
  std::vector<Pair> pairs;
  std::vector<std::pair<std::string, size_t>> left_out;  ///< opcodes that are not simulated
};

/// By opcode, in order of their names.
std::vector<OpcodeComparison> by_opcode(const Comparison& comparison);

/// The `count` pairs that are furthest apart, by the time between their latencies.
std::vector<Pair> worst(const Comparison& comparison, size_t count);

/// The value below which this share of the values lie, between the two nearest ones as NumPy's
/// default has it. Of no values 0.
double quantile(std::vector<double> values, double share);

std::string comparison_text(const Comparison& comparison, size_t worst_count);
std::string comparison_json(const Comparison& comparison);

}  // namespace trainyard::profile
