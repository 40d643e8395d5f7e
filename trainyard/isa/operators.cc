// The arithmetic of operator tokens. Loops are plain so that the compiler vectorises them; every
// one is elementwise, so the bits do not depend on how.

#include "trainyard/isa/operators.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "trainyard/base/functions.h"

namespace trainyard::isa {

namespace {

// The Vector Engine compares and selects as IEEE does; a NaN operand of max or min loses, as in
// numpy.fmax (the chip's rule is not public).
struct Max { float operator()(float a, float b) const { return a > b || b != b ? a : b; } };
struct Min { float operator()(float a, float b) const { return a < b || b != b ? a : b; } };
struct AbsMax { float operator()(float a, float b) const { return std::fabs(a) >= std::fabs(b) ? a : b; } };
struct AbsMin { float operator()(float a, float b) const { return std::fabs(a) <= std::fabs(b) ? a : b; } };
struct Mod {
  float operator()(float a, float b) const {
    const float r = std::fmod(a, b);
    return r != 0 && (r < 0) != (b < 0) ? r + b : r;
  }
};

template <class F>
void binary_loop(const float* a, const float* b, float* out, size_t n) {
  const F f;
  for (size_t i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
}

template <class F, bool kReverse>
void scalar_loop(const float* a, float s, float* out, size_t n) {
  const F f;
  for (size_t i = 0; i < n; ++i) out[i] = kReverse ? f(s, a[i]) : f(a[i], s);
}

#define LAMBDA(name, expression) \
  struct name { float operator()(float a, float b) const { return expression; } }
LAMBDA(Add, a + b);
LAMBDA(Subtract, a - b);
LAMBDA(Multiply, a * b);
LAMBDA(Divide, a / b);
LAMBDA(Fmod, std::fmod(a, b));
LAMBDA(Equal, a == b ? 1.0f : 0.0f);
LAMBDA(NotEqual, a != b ? 1.0f : 0.0f);
LAMBDA(Greater, a > b ? 1.0f : 0.0f);
LAMBDA(GreaterEqual, a >= b ? 1.0f : 0.0f);
LAMBDA(Less, a < b ? 1.0f : 0.0f);
LAMBDA(LessEqual, a <= b ? 1.0f : 0.0f);
LAMBDA(LogicalAnd, a != 0 && b != 0 ? 1.0f : 0.0f);
LAMBDA(LogicalOr, a != 0 || b != 0 ? 1.0f : 0.0f);
LAMBDA(LogicalXor, (a != 0) != (b != 0) ? 1.0f : 0.0f);
#undef LAMBDA


// Calls use(F{}) with the functor of an arith operator; false if it has none.
template <class Use>
bool with_functor(Operator op, Use use) {
  switch (op) {
    case Operator::add: use(Add{}); return true;
    case Operator::subtract: use(Subtract{}); return true;
    case Operator::multiply: use(Multiply{}); return true;
    case Operator::divide: use(Divide{}); return true;
    case Operator::maximum: use(Max{}); return true;
    case Operator::minimum: use(Min{}); return true;
    case Operator::abs_max: use(AbsMax{}); return true;
    case Operator::abs_min: use(AbsMin{}); return true;
    case Operator::mod: use(Mod{}); return true;
    case Operator::fmod: use(Fmod{}); return true;
    case Operator::equal: use(Equal{}); return true;
    case Operator::not_equal: use(NotEqual{}); return true;
    case Operator::greater: use(Greater{}); return true;
    case Operator::greater_equal: use(GreaterEqual{}); return true;
    case Operator::less: use(Less{}); return true;
    case Operator::less_equal: use(LessEqual{}); return true;
    case Operator::logical_and: use(LogicalAnd{}); return true;
    case Operator::logical_or: use(LogicalOr{}); return true;
    case Operator::logical_xor: use(LogicalXor{}); return true;
    default: return false;
  }
}

template <class F>
void unary_loop(const float* x, float* y, size_t n) {
  const F f;
  for (size_t i = 0; i < n; ++i) y[i] = f(x[i]);
}
struct Copy { float operator()(float x) const { return x; } };
struct Abs { float operator()(float x) const { return std::fabs(x); } };
struct Square { float operator()(float x) const { return x * x; } };
struct Relu { float operator()(float x) const { return x > 0 || x != x ? x : 0.0f; } };
struct Sign { float operator()(float x) const { return x != x ? x : float((x > 0) - (x < 0)); } };
struct LogicalNot { float operator()(float x) const { return x == 0 ? 1.0f : 0.0f; } };

// Sixteen interleaved partial results, combined pairwise: a fixed order that vectorises.
template <class F>
float reduce_loop(const float* x, size_t n, float neutral) {
  constexpr size_t kLanes = 16;
  const F f;
  float part[kLanes];
  for (float& p : part) p = neutral;
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (size_t l = 0; l < kLanes; ++l) part[l] = f(part[l], x[i + l]);
  for (size_t l = 0; i < n; ++i, ++l) part[l] = f(part[l], x[i]);
  for (size_t width = kLanes / 2; width > 0; width /= 2)
    for (size_t l = 0; l < width; ++l) part[l] = f(part[l], part[l + width]);
  return part[0];
}

}  // namespace

BinaryRun binary_run(Operator op) {
  if (op == Operator::power) return base::power_run;
  BinaryRun found = nullptr;
  with_functor(op, [&](auto f) { found = binary_loop<decltype(f)>; });
  return found;
}

void scalar_run(Operator op, const float* a, float s, bool reverse, float* out, size_t n) {
  if (op == Operator::power) {
    constexpr size_t kChunk = 256;
    float same[kChunk];
    for (float& v : same) v = s;
    for (size_t i = 0; i < n; i += kChunk) {
      const size_t m = std::min(kChunk, n - i);
      if (reverse) base::power_run(same, a + i, out + i, m);
      else base::power_run(a + i, same, out + i, m);
    }
    return;
  }
  if (const UnaryRun unary = unary_run(op)) return unary(a, out, n);
  with_functor(op, [&](auto f) {
    using F = decltype(f);
    if (reverse) scalar_loop<F, true>(a, s, out, n);
    else scalar_loop<F, false>(a, s, out, n);
  });
}

UnaryRun unary_run(Operator op) {
  switch (op) {
    case Operator::copy: return unary_loop<Copy>;
    case Operator::abs: return unary_loop<Abs>;
    case Operator::square: return unary_loop<Square>;
    case Operator::relu: return unary_loop<Relu>;
    case Operator::sign: return unary_loop<Sign>;
    case Operator::logical_not: return unary_loop<LogicalNot>;
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
    default: return nullptr;
  }
}

float identity(Operator op) {
  switch (op) {
    case Operator::multiply: case Operator::logical_and: return 1;
    case Operator::maximum: return -std::numeric_limits<float>::infinity();
    case Operator::minimum: return std::numeric_limits<float>::infinity();
    case Operator::abs_min: return std::numeric_limits<float>::infinity();
    default: return 0;
  }
}

float reduce_run(Operator op, const float* x, size_t n, float initial) {
  // A reduction by subtraction starts from its first element: x0 - x1 - x2 ….
  if (op == Operator::subtract) {
    float r = initial;
    for (size_t i = 0; i < n; ++i) r -= x[i];
    return r;
  }
  float result = initial;
  with_functor(op, [&](auto f) { result = f(initial, reduce_loop<decltype(f)>(x, n, identity(op))); });
  return result;
}

uint32_t bits_op(Operator op, uint32_t a, uint32_t b) {
  switch (op) {
    case Operator::bitwise_and: return a & b;
    case Operator::bitwise_or: return a | b;
    case Operator::bitwise_xor: return a ^ b;
    case Operator::left_shift: return b < 32 ? a << b : 0;
    case Operator::right_shift: return b < 32 ? a >> b : 0;
    case Operator::invert: return ~a;
    default: return 0;
  }
}

bool has_integer_form(Operator op) {
  switch (op) {
    case Operator::add: case Operator::subtract: case Operator::multiply:
    case Operator::maximum: case Operator::minimum:
    case Operator::equal: case Operator::not_equal:
    case Operator::greater: case Operator::greater_equal:
    case Operator::less: case Operator::less_equal:
    case Operator::logical_and: case Operator::logical_or: case Operator::logical_xor: return true;
    default: return false;
  }
}

uint32_t integer_op(Operator op, uint32_t a, uint32_t b, bool is_signed) {
  const bool less = is_signed ? static_cast<int32_t>(a) < static_cast<int32_t>(b) : a < b;
  switch (op) {
    case Operator::add: return a + b;
    case Operator::subtract: return a - b;
    case Operator::multiply: return a * b;
    case Operator::maximum: return less ? b : a;
    case Operator::minimum: return less ? a : b;
    case Operator::equal: return a == b;
    case Operator::not_equal: return a != b;
    case Operator::greater: return !less && a != b;
    case Operator::greater_equal: return !less;
    case Operator::less: return less;
    case Operator::less_equal: return less || a == b;
    case Operator::logical_and: return a && b;
    case Operator::logical_or: return a || b;
    case Operator::logical_xor: return !a != !b;
    default: return 0;
  }
}

}  // namespace trainyard::isa
