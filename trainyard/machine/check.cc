// Rules between keys. Each is a thing that the simulator relies on, so that no later layer has to
// ask again whether, say, a PSUM partition is a whole number of banks.
#include "trainyard/machine/check.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

#include "trainyard/base/diagnostics.h"
#include "trainyard/machine/topology.h"

namespace trainyard::machine {
namespace {

using base::Code;
using base::Error;

constexpr int64_t kGiB = int64_t{1} << 30;
constexpr int kNewestCore = 4;  // the newest NeuronCore whose architecture is public

class Checker {
 public:
  explicit Checker(const Machine& machine) : machine_(machine) {}

  template <class Found>
  void require(bool holds, const char* key, Found found, const std::string& allowed) const {
    if (holds) return;
    Error error(Code::E004, fmt::format("{}: {} does not fit the rest", machine_.name, key));
    error.limit(fmt::format("{}", found), allowed, key).fix("change it, or the key it must fit");
    if (const auto from = machine_.provenance.find(key);
        from != machine_.provenance.end() && from->second.line > 0) {
      error.at({from->second.file, from->second.line, ""});
    }
    throw error;
  }

 private:
  const Machine& machine_;
};

void check_core(const Machine& m, const Checker& check) {
  const Core& core = m.core;
  const TensorEngine& tensor = core.tensor;
  const Memory& memory = core.memory;
  check.require(tensor.rows <= core.partitions, "core.tensor.rows", tensor.rows,
                fmt::format("at most core.partitions = {}", core.partitions));
  check.require(tensor.columns <= core.partitions, "core.tensor.columns", tensor.columns,
                fmt::format("at most core.partitions = {}", core.partitions));
  check.require(tensor.stationary_free_max <= tensor.columns, "core.tensor.stationary_free_max",
                tensor.stationary_free_max,
                fmt::format("at most core.tensor.columns = {}", tensor.columns));
  check.require(tensor.rows % tensor.row_tile_min == 0, "core.tensor.row_tile_min",
                tensor.row_tile_min, fmt::format("a divisor of {} rows", tensor.rows));
  check.require(tensor.column_tile_min == 0 || tensor.columns % tensor.column_tile_min == 0,
                "core.tensor.column_tile_min", tensor.column_tile_min,
                fmt::format("0 or a divisor of {} columns", tensor.columns));
  check.require(memory.psum_partition_bytes % memory.psum_bank_bytes == 0,
                "core.memory.psum_bank_bytes", memory.psum_bank_bytes,
                fmt::format("a divisor of {}", memory.psum_partition_bytes));
  check.require(tensor.moving_free_max * int64_t{4} <= memory.psum_partition_bytes,
                "core.tensor.moving_free_max", tensor.moving_free_max,
                fmt::format("at most {}: fp32 results fill PSUM", memory.psum_partition_bytes / 4));
  check.require(memory.sbuf_reserved_bytes < memory.sbuf_partition_bytes,
                "core.memory.sbuf_reserved_bytes", memory.sbuf_reserved_bytes,
                fmt::format("less than {}", memory.sbuf_partition_bytes));
  check.require(memory.hbm_sharers <= m.chip.cores, "core.memory.hbm_sharers", memory.hbm_sharers,
                fmt::format("at most chip.cores = {}", m.chip.cores));
  check.require(memory.hbm_bytes <= m.chip.hbm_gb * kGiB / m.chip.cores, "core.memory.hbm_bytes",
                memory.hbm_bytes,
                fmt::format("at most {:g} GiB: the chip has {:g} for {} cores",
                            m.chip.hbm_gb / m.chip.cores, m.chip.hbm_gb, m.chip.cores));
  check.require(tensor.window_cycles == 0 || tensor.window_threshold > 0,
                "core.tensor.window_threshold", tensor.window_threshold,
                "above 0 where there is a window");
}

void check_instance(const Machine& m, const Checker& check) {
  const Instance& instance = m.instance;
  const std::string& topology = instance.topology;
  if (instance.chips == 0) return;  // a chip by itself
  const int chips = instance.chips;
  if (topology.starts_with("torus-")) {
    int64_t product = torus_sides(topology).empty() ? 0 : 1;
    for (const int side : torus_sides(topology)) product *= side;
    check.require(product == chips, "instance.topology", topology,
                  fmt::format("torus-AxB or torus-AxBxC of {} chips", chips));
  } else if (topology == "single") {
    check.require(chips == 1, "instance.chips", chips, "1 chip in topology single");
  } else {
    const bool known = topology == "ring" || topology == "chain" || topology == "switched";
    check.require(known, "instance.topology", topology,
                  "single, chain, ring, switched, torus-AxB or torus-AxBxC");
    check.require(chips > 1, "instance.chips", chips,
                  fmt::format("2 chips or more in topology {}", topology));
  }
  check.require(chips % instance.servers == 0, "instance.servers", instance.servers,
                fmt::format("a divisor of {} chips", chips));
  for (const std::string& name : instance.links) {
    std::string known;
    for (const Link& link : m.chip.links) known += (known.empty() ? "" : ", ") + link.name;
    check.require(std::ranges::count(m.chip.links, name, &Link::name) > 0, "instance.links", name,
                  known.empty() ? "no link: the chip has none" : known);
  }
}

}  // namespace

void check_runs_kernels(const Machine& m) {
  if (m.core.runs_kernels) return;
  throw base::Error(base::Code::K001, m.title +
                                          " is described for planning only: how it executes "
                                          "kernels is not public")
      .limit(m.name, "a machine with NeuronCore-v2 or newer", m.name + ": core.runs_kernels")
      .fix("Choose another: `trainyard machines` lists them.");
}

void check_machine(const Machine& m) {
  const Checker check(m);
  check.require(m.core.version <= kNewestCore, "core.version", m.core.version,
                fmt::format("1 to {}", kNewestCore));
  check.require(m.chip.cores % m.chip.logical_core_default == 0, "chip.logical_core_default",
                m.chip.logical_core_default,
                fmt::format("a divisor of chip.cores = {}", m.chip.cores));
  check.require(m.core.placement == "ring" || m.core.placement == "first-fit", "core.placement",
                m.core.placement, "ring or first-fit");
  if (m.core.runs_kernels) check_core(m, check);
  check_instance(m, check);
}

}  // namespace trainyard::machine
