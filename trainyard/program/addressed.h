// Tensors with addresses of the kernel's own that hold their bytes only while they are in use, so
// that tiles without one may lie there before and after. The vendor's compiler places so: kernels
// that give all of PSUM away by address use tiles without one beside it.
#pragma once

#include <algorithm>
#include <vector>

#include "trainyard/program/program.h"

namespace trainyard::program {

/// From the first to the last use of a tensor: positions in issue order.
struct Life {
  static constexpr uint32_t kNever = 0xffffffff;
  uint32_t first = kNever, last = 0;
  bool meets(const Life& other) const { return first <= other.last && other.first <= last; }
};

class Addressed {
 public:
  void add(TensorId id, int64_t start, int64_t end, const Life& life) {
    held_.push_back({id, start, end, life});
  }

  /// The end of one that is in the way of a tile there, or -1.
  int64_t in_the_way(int64_t start, int64_t end, const Life& life) const {
    const auto found = std::ranges::find_if(
        held_, [&](const Held& h) { return h.meets(start, end) && h.life.meets(life); });
    return found == held_.end() ? -1 : found->end;
  }

  /// Those that were there before the tile are taken over by it, and it by those that come after.
  void take_over(TensorId id, int64_t start, int64_t end, const Life& life,
                 std::vector<std::vector<TensorId>>& evicts) const {
    for (const Held& h : held_) {
      if (!h.meets(start, end)) continue;
      if (h.life.last < life.first) evicts[id].push_back(h.id);
      else evicts[h.id].push_back(id);
    }
  }

 private:
  struct Held {
    TensorId id;
    int64_t start, end;
    Life life;
    bool meets(int64_t from, int64_t to) const { return start < to && from < end; }
  };
  std::vector<Held> held_;
};

}  // namespace trainyard::program
