// Reductions into the accumulators of an engine, one a lane, that outlive the instruction: what
// `reduce_cmd`, `reduce_res` and `reduce_op` mean to the instructions that have them.
#pragma once

#include <initializer_list>

#include "trainyard/isa/operators.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

inline constexpr int kNoResult = -1;  ///< as `reduce_res` of an instruction that has none

/// `reduce_cmd` is one of these (E111), and `reduce_res` a [P, 1] tile of a floating type.
void check_accumulation(const Call& call, int data, int reduce_cmd, int reduce_res,
                        std::initializer_list<ReduceCmd> allowed);

/// For Spec::accumulators. An idle instruction of the Vector Engine may spoil what they hold.
Access accumulator_access(const Call& call, int reduce_cmd, int reduce_res);

class Accumulation {
 public:
  /// Resets or loads (`initial`, a value a row) the accumulators of the lanes of `data`. Throws
  /// E214 if the command goes on from accumulators that nothing has defined.
  Accumulation(Run& run, int data, ReduceCmd cmd, Operator op, const float* initial = nullptr);

  /// Combines rows [first, first + rows) of n values into their accumulators, if the command does.
  void reduce(const float* values, int first, int rows, int64_t n);
  /// The accumulators of the rows, to go on from and leave the result in.
  float* values() { return &all_.value[lane_]; }
  /// Copies the accumulators to the tile `reduce_res`, if it is there.
  void read_out(int reduce_res, bool negate = false);

 private:
  void require_defined(const char* what) const;

  Run& run_;
  CoreState::Accumulators& all_;
  const int lane_, rows_;
  const ReduceCmd cmd_;
  const Operator op_;
};

}  // namespace trainyard::isa
