// core_barrier: the cores of a logical core wait for each other.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trainyard/base/units.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { data, cores, engine };

constexpr std::string_view kDoc = R"(
No core goes on with data before all cores have come to the barrier: what any of them wrote to it
before can be read by all of them after. Accesses to other tensors are not ordered by it.

Memory types: data in shared HBM, says the documentation; kernels of NKILIB also give a tile in
  SBUF, which is each core's own, so that it only orders what the core itself does with it.
Arguments: cores is (0, 1), the two cores of a logical core.
Engine: any; it signals the other core and waits, other engines go on. GpSimd by default.
Cost: an explicit semaphore instruction on each side and the hand-over between cores, which is
  estimated as one between engines.
Sources: nki.isa.core_barrier (SDK 2.32); semaphores TRACE.
)";

void check(const Call& c) {
  check_meets(c);
  buffer_in(c, data, {Buffer::shared_hbm, Buffer::sbuf});
  const auto given = c.integers(cores);
  bool all = static_cast<int>(given.size()) == c.tables().cores();
  for (size_t i = 0; i < given.size() && all; ++i) all = given[i] == static_cast<int64_t>(i);
  if (!all)
    refuse_argument(c, cores, fmt::format("({})", fmt::join(given, ", ")),
                    "(0, 1): every core of the logical core");
}

// Waiting changes no data.
void meet(std::span<Run* const>) {}

Cost cost(const Call& c) {
  const machine::Sequencer& s = c.core().sequencer;
  Cost cost;
  cost.busy = cost.latency = base::ns_to_ps(s.semaphore_signal_ns + s.semaphore_wait_ns);
  return cost;
}

}  // namespace

INSTRUCTION(core_barrier) {
  static const Spec spec = {
      .name = "core_barrier",
      .summary = "Make the two cores of a logical core wait for each other.",
      .doc = kDoc,
      .params = {{"data", ParamKind::tensor, Access::update, "", {}, "what both cores work on"},
                 {"cores", ParamKind::integers, Access::none, "", {}, "(0, 1)"},
                 {"engine", ParamKind::engine, Access::none, "engine.gpsimd", Value::integer(3),
                  "which engine waits"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::gpsimd, Engine::tensor, Engine::vector, Engine::scalar, Engine::sync},
      .version = 3,
      .check = check,
      .cost = cost,
      .meet = meet,
  };
  return spec;
}

}  // namespace trainyard::isa
