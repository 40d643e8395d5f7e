// Sums over the parts of a run's energy.

#include "trainyard/profile/energy.h"

#include <algorithm>

namespace trainyard::profile {

namespace {

double seconds(Picoseconds t) { return static_cast<double>(t) * 1e-12; }

void add(std::vector<EnergyPart>& parts, const std::vector<EnergyPart>& others) {
  for (const EnergyPart& other : others) {
    const auto mine = std::ranges::find(parts, other.name, &EnergyPart::name);
    if (mine == parts.end()) parts.push_back(other);
    else mine->joules += other.joules;
  }
}

}  // namespace

Ranged& Ranged::operator+=(const Ranged& other) {
  value += other.value;
  low += other.low;
  high += other.high;
  return *this;
}

Ranged Energy::idle(Picoseconds span, Picoseconds low, Picoseconds high) const {
  return {idle_w.value * seconds(span), idle_w.low * seconds(low), idle_w.high * seconds(high)};
}

Ranged Energy::total(Picoseconds span, Picoseconds low, Picoseconds high) const {
  Ranged all = idle(span, low, high);
  for (const EnergyPart& part : parts) all += part.joules;
  return all;
}

Energy& Energy::operator+=(const Energy& other) {
  add(parts, other.parts);
  add(by_instruction, other.by_instruction);
  idle_w += other.idle_w;
  return *this;
}

}  // namespace trainyard::profile
