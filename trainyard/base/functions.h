// Elementwise functions of fp32 over runs, from our own pinned polynomials: the same bits on every
// host and every code path, never libm. NaNs come out as the one quiet NaN, 0x7fc00000.
#pragma once

#include <cstddef>
#include <string_view>

namespace trainyard::base {

using UnaryRun = void (*)(const float* x, float* y, size_t n);  ///< y may be x

// Over all reals, NaN in gives NaN out. Errors against the exact value are stated in
// docs/numbers.md and tested: at most 2 ULP for exp, log, sqrt, rsqrt, reciprocal, tanh, sigmoid,
// erf, sin and arctan in their documented ranges; at most 4 ULP for the rest away from
// cancellation.
void exp_run(const float* x, float* y, size_t n);
void log_run(const float* x, float* y, size_t n);
void sqrt_run(const float* x, float* y, size_t n);  ///< correctly rounded
void rsqrt_run(const float* x, float* y, size_t n);
void reciprocal_run(const float* x, float* y, size_t n);  ///< correctly rounded 1/x
void tanh_run(const float* x, float* y, size_t n);
void sigmoid_run(const float* x, float* y, size_t n);
void erf_run(const float* x, float* y, size_t n);
void erf_dx_run(const float* x, float* y, size_t n);  ///< 2/sqrt(pi) exp(-x^2)
void sin_run(const float* x, float* y, size_t n);  ///< on [-pi, pi]; beyond, the polynomial runs on
void arctan_run(const float* x, float* y, size_t n);
void softplus_run(const float* x, float* y, size_t n);
void mish_run(const float* x, float* y, size_t n);
void gelu_run(const float* x, float* y, size_t n);  ///< x/2 (1 + erf(x/sqrt 2))
void gelu_dx_run(const float* x, float* y, size_t n);
void gelu_apprx_tanh_run(const float* x, float* y, size_t n);
void gelu_apprx_sigmoid_run(const float* x, float* y, size_t n);  ///< x sigmoid(1.702 x)
void gelu_apprx_sigmoid_dx_run(const float* x, float* y, size_t n);
void silu_run(const float* x, float* y, size_t n);
void silu_dx_run(const float* x, float* y, size_t n);
void power_run(const float* x, const float* e, float* y,
               size_t n);  ///< x^e, IEEE pow special cases

/// The function of one argument with that name ("exp"), or null. functions.list has the names.
UnaryRun function_named(std::string_view name);

}  // namespace trainyard::base
