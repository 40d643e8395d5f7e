// Loads of what is still on the chip.
#pragma once

#include <map>
#include <tuple>
#include <vector>

#include "trainyard/core/finding_list.h"
#include "trainyard/core/shadow.h"
#include "trainyard/program/place.h"

namespace trainyard::core {

/// Remembers loads from HBM into SBUF. The same bytes loaded again while the first copy is whole,
/// and no other tile lies where it was, is a finding.
class Reloads {
 public:
  Reloads(const Program& program, const program::Placement& placement, Shadow& shadow,
          FindingList& findings);

  /// Before instruction `i` is in the shadow.
  void before(InstructionId i, const isa::Call& call, base::Picoseconds cost);
  /// After that.
  void after(InstructionId i, const isa::Call& call);
  /// The tensor has had its last use, and is still in the shadow.
  void leave(TensorId id);

 private:
  struct Load {
    InstructionId instruction = program::kNone;
    TensorId to = program::kNone;
    Box box;
    bool left = false;   // its tensor is not used any more,
    bool whole = false;  // and held the copy to the end
  };
  using Key = std::tuple<TensorId, int64_t, isa::LayoutId>;

  bool is_whole(const Load& load);

  const Program& program_;
  Shadow& shadow_;
  FindingList& findings_;
  std::vector<std::vector<TensorId>> taken_by_;   // by tensor: who takes over its bytes
  std::vector<uint8_t> begun_;                    // by tensor
  std::map<TensorId, InstructionId> hbm_writes_;  // the last
  std::map<Key, Load> loads_;                     // the last one of these bytes
  std::map<TensorId, std::vector<Key>> copies_;   // by tile: what it was loaded with
};

}  // namespace trainyard::core
