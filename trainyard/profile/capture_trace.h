// A capture as a trace, which summaries, reports and Perfetto files are made from, and the
// latencies that it shows.
#pragma once

#include "trainyard/profile/capture.h"
#include "trainyard/profile/trace.h"

namespace trainyard::profile {

/// The cores that ran a kernel, as one trace; if none did, all of them.
Trace trace_of(const Capture& capture);

/// The instructions of one opcode on one engine.
struct OpcodeLatency {
  std::string engine, opcode;
  uint64_t count = 0;
  Picoseconds total = 0, median = 0;
  bool runtime = false;  ///< not the kernel's
};

/// Kernels' opcodes first, each by what it took in all, most first.
std::vector<OpcodeLatency> latencies_of(const Capture& capture);

/// What `trainyard profile import` prints: the summary of the trace, the kernel's own window, the
/// latencies.
std::string capture_text(const Capture& capture);
std::string capture_json(const Capture& capture);

}  // namespace trainyard::profile
