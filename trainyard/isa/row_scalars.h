// The scalar operand of tensor_scalar and its kin: a number, or a [P, 1] tile with one a partition.
#pragma once

#include <vector>

#include "trainyard/isa/operators.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

/// What an instruction takes beyond the common: operators on bits; tiles of any type that has no
/// packs in place of float32.
struct ScalarLimits {
  bool bits = false;
  bool any_type = false;
};

/// Limits of `operand` as the scalar of the operator `op`: a number or a float32 tile (an integer
/// one for bit operators); None or 0 for unary operators. The operator is arithmetic or unary and
/// runs on the call's engine.
void check_scalar_operator(const Call& call, int op, int operand, int like,
                           ScalarLimits limits = {});

class RowScalars {
 public:
  /// `rows` partitions; an absent argument (that of a unary operator) is 0.
  RowScalars(Run& run, int param, int rows)
      : values_(run.row_scalars(param, rows, storage_)), uniform_(!run.call.is_tensor(param)) {}

  float operator[](int row) const { return values_[row]; }
  bool uniform() const { return uniform_; }

  /// out = in op scalar (scalar op in if reverse) for rows [first, first + rows) of n elements.
  void apply(Operator op, const float* in, bool reverse, float* out, int first, int rows,
             int64_t n) const {
    if (uniform_) scalar_run(op, in, values_[0], reverse, out, rows * n);
    else rows_run(op, in, values_ + first, reverse, out, rows, n);
  }

 private:
  std::vector<float> storage_;
  const float* values_;
  bool uniform_;
};

/// The same for bit patterns and integers.
class RowWords {
 public:
  RowWords(Run& run, int param, int rows);
  void apply(WordRun op, const uint32_t* in, bool reverse, uint32_t* out, int first, int rows,
             int64_t n);

 private:
  std::vector<uint32_t> values_, same_;
};

}  // namespace trainyard::isa
