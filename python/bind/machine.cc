// Machines for Python: every number by its dotted key, and where it is from.

#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include "python/bind/bind.h"
#include "trainyard/machine/keys.h"
#include "trainyard/machine/machine.h"

namespace trainyard::bind {

namespace nb = nanobind;
using machine::Machine;

namespace {

nb::dict values_of(const Machine& m) {
  nb::dict values;
  for (const machine::Row& row : machine::rows_of(m)) values[row.path.c_str()] = row.value;
  return values;
}

// Of each number: its source, as (source, evidence).
nb::dict sources_of(const Machine& m) {
  nb::dict sources;
  for (const auto& [path, from] : m.provenance) {
    const bool estimate = from.evidence == machine::Evidence::estimate;
    sources[path.c_str()] = nb::make_tuple(from.source, estimate);
  }
  return sources;
}

}  // namespace

void bind_machine(nb::module_& m) {
  nb::class_<Machine>(m, "Machine")
      .def_ro("name", &Machine::name)
      .def_ro("title", &Machine::title)
      .def_prop_ro("values", values_of, "Every key that the machine states: \"core.version\": 3.")
      .def_prop_ro("sources", sources_of, "Key -> (source, whether its number is an estimate).")
      .def_prop_ro("core_name", [](const Machine& x) { return x.core.name; })
      .def_prop_ro("version", [](const Machine& x) { return x.core.version; })
      .def_prop_ro("partitions", [](const Machine& x) { return x.core.partitions; })
      .def_prop_ro("stationary_free_max",
                   [](const Machine& x) { return x.core.tensor.stationary_free_max; })
      .def_prop_ro("moving_free_max",
                   [](const Machine& x) { return x.core.tensor.moving_free_max; })
      .def_prop_ro("bn_stats_free_max",
                   [](const Machine& x) { return x.core.vector.bn_stats_free_max; })
      .def_prop_ro("sbuf_total_partition_bytes",
                   [](const Machine& x) { return x.core.memory.sbuf_partition_bytes; })
      .def_prop_ro("logical_core_default",
                   [](const Machine& x) { return x.chip.logical_core_default; })
      .def_prop_ro("sbuf_partition_bytes",
                   [](const Machine& x) {
                     return x.core.memory.sbuf_partition_bytes - x.core.memory.sbuf_reserved_bytes;
                   })
      .def_prop_ro("psum_partition_bytes",
                   [](const Machine& x) { return x.core.memory.psum_partition_bytes; })
      .def_prop_ro("psum_bank_bytes",
                   [](const Machine& x) { return x.core.memory.psum_bank_bytes; })
      .def_prop_ro("runtime_seconds",
                   [](const Machine& x) { return 1e-9 * x.core.sequencer.runtime_ns; })
      .def_prop_ro("estimates", &Machine::estimates);
  m.def(
      "load_machine",
      [](const std::string& name, const std::vector<std::string>& overrides) {
        auto loaded = std::make_shared<const Machine>(machine::load_machine(name, overrides));
        return std::const_pointer_cast<Machine>(loaded);
      },
      nb::arg("name"), nb::arg("overrides") = std::vector<std::string>{});
}

}  // namespace trainyard::bind
