// What a run took in energy: part by part, with the range that the machine's estimates give it.
#pragma once

#include <string>
#include <vector>

#include "trainyard/base/units.h"

namespace trainyard::profile {

using base::Picoseconds;

/// A value between what it may be at least and at most.
struct Ranged {
  double value = 0, low = 0, high = 0;

  Ranged& operator+=(const Ranged& other);
};

/// The part of one engine, of a memory, of the way between.
struct EnergyPart {
  std::string name;
  Ranged joules;
};

struct Energy {
  std::vector<EnergyPart> parts;           ///< what was done: grows with the work
  std::vector<EnergyPart> by_instruction;  ///< the same joules, by the instruction's name
  Ranged idle_w;                           ///< what the cores draw all the time

  /// `idle_w` over the span, its range over that of the span.
  Ranged idle(Picoseconds span, Picoseconds low, Picoseconds high) const;
  /// All parts and `idle`.
  Ranged total(Picoseconds span, Picoseconds low, Picoseconds high) const;
  /// Adds another core's, part by part.
  Energy& operator+=(const Energy& other);
};

}  // namespace trainyard::profile
