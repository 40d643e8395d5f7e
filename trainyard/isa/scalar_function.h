// What the function instructions of the Scalar Engine share: op(data * scale + bias), and its sum.
#pragma once

#include "trainyard/isa/accumulate.h"

namespace trainyard::isa {

/// Which parameters of the call are which.
struct FunctionParams {
  int dst, op, data, bias, scale;
};

/// `op` is a function of the Scalar Engine (E109); prelu only where it can have its parameter.
void check_function_operator(const Call& call, int op, bool has_parameter);
void check_function(const Call& call, const FunctionParams& p);
void run_function(Run& run, const FunctionParams& p, Accumulation& sums);
Cost cost_function(const Call& call, const FunctionParams& p, bool reads_accumulators);

}  // namespace trainyard::isa
