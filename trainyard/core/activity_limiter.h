// The activity limiter of the Tensor Engine.
#pragma once

#include "trainyard/base/units.h"
#include "trainyard/machine/machine.h"

namespace trainyard::core {

/// Time is cut into windows. In the first one, and after every window in which the array streamed
/// for no more than a threshold, it streams at a part of its rate. Law and constants: traces of
/// Trainium2 (core.tensor.window_cycles, window_threshold, cold_rate). Windows run freely; here one
/// begins at 0, or ends at core.tensor.window_start_cycles.
class ActivityLimiter {
 public:
  explicit ActivityLimiter(const machine::Core& core);

  /// Streams for `work` at the full rate from `at` on, not before what streamed last has ended;
  /// returns how much longer it takes than that.
  base::Picoseconds delay(base::Picoseconds at, base::Picoseconds work);
  /// Whether it streams at less than the full rate now.
  bool is_cold() const { return window_ > 0 && !warm_; }

 private:
  /// Ends the windows that are over at `at`.
  void advance(base::Picoseconds at);

  base::Picoseconds window_ = 0;  ///< 0: there is no limiter
  double threshold_ = 0, cold_rate_ = 1;
  base::Picoseconds end_ = 0;   ///< of the present window
  base::Picoseconds used_ = 0;  ///< of it, in time at the full rate
  bool warm_ = false;
};

}  // namespace trainyard::core
