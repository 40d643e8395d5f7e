// The physical cores that run one kernel together: their values, up to where they meet.
#pragma once

#include <memory>
#include <vector>

#include "trainyard/base/diagnostics.h"
#include "trainyard/core/timing.h"
#include "trainyard/core/values.h"

namespace trainyard::device {

using core::InstructionId;
using isa::TensorId;
using program::Program;

/// Cores that meet in instructions: those of a rank (logical core), which also share HBM, in
/// sendrecv and core_barrier; cores of different ranks in collectives. They are numbered
/// rank * cores a rank + core. Each core comes to its meetings in program order. Not concurrent;
/// each core's values use their own threads.
class Group {
 public:
  Group(int ranks, int cores_a_rank);

  int size() const { return static_cast<int>(members_.size()); }
  int cores_a_rank() const { return cores_a_rank_; }
  /// `values`: null if only meetings() and find_races() are asked for.
  void join(int core, const Program& program, core::Values* values = nullptr);
  /// Tensors of a core that must outlive their last use, by id.
  void keep(int core, std::vector<uint8_t> tensors) { members_[core].keep = std::move(tensors); }

  /// Says that the next tensor which `core` declares in shared HBM is `id`: the n-th of every core
  /// of a rank is one tensor. `storage`: the memory it has already (a kernel argument), or null;
  /// with values, all cores are bound to the first one's. Throws E110 if they declare different
  /// tensors.
  void share(int core, TensorId id, std::shared_ptr<core::Storage> storage, bool values);

  /// Runs a core's values up to `end`, and those of others as far as it waits for them. False: it
  /// stands before a meeting to which another core has not come yet.
  /// Throws E312 where cores meet in instructions that do not go together.
  bool run(int core, InstructionId end);
  /// Runs all cores to the ends of their programs, one instruction of each after the other: what
  /// both write is then in the order in which they come to it.
  void run_in_step();
  /// E311, with what each core waits in.
  base::Error deadlock() const;

  /// Once all programs are complete: who meets when. Throws E311 or E312 if they cannot.
  core::Meetings meetings() const;

  struct Finding {
    std::string text;
    base::Place place, other;  ///< of the two accesses
  };
  /// Throws E313 if cores of a rank use the same bytes of shared HBM between the same two meetings,
  /// one of them writing and another reading; what only may overlap, or is written by both, is a
  /// finding.
  std::vector<Finding> find_races() const;

 private:
  struct Member {
    const Program* program = nullptr;
    core::Values* values = nullptr;
    std::vector<uint8_t> keep;
    std::vector<TensorId> shared;                 // as declared
    size_t met = 0;                               // meetings behind it
    mutable std::vector<InstructionId> meetings;  // found so far
    mutable InstructionId searched = 0;           // up to here
    bool waiting = false;                         // while others are brought to its meeting
  };
  struct SharedTensor {
    isa::Tensor tensor;
    int core;  // who declared it first
    std::shared_ptr<core::Storage> storage;
  };

  int rank_of(size_t core) const { return static_cast<int>(core) / cores_a_rank_; }
  /// A core's n-th meeting, or kNone: it is not there (yet).
  static InstructionId meeting(const Member& m, size_t n);
  /// Who takes part in a core's n-th meeting.
  std::vector<int> participants(int core, size_t n) const;
  /// Holds the next meeting of a core; false if one of the others cannot come.
  bool hold_meeting(int core);
  void meet(const std::vector<int>& cores);
  /// The meetings of these cores, one of each, go together (E312).
  void check_match(const std::vector<int>& cores, const std::vector<size_t>& met) const;
  std::string state_of(int core, size_t met) const;
  base::Error deadlock(const std::vector<size_t>& met) const;
  base::Place place_of(int core, size_t n) const;
  std::string name_of(int core) const;

  int cores_a_rank_;
  std::vector<Member> members_;
  std::vector<std::vector<SharedTensor>> shared_;  // by rank
};

}  // namespace trainyard::device
