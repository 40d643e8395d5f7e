// The shortest way for the commonest elementwise work: additions, products and clamps of packed
// fp32 and bf16 tiles, computed in registers between memory and memory. Everything else passes
// through scratch (for_each_block); the bits are the same.
#pragma once

#include <optional>

#include "trainyard/isa/row_scalars.h"

namespace trainyard::isa {

/// dst = a op b, if that can be done directly; whether it was.
bool run_direct(Run& run, Operator op, int dst, int a, int b);

/// An operator and its scalar, as tensor_scalar has them.
struct ScalarStep {
  Operator op;
  const RowScalars& scalar;
  bool reverse;
};

/// dst = second(first(data)), if that can be done directly; whether it was.
bool run_direct(Run& run, int dst, int data, const ScalarStep& first,
                const std::optional<ScalarStep>& second);

}  // namespace trainyard::isa
