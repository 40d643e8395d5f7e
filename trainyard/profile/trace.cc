// Totals that every reader of a trace needs.

#include "trainyard/profile/trace.h"

namespace trainyard::profile {

double Trace::hbm_gb_s() const {
  return span > 0 ? static_cast<double>(hbm_bytes) * 1000.0 / static_cast<double>(span) : 0;
}

double Trace::tflops() const { return span > 0 ? flops / static_cast<double>(span) : 0; }

}  // namespace trainyard::profile
