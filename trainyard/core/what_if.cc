// Each row costs the instructions anew and runs the timing loop once; order and addresses stay,
// since they are the same program's.

#include "trainyard/core/what_if.h"

#include <algorithm>
#include <atomic>
#include <functional>

#include "trainyard/base/thread_pool.h"

namespace trainyard::core {

using machine::Machine;
using program::kNone;

namespace {

struct Change {
  std::string words;
  std::function<void(Machine&)> apply;  // null: memory without end
};

bool uses(const std::vector<Timed>& timed, program::Lane lane) {
  return std::ranges::any_of(
      timed, [&](const Timed& t) { return t.timeline.busy[static_cast<int>(lane)] > 0; });
}

bool moves(const std::vector<Timed>& timed) {
  return std::ranges::any_of(timed, [](const Timed& t) { return !t.ordered.dmas.empty(); });
}

bool takes_over(const std::vector<Timed>& timed) {
  return std::ranges::any_of(timed, [](const Timed& t) {
    return std::ranges::any_of(t.ordered.placement.evicts,
                               [](const auto& evicted) { return !evicted.empty(); });
  });
}

std::vector<Change> changes(const std::vector<Timed>& timed, const Machine& m) {
  std::vector<Change> all;
  const auto engine = [&](program::Lane lane, const char* words, auto apply) {
    if (uses(timed, lane)) all.push_back({words, apply});
  };
  engine(program::Lane::tensor, "Tensor Engine at twice the clock",
         [](Machine& x) { x.core.tensor.clock_ghz *= 2; });
  engine(program::Lane::vector, "Vector Engine at twice the clock",
         [](Machine& x) { x.core.vector.clock_ghz *= 2; });
  engine(program::Lane::scalar, "Scalar Engine at twice the clock",
         [](Machine& x) { x.core.scalar.clock_ghz *= 2; });
  engine(program::Lane::gpsimd, "GpSimd at twice the clock",
         [](Machine& x) { x.core.gpsimd.clock_ghz *= 2; });
  if (uses(timed, program::Lane::tensor) && m.core.tensor.window_cycles > 0)
    all.push_back({"no activity limiter on the Tensor Engine",
                   [](Machine& x) { x.core.tensor.window_cycles = 0; }});
  if (moves(timed)) {
    all.push_back({"DMA engines at twice the bandwidth", [](Machine& x) {
                     x.core.dma.engine_gb_s *= 2;
                     x.core.dma.element_ns /= 2;
                   }});
    all.push_back({"DMAs issued in half the time", [](Machine& x) {
                     machine::Dma& d = x.core.dma;
                     for (double* ns : {&d.hwdge_issue_ns, &d.swdge_issue_ns, &d.static_issue_ns})
                       *ns /= 2;
                   }});
    all.push_back({"half the latency of a DMA", [](Machine& x) {
                     machine::Dma& d = x.core.dma;
                     for (double* ns :
                          {&d.hwdge_load_first_ns, &d.hwdge_store_first_ns, &d.swdge_load_first_ns,
                           &d.swdge_store_first_ns, &d.tail_ns})
                       *ns /= 2;
                   }});
    all.push_back({"HBM at twice the bandwidth", [](Machine& x) { x.core.memory.hbm_gb_s *= 2; }});
  }
  all.push_back({"semaphores in no time", [](Machine& x) {
                   x.core.sequencer.semaphore_signal_ns = 0;
                   x.core.sequencer.semaphore_wait_ns = 0;
                 }});
  if (takes_over(timed)) all.push_back({"SBUF and PSUM without end", nullptr});
  return all;
}

Picoseconds span_with(const Change& change, const std::vector<const program::Program*>& cores,
                      std::vector<Ordered>& ordered, const Meetings& meetings,
                      const TimeOptions& options) {
  Machine changed = cores.front()->machine();
  if (change.apply) change.apply(changed);
  std::vector<const Ordered*> all;
  for (size_t core = 0; core < cores.size(); ++core) {
    program::recost(ordered[core], *cores[core], changed);
    if (!change.apply) program::forget_takeovers(ordered[core], *cores[core]);
    all.push_back(&ordered[core]);
  }
  const int sharers = std::min(options.cores, changed.core.memory.hbm_sharers);
  Picoseconds span = 0;
  for (const Timeline& t : time_programs(all, meetings, changed, sharers))
    span = std::max(span, t.span);
  return span;
}

}  // namespace

std::vector<profile::WhatIf> what_if(const std::vector<const program::Program*>& cores,
                                     const std::vector<Timed>& timed, const Meetings& meetings,
                                     const TimeOptions& options) {
  const std::vector<Change> all = changes(timed, cores.front()->machine());
  std::vector<profile::WhatIf> rows(all.size());
  std::atomic<size_t> next = 0;
  // The last row, if it is that of endless memory, spoils its copy; it is any thread's last.
  base::run_on_threads(base::default_threads(), [&](int) {
    std::vector<Ordered> ordered;
    for (size_t row; (row = next++) < all.size();) {
      if (ordered.empty())
        for (const Timed& t : timed) ordered.push_back(t.ordered);
      rows[row] = {all[row].words, span_with(all[row], cores, ordered, meetings, options)};
    }
  });
  std::ranges::stable_sort(rows, {}, &profile::WhatIf::span);
  return rows;
}

}  // namespace trainyard::core
