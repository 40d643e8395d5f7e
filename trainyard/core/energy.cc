// The law of energy, in one place. Every term is a number of things times the energy of one.

#include "trainyard/core/energy.h"

#include <numeric>

#include "trainyard/machine/bounds.h"

namespace trainyard::core {

namespace {

using isa::kComputing;

constexpr double kJoulesAPicojoule = 1e-12;
// The parts beside the engines, in their order.
constexpr std::array kRest = {"instructions", "dma", "hbm", "links"};

using Parts = std::array<double, kComputing.size() + kRest.size()>;

Parts picojoules(const isa::Work& w, const machine::Energy& e) {
  // By engine; the Tensor Engine's elements are its multiply-adds.
  const std::array element = {0.0, e.vector_element_pj, e.scalar_element_pj, e.gpsimd_element_pj};
  Parts parts{};
  for (size_t i = 0; i < kComputing.size(); ++i)
    parts[i] = w.engines[i].elements * element[i] + w.engines[i].sbuf_bytes * e.sbuf_byte_pj +
               w.engines[i].psum_bytes * e.psum_byte_pj;
  parts[0] += w.macs * e.mac_pj + w.macs_8bit * e.mac_8bit_pj;
  double* rest = &parts[kComputing.size()];
  rest[0] = w.instructions * e.instruction_pj;
  rest[1] = w.dma_bytes * e.dma_byte_pj + w.descriptors * e.descriptor_pj +
            w.dma_sbuf_bytes * e.sbuf_byte_pj + w.dma_psum_bytes * e.psum_byte_pj;
  rest[2] = w.hbm_bytes * e.hbm_byte_pj;
  rest[3] = w.link_bytes * e.link_byte_pj;
  return parts;
}

profile::Ranged joules(double value, double low, double high) {
  return {value * kJoulesAPicojoule, low * kJoulesAPicojoule, high * kJoulesAPicojoule};
}

double sum(const Parts& parts) { return std::accumulate(parts.begin(), parts.end(), 0.0); }

}  // namespace

profile::Energy energy_of(const std::vector<isa::Work>& work, const machine::Machine& machine) {
  const machine::Energy& middle = machine.core.energy;
  const machine::Energy low = at_bound(machine, machine::Bound::fastest).core.energy;
  const machine::Energy high = at_bound(machine, machine::Bound::slowest).core.energy;
  profile::Energy energy;
  isa::Work all;
  for (size_t opcode = 0; opcode < work.size(); ++opcode) {
    const isa::Work& w = work[opcode];
    if (w.instructions == 0) continue;
    all += w;
    energy.by_instruction.push_back(
        {std::string(isa::spec(static_cast<isa::Opcode>(opcode)).name),
         joules(sum(picojoules(w, middle)), sum(picojoules(w, low)), sum(picojoules(w, high)))});
  }
  const Parts values = picojoules(all, middle);
  const Parts least = picojoules(all, low), most = picojoules(all, high);
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string name(i < kComputing.size() ? isa::name_of(kComputing[i])
                                                 : kRest[i - kComputing.size()]);
    energy.parts.push_back({name, joules(values[i], least[i], most[i])});
  }
  energy.idle_w = {middle.idle_w, low.idle_w, high.idle_w};
  return energy;
}

}  // namespace trainyard::core
