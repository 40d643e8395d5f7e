// Sums over the parts of a run's energy.

#include "trainyard/profile/energy.h"

#include <algorithm>

namespace trainyard::profile {

namespace {

double seconds(Picoseconds t) { return static_cast<double>(t) * 1e-12; }

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
  for (const EnergyPart& part : other.parts) {
    const auto mine = std::ranges::find(parts, part.name, &EnergyPart::name);
    if (mine == parts.end()) parts.push_back(part);
    else mine->joules += part.joules;
  }
  idle_w += other.idle_w;
  return *this;
}

}  // namespace trainyard::profile
