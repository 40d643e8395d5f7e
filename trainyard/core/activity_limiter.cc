// Streaming through windows of one rate each.

#include "trainyard/core/activity_limiter.h"

#include <algorithm>

namespace trainyard::core {

using base::Picoseconds;

// The windows count cycles of the NeuronCore's clock, which is that of the Scalar Engine.
ActivityLimiter::ActivityLimiter(const machine::Core& core)
    : window_(base::ns_to_ps(core.tensor.window_cycles / core.scalar.clock_ghz)),
      threshold_(core.tensor.window_threshold),
      cold_rate_(core.tensor.cold_rate),
      end_(core.tensor.window_start_cycles > 0
               ? base::ns_to_ps(core.tensor.window_start_cycles / core.scalar.clock_ghz)
               : window_) {}

void ActivityLimiter::advance(Picoseconds at) {
  if (at < end_) return;
  warm_ = static_cast<double>(used_) > threshold_ * static_cast<double>(window_);
  used_ = 0;
  end_ += window_;
  if (at < end_) return;
  warm_ = false;  // an empty window
  end_ += (at - end_) / window_ * window_ + window_;
}

Picoseconds ActivityLimiter::delay(Picoseconds at, Picoseconds work) {
  if (window_ == 0) return 0;
  Picoseconds now = at;
  for (Picoseconds left = work; left > 0;) {
    advance(now);
    const double rate = warm_ ? 1 : cold_rate_;
    const auto fits = static_cast<Picoseconds>(rate * static_cast<double>(end_ - now));
    const Picoseconds streamed = std::min(left, fits);
    used_ += streamed;
    left -= streamed;
    now = left > 0 ? end_ : now + static_cast<Picoseconds>(static_cast<double>(streamed) / rate);
  }
  return std::max<Picoseconds>(0, now - at - work);
}

}  // namespace trainyard::core
