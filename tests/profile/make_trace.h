// A small trace for tests: a load, a copy that waits for it, a store that waits for the copy.
#pragma once

#include "trainyard/profile/trace.h"

namespace trainyard::profile {

inline Trace make_trace() {
  Trace t;
  t.kernel = "copy \"quoted\"";
  t.machine = "trn2";
  t.machine_line = "1 logical core = 1 NeuronCore-v3 of Trainium2";
  t.span = 12'340'000;
  t.low = 10'100'000;
  t.high = 15'660'000;
  t.labels = {"dma_copy", "tensor_copy"};
  t.sources = {{}, {"kernel.py", 7}, {"kernel.py", 8}};
  t.intervals = {{0, 2'000'000, 500'000, 0, 1, 0},
                 {2'034'000, 3'000'000, 2'900'000, 1, 2, 1},
                 {3'034'000, 12'340'000, 3'534'000, 0, 0, 2}};
  t.transfers = {{1'330'000, 1'650'000, 0, 65'536}, {4'224'000, 11'990'000, 2, 65'536}};
  t.lanes = {{"tensor", 0, {}},
             {"vector", 866'000, {1}},
             {"dma load", 500'000, {0}},
             {"dma store", 500'000, {2}}};
  t.instructions = 3;
  t.hbm_bytes = 131'072;
  t.hbm_gb_s_peak = 716;
  t.hbm_sharers = 2;
  t.peak_tflops = 78.6432;
  t.dma_busy = 16 * 6'170'000;
  t.dma_engines = 16;
  t.sbuf_peak_bytes = 12'288;
  t.sbuf_bytes = 212'992;
  t.psum_bytes = 16'384;
  t.fidelity.exact = 3;
  return t;
}

}  // namespace trainyard::profile
