// Elementwise functions (first version, in double precision).
#include "trainyard/base/functions.h"

#include <cmath>

namespace trainyard::base {
namespace {
constexpr double kPi = 3.14159265358979323846;
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double softplus(double x) { return x > 30 ? x : std::log1p(std::exp(x)); }
double erf_dx(double x) { return 2 / std::sqrt(kPi) * std::exp(-x * x); }
}  // namespace

#define TRAINYARD_FUNCTION(name, expression)                \
  void name(const float* x, float* y, size_t n) {           \
    for (size_t i = 0; i < n; ++i) {                        \
      const double v = x[i];                                \
      y[i] = static_cast<float>(expression);                \
    }                                                       \
  }
TRAINYARD_FUNCTION(exp_run, std::exp(v))
TRAINYARD_FUNCTION(log_run, std::log(v))
TRAINYARD_FUNCTION(sqrt_run, std::sqrt(v))
TRAINYARD_FUNCTION(rsqrt_run, 1 / std::sqrt(v))
TRAINYARD_FUNCTION(reciprocal_run, 1 / v)
TRAINYARD_FUNCTION(tanh_run, std::tanh(v))
TRAINYARD_FUNCTION(sigmoid_run, sigmoid(v))
TRAINYARD_FUNCTION(erf_run, std::erf(v))
TRAINYARD_FUNCTION(erf_dx_run, erf_dx(v))
TRAINYARD_FUNCTION(sin_run, std::sin(v))
TRAINYARD_FUNCTION(arctan_run, std::atan(v))
TRAINYARD_FUNCTION(softplus_run, softplus(v))
TRAINYARD_FUNCTION(mish_run, v * std::tanh(softplus(v)))
TRAINYARD_FUNCTION(gelu_run, v / 2 * std::erfc(-v / std::sqrt(2.0)))
TRAINYARD_FUNCTION(gelu_dx_run, std::erfc(-v / std::sqrt(2.0)) / 2 + v * std::exp(-v * v / 2) / std::sqrt(2 * kPi))
TRAINYARD_FUNCTION(gelu_apprx_tanh_run, v / 2 * (1 + std::tanh(std::sqrt(2 / kPi) * (v + 0.044715 * v * v * v))))
TRAINYARD_FUNCTION(gelu_apprx_sigmoid_run, v * sigmoid(1.702 * v))
TRAINYARD_FUNCTION(gelu_apprx_sigmoid_dx_run, sigmoid(1.702 * v) * (1 + 1.702 * v * (1 - sigmoid(1.702 * v))))
TRAINYARD_FUNCTION(silu_run, v * sigmoid(v))
TRAINYARD_FUNCTION(silu_dx_run, sigmoid(v) * (1 + v * (1 - sigmoid(v))))

void power_run(const float* x, const float* e, float* y, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = static_cast<float>(std::pow(double{x[i]}, double{e[i]}));
}

}  // namespace trainyard::base
