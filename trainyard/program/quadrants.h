// Placement where tiles of few partitions lie side by side.
#pragma once

#include <vector>

#include "trainyard/program/place.h"

namespace trainyard::program {

/// SBUF as four groups of 32 partitions. A tile of at most 32 partitions may start in any of them,
/// one of at most 64 in the first or third, all others in the first: where the engines can address
/// it. The lowest bytes that fit are taken.
class Quadrants {
 public:
  Quadrants(const Program& program, Placement& placement);

  /// A tile that is born where `dying` ends takes its box, if the instruction may write there what
  /// it reads. Throws E201 if there is no room.
  void take(TensorId id, const Call& birth, const std::vector<TensorId>& dying);
  void give(TensorId id);

 private:
  struct Box {
    TensorId tensor;
    int first, last;  // quadrants, the last one included
    int64_t start, end;
    bool meets(const Box& o) const {
      return first <= o.last && o.first <= last && start < o.end && o.start < end;
    }
    bool covers(const Box& o) const {
      return first <= o.first && o.last <= last && start <= o.start && o.end <= end;
    }
  };
  bool is_free(const Box& box) const;
  bool take_over(TensorId id, const Call& birth, const std::vector<TensorId>& dying);
  void hold(const Box& box);

  const Program& program_;
  Placement& placement_;
  int64_t size_;
  std::vector<Box> held_, previous_;  // who lives, and who lived where nobody has since
};

}  // namespace trainyard::program
