// Small sums over a machine, and one way of writing each kind of figure.
#include "trainyard/cli/machine_facts.h"

#include <algorithm>

#include <fmt/format.h>

#include "trainyard/machine/value.h"

namespace trainyard::cli {

double array_tflops(const machine::Core& core) {
  constexpr double kGiga = 1e9, kTera = 1e12;
  constexpr int kMultiplyAndAdd = 2;
  return kMultiplyAndAdd * static_cast<double>(core.tensor.rows) * core.tensor.columns *
         core.tensor.clock_ghz * kGiga / kTera;
}

std::string number(double value) { return value == 0 ? "" : fmt::format("{:.6g}", value); }
std::string ghz(double clock) { return clock == 0 ? "" : fmt::format("{:g} GHz", clock); }
std::string tflops(double speed) { return speed == 0 ? "" : fmt::format("{:.4g} TFLOPS", speed); }
std::string bytes(double size) { return size == 0 ? "" : machine::format_value(size, "B"); }
std::string gb_s(double rate) { return rate == 0 ? "" : fmt::format("{:.4g} GB/s", rate); }

std::string cores_of(const machine::Machine& machine) {
  return fmt::format("{}: {} {}", machine.chip.name, machine.chip.cores, machine.core.name);
}

std::string chips_of(const machine::Instance& instance) {
  return instance.chips == 1 ? "1 chip" : fmt::format("{} chips", instance.chips);
}

std::string shape_of(const machine::Instance& instance) {
  if (instance.chips == 1) return chips_of(instance);
  const auto servers =
      instance.servers > 1 ? fmt::format(" in {} servers", instance.servers) : std::string();
  return fmt::format("{}{}, {}", chips_of(instance), servers, instance.topology);
}

int stacks_of(const machine::Machine& machine) { return std::max(1, machine.chip.hbm_stacks); }

std::string mark(const machine::Machine& machine, const std::string& key) {
  const auto from = machine.provenance.find(key);
  const bool estimate =
      from != machine.provenance.end() && from->second.evidence == machine::Evidence::estimate;
  return estimate ? "≈ " : "";
}

std::string link_text(const machine::Link& link) {
  return fmt::format("{}: {} x {:g} GB/s each way", link.name, link.count, link.gb_s);
}

}  // namespace trainyard::cli
