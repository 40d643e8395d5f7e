// Which end of a range is the fast one follows from the unit in the key's name.

#include "trainyard/machine/bounds.h"

#include "trainyard/machine/keys.h"

namespace trainyard::machine {

namespace {

enum class Direction { none, higher_is_slower, higher_is_faster };

Direction direction_of(std::string_view path) {
  if (!path.starts_with("core.")) return Direction::none;
  // More energy goes with more time: both ends of a run's range then have both.
  for (std::string_view end : {"_ns", "_cycles", "_factor", "_passes", "_per_element", "_pj", "_w"})
    if (path.ends_with(end)) return Direction::higher_is_slower;
  for (std::string_view end : {"_ghz", "_gb_s", "_rate", "_rate_hbm", "_rate_sbuf"})
    if (path.ends_with(end)) return Direction::higher_is_faster;
  return Direction::none;
}

}  // namespace

Machine at_bound(const Machine& machine, Bound bound) {
  Machine moved = machine;
  for (const Row& row : rows_of(machine)) {
    const Direction direction = direction_of(row.path);
    const auto known = machine.provenance.find(row.path);
    if (direction == Direction::none || row.key->type != Type::number ||
        known == machine.provenance.end() || !known->second.low)
      continue;
    const bool high = (direction == Direction::higher_is_slower) == (bound == Bound::slowest);
    row.key->assign(moved, high ? *known->second.high : *known->second.low);
  }
  return moved;
}

}  // namespace trainyard::machine
