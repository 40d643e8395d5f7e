// A fixed set of worker threads that drain numbered tasks.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace trainyard::base {

/// Threads to use by default: TRAINYARD_THREADS, else the processors this process may run on.
int default_threads();

/// Runs `work(thread)` once on each of `threads` threads, the caller being thread 0, and waits.
/// The first exception thrown by any of them is rethrown. Workers are kept between calls and
/// recreated after a fork.
void run_on_threads(int threads, const std::function<void(int)>& work);

}  // namespace trainyard::base
