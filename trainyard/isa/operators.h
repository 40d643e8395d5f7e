// The arithmetic of operator tokens, over runs of fp32 or of raw integer bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trainyard/isa/value.h"

namespace trainyard::isa {

using BinaryRun = void (*)(const float* a, const float* b, float* out, size_t n);
using UnaryRun = void (*)(const float* x, float* y, size_t n);

/// out = a op b; comparisons and logic give 1.0 and 0.0. Null for operators that are not `arith`.
BinaryRun binary_run(Operator op);
/// out = a op scalar (scalar op a if reverse).
void scalar_run(Operator op, const float* a, float scalar, bool reverse, float* out, size_t n);
/// y = op(x) for unary operators and Scalar Engine functions; null if it is neither.
/// prelu is not here: it takes a parameter.
UnaryRun unary_run(Operator op);
/// The reduction of x under a reducing arith operator, in the stated order (see docs/numbers.md);
/// `initial` is combined first.
float reduce_run(Operator op, const float* x, size_t n, float initial);
/// The neutral element of a reducing arith operator.
float identity(Operator op);
/// a op b on 32-bit words (operands zero- or sign-extended by the caller).
uint32_t bits_op(Operator op, uint32_t a, uint32_t b);
/// Whether the GpSimd Engine has an exact 32-bit integer form of an arith operator.
bool has_integer_form(Operator op);
/// a op b on 32-bit integers, wrapping around; comparisons and logic give 1 and 0.
uint32_t integer_op(Operator op, uint32_t a, uint32_t b, bool is_signed);

}  // namespace trainyard::isa
