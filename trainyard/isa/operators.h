// The arithmetic of operator tokens, over runs of fp32 or of raw integer bits.
#pragma once

#include <cstddef>
#include <cstdint>

#include "trainyard/isa/instruction.h"

namespace trainyard::isa {

using BinaryRun = void (*)(const float* a, const float* b, float* out, size_t n);
using UnaryRun = void (*)(const float* x, float* y, size_t n);
using WordRun = void (*)(const uint32_t* a, const uint32_t* b, uint32_t* out, size_t n);

/// out = a op b; comparisons and logic give 1.0 and 0.0. Null for operators that are not `arith`.
BinaryRun binary_run(Operator op);
/// out = a op scalar (scalar op a if reverse); unary operators ignore the scalar.
void scalar_run(Operator op, const float* a, float scalar, bool reverse, float* out, size_t n);
/// The same with one scalar a row of n elements.
void rows_run(Operator op, const float* a, const float* scalars, bool reverse, float* out,
              size_t rows, size_t n);
/// y = op(x) for unary operators and Scalar Engine functions; null if it is neither.
/// prelu is not here: it takes a parameter.
UnaryRun unary_run(Operator op);

/// out[r] = the reduction of row r of n elements under an arith operator, in the order stated in
/// docs/numbers.md. A subtraction takes the others from the first.
void reduce_rows(Operator op, const float* x, size_t rows, size_t n, float* out);
/// initial op (the reduction of x).
float reduce_run(Operator op, const float* x, size_t n, float initial);
/// The neutral element of a reducing arith operator.
float identity(Operator op);

/// out = yes where the bits of mask are not all 0, else no. Copies bits.
void select_run(const uint32_t* mask, const uint32_t* yes, const uint32_t* no, uint32_t* out,
                size_t n);
void select_run(const float* mask, const float* yes, const float* no, float* out, size_t n);

/// out = a op b on 32-bit words, operands zero-extended by the caller; null unless `bits`.
WordRun bits_run(Operator op);
/// The GpSimd Engine's exact 32-bit integer form of an arith operator, wrapping around; comparisons
/// and logic give 1 and 0. Null if it has none.
WordRun integer_run(Operator op, bool is_signed);

/// How well the values of an operator are known: `approximate` where the chip evaluates a table or
/// an algorithm that is not public.
Evidence evidence_of(Operator op);
/// The same for a reduction: `order_defined` where the order shows in the result.
Evidence evidence_of_reduction(Operator op);

}  // namespace trainyard::isa
