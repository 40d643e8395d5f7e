// The arithmetic of operator tokens: which loop an operator means. The loops themselves, one set
// per instruction set of the host, are in operator_loops.inc; those that call a function of libm
// (whose remainders are exact) or of base/ are here.

#include "trainyard/isa/operators.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "trainyard/base/code_path.h"
#include "trainyard/base/functions.h"

namespace trainyard::isa {

namespace {

struct ArithLoops {
  BinaryRun both;
  void (*right)(const float* a, float s, float* out, size_t n);  ///< a op s
  void (*left)(const float* a, float s, float* out, size_t n);   ///< s op a
  void (*reduce)(const float* x, size_t rows, size_t n, float neutral, float* out);
};

#define TRAINYARD_LOOPS "trainyard/isa/operator_loops.inc"
#include "trainyard/base/code_paths.inc"

// Everything of one operator that a code path compiles.
struct Loops {
  ArithLoops arith;
  UnaryRun unary;
  WordRun bits, integer[2];  // integer[is_signed]
};

constexpr int kOperators = 0
#define OPERATOR(name, kind, reduces, version) +1
#include "trainyard/isa/operators.list"
#undef OPERATOR
    ;

#define LOOPS_OF(path)                                                  \
  Loops {                                                               \
    path::arith_loops(op), path::unary_loop(op), path::bits_loop(op), { \
      path::integer_loop(op, false), path::integer_loop(op, true)       \
    }                                                                   \
  }

std::array<Loops, kOperators> loops_of_this_host() {
  std::array<Loops, kOperators> table;
  for (int i = 0; i < kOperators; ++i) {
    const auto op = static_cast<Operator>(i);
    switch (base::code_path()) {
#ifdef __x86_64__
      case base::CodePath::avx512: table[i] = LOOPS_OF(avx512); break;
      case base::CodePath::avx2: table[i] = LOOPS_OF(avx2); break;
#endif
      default: table[i] = LOOPS_OF(scalar);
    }
  }
  return table;
}
#undef LOOPS_OF

using SelectLoop = void (*)(const void* mask, const void* yes, const void* no, void* out, size_t n);

SelectLoop select_loop() {
  switch (base::code_path()) {
#ifdef __x86_64__
    case base::CodePath::avx512: return avx512::select;
    case base::CodePath::avx2: return avx2::select;
#endif
    default: return scalar::select;
  }
}

const Loops& loops(Operator op) {
  static const auto table = loops_of_this_host();
  return table[static_cast<size_t>(op)];
}

float remainder_of(float a, float b) { return std::fmod(a, b); }
float modulus_of(float a, float b) {  // has the sign of b, as Python's
  const float r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

template <float (*f)(float, float)>
void each(const float* a, const float* b, float* out, size_t n) {
  for (size_t i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
}

}  // namespace

BinaryRun binary_run(Operator op) {
  switch (op) {
    case Operator::power: return base::power_run;
    case Operator::fmod: return each<remainder_of>;
    case Operator::mod: return each<modulus_of>;
    default: return loops(op).arith.both;
  }
}

void scalar_run(Operator op, const float* a, float s, bool reverse, float* out, size_t n) {
  if (const UnaryRun unary = unary_run(op)) return unary(a, out, n);
  const ArithLoops& arith = loops(op).arith;
  if (arith.right) return (reverse ? arith.left : arith.right)(a, s, out, n);
  // Operators without a scalar loop see the scalar as a run of equal values.
  constexpr size_t kChunk = 256;
  float same[kChunk];
  std::fill(same, same + std::min(n, kChunk), s);
  const BinaryRun both = binary_run(op);
  for (size_t i = 0; i < n; i += kChunk) {
    const float* x = reverse ? same : a + i;
    const float* y = reverse ? a + i : same;
    both(x, y, out + i, std::min(kChunk, n - i));
  }
}

void rows_run(Operator op, const float* a, const float* scalars, bool reverse, float* out,
              size_t rows, size_t n) {
  const UnaryRun unary = unary_run(op);
  if (unary) return unary(a, out, rows * n);
  if (n == 1) return binary_run(op)(reverse ? scalars : a, reverse ? a : scalars, out, rows);
  const ArithLoops& arith = loops(op).arith;
  const auto loop = reverse ? arith.left : arith.right;
  for (size_t r = 0; r < rows; ++r) {
    if (loop) loop(a + r * n, scalars[r], out + r * n, n);
    else scalar_run(op, a + r * n, scalars[r], reverse, out + r * n, n);
  }
}

UnaryRun unary_run(Operator op) {
  switch (op) {
    case Operator::exp: return base::exp_run;
    case Operator::log: return base::log_run;
    case Operator::sqrt: return base::sqrt_run;
    case Operator::rsqrt: return base::rsqrt_run;
    case Operator::reciprocal: return base::reciprocal_run;
    case Operator::tanh: return base::tanh_run;
    case Operator::sigmoid: return base::sigmoid_run;
    case Operator::gelu: return base::gelu_run;
    case Operator::gelu_dx: return base::gelu_dx_run;
    case Operator::gelu_apprx_tanh: return base::gelu_apprx_tanh_run;
    case Operator::gelu_apprx_sigmoid: return base::gelu_apprx_sigmoid_run;
    case Operator::gelu_apprx_sigmoid_dx: return base::gelu_apprx_sigmoid_dx_run;
    case Operator::silu: return base::silu_run;
    case Operator::silu_dx: return base::silu_dx_run;
    case Operator::softplus: return base::softplus_run;
    case Operator::mish: return base::mish_run;
    case Operator::erf: return base::erf_run;
    case Operator::erf_dx: return base::erf_dx_run;
    case Operator::sin: return base::sin_run;
    case Operator::arctan: return base::arctan_run;
    default: return loops(op).unary;
  }
}

float identity(Operator op) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  switch (op) {
    case Operator::multiply:
    case Operator::logical_and: return 1;
    case Operator::maximum: return -kInfinity;
    case Operator::minimum:
    case Operator::abs_min: return kInfinity;
    default: return 0;
  }
}

void reduce_rows(Operator op, const float* x, size_t rows, size_t n, float* out) {
  if (op != Operator::subtract) return loops(op).arith.reduce(x, rows, n, identity(op), out);
  for (size_t r = 0; r < rows; ++r) {
    out[r] = x[r * n];
    for (size_t i = 1; i < n; ++i) out[r] -= x[r * n + i];
  }
}

float reduce_run(Operator op, const float* x, size_t n, float initial) {
  float reduced;
  reduce_rows(op, x, 1, n, &reduced);
  scalar_run(op, &initial, reduced, false, &initial, 1);
  return initial;
}

void select_run(const uint32_t* mask, const uint32_t* yes, const uint32_t* no, uint32_t* out,
                size_t n) {
  select_loop()(mask, yes, no, out, n);
}

void select_run(const float* mask, const float* yes, const float* no, float* out, size_t n) {
  select_loop()(mask, yes, no, out, n);
}

WordRun bits_run(Operator op) { return loops(op).bits; }

WordRun integer_run(Operator op, bool is_signed) { return loops(op).integer[is_signed]; }

Evidence evidence_of(Operator op) {
  switch (op) {
    case Operator::copy:
    case Operator::square:
    case Operator::relu:
    case Operator::prelu:
    case Operator::abs:
    case Operator::sign: return Evidence::exact;
    case Operator::rsqrt:
    case Operator::reciprocal:
    case Operator::power:
    case Operator::divide: return Evidence::approximate;
    default:
      return info(op).kind == OperatorClass::function ? Evidence::approximate : Evidence::exact;
  }
}

Evidence evidence_of_reduction(Operator op) {
  switch (op) {
    case Operator::add:
    case Operator::subtract:
    case Operator::multiply:
    case Operator::average: return Evidence::order_defined;
    default: return Evidence::exact;
  }
}

}  // namespace trainyard::isa
