// Accesses as solid boxes of bytes, which can be cut and counted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "trainyard/isa/operand.h"

namespace trainyard::program {

/// Rows [row0, row1) x bytes [byte0, byte1) of each; rows are partitions on chip.
struct Box {
  int64_t row0 = 0, row1 = 0, byte0 = 0, byte1 = 0;

  bool empty() const { return row0 >= row1 || byte0 >= byte1; }
  int64_t bytes() const { return empty() ? 0 : (row1 - row0) * (byte1 - byte0); }
  bool meets(const Box& b) const {
    return row0 < b.row1 && b.row0 < row1 && byte0 < b.byte1 && b.byte0 < byte1;
  }
  Box common(const Box& b) const {
    return {std::max(row0, b.row0), std::min(row1, b.row1), std::max(byte0, b.byte0),
            std::min(byte1, b.byte1)};
  }
  bool operator==(const Box&) const = default;
};

/// What is left of a box beside `gone`: at most four boxes.
std::vector<Box> beside(const Box& box, const Box& gone);

/// Takes `gone` away from a list of things that have a `box`: those hit are cut, in place.
template <class Item>
void cut(std::vector<Item>& items, const Box& gone) {
  const size_t n = items.size();
  size_t kept = 0;
  std::vector<Item> rest;
  for (size_t i = 0; i < n; ++i) {
    if (items[i].box.meets(gone)) {
      for (const Box& part : beside(items[i].box, gone)) {
        rest.push_back(items[i]);
        rest.back().box = part;
      }
      continue;
    }
    if (kept != i) items[kept] = std::move(items[i]);
    ++kept;
  }
  items.resize(kept);
  items.insert(items.end(), rest.begin(), rest.end());
}

/// The boxes of an access, within its tensor or, if that has an address, its memory. Not exact: it
/// has a dynamic address or too many gaps, and lies somewhere in the one box.
struct Boxes {
  std::vector<Box> list;
  bool exact = true;
};
Boxes boxes_of(const isa::OperandView& view);

}  // namespace trainyard::program
