// Every function against libm in double or long double precision, over all magnitudes. The bounds
// are those of docs/numbers.md.
#include "trainyard/base/functions.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

namespace trainyard::base {
namespace {

using Real = long double;
constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr Real kPi = std::numbers::pi_v<Real>;

Real sigmoid(Real x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
Real softplus(Real x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }
Real normal(Real x) { return std::erfc(-x / std::sqrt(Real{2})) / 2; }
Real density(Real x) { return std::exp(-x * x / 2) / std::sqrt(2 * kPi); }
Real slope(Real y) { return sigmoid(y) * (1 + y * sigmoid(-y)); }
Real mish(Real x) {
  const Real e = std::exp(std::fmin(x, 100)), n = e * (e + 2);
  return x * (n / (n + 2));
}
Real gelu_tanh(Real x) { return x * sigmoid(2 * std::sqrt(2 / kPi) * (x + 0.044715L * x * x * x)); }

/// The distance in units in the last place of the exact value, or of `scale` if that is larger.
double ulps(float actual, Real exact, float scale) {
  const float nearest = static_cast<float>(exact);
  if (std::isnan(exact)) return std::isnan(actual) ? 0 : kInfinity;
  if (actual == nearest) return 0;
  if (!std::isfinite(actual) || !std::isfinite(nearest)) return kInfinity;
  const float magnitude = std::fmax(std::fabs(nearest), scale);
  const float unit = std::nextafter(magnitude, kInfinity) - magnitude;
  return static_cast<double>(std::fabs(static_cast<Real>(actual) - exact) / unit);
}

struct Case {
  std::string name;
  double bound;
  Real (*exact)(Real);
  float largest = kInfinity;  ///< of the documented range
  float root_scale = 0;       ///< near a root, error against terms of this size
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"exp", 1, [](Real x) { return std::exp(x); }},
      {"log", 1, [](Real x) { return std::log(x); }},
      {"sqrt", 0.5, [](Real x) { return std::sqrt(x); }},
      {"rsqrt", 1.5, [](Real x) { return 1 / std::sqrt(x); }},
      {"reciprocal", 0.5, [](Real x) { return 1 / x; }},
      {"tanh", 1.5, [](Real x) { return std::tanh(x); }},
      {"sigmoid", 1.5, sigmoid},
      {"erf", 1.5, [](Real x) { return std::erf(x); }},
      {"erf_dx", 2, [](Real x) { return 2 / std::sqrt(kPi) * std::exp(-x * x); }},
      {"sin", 2, [](Real x) { return std::sin(x); }, 0x1.921fb6p1f},
      {"arctan", 1.5, [](Real x) { return std::atan(x); }},
      {"softplus", 2, softplus},
      {"mish", 4, mish},
      {"gelu", 4, [](Real x) { return std::isinf(x) && x < 0 ? Real{0} : x * normal(x); }},
      {"gelu_dx", 4, [](Real x) { return normal(x) + (std::isinf(x) ? 0 : x * density(x)); },
       kInfinity, 0.25f},
      {"gelu_apprx_tanh", 3, gelu_tanh},
      {"gelu_apprx_sigmoid", 3, [](Real x) { return x * sigmoid(1.702L * x); }},
      {"gelu_apprx_sigmoid_dx", 4, [](Real x) { return slope(1.702L * x); }, kInfinity, 0.25f},
      {"silu", 3, [](Real x) { return x * sigmoid(x); }},
      {"silu_dx", 4, slope, kInfinity, 0.25f},
  };
  return all;
}

std::vector<float> numbers_of_all_magnitudes() {
  std::vector<float> numbers;
  for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += 20011) {
    numbers.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
  }
  for (int i = -100000; i <= 100000; ++i) numbers.push_back(static_cast<float>(i) * 0.00121f);
  return numbers;
}

class FunctionTest : public testing::TestWithParam<Case> {};

TEST_P(FunctionTest, IsWithinItsBound) {
  const Case& test = GetParam();
  const std::vector<float> x = numbers_of_all_magnitudes();
  std::vector<float> y(x.size());
  function_named(test.name)(x.data(), y.data(), x.size());
  double worst = 0;
  float worst_x = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::fabs(x[i]) > test.largest || std::isinf(x[i])) continue;
    // A root lies between -2 and 0; in the tail below, small results are precise again.
    const float scale = x[i] > -2 ? test.root_scale : 0;
    const double error = ulps(y[i], test.exact(x[i]), scale);
    if (error > worst) {
      worst = error;
      worst_x = x[i];
    }
  }
  RecordProperty("worst_ulps", std::to_string(worst));
  EXPECT_LE(worst, test.bound) << test.name << "(" << worst_x << ")";
}

TEST_P(FunctionTest, GivesTheOneNaNForNaN) {
  for (uint32_t payload : {0x7fc00000u, 0xffc12345u, 0x7f800001u}) {
    float value = std::bit_cast<float>(payload);
    function_named(GetParam().name)(&value, &value, 1);
    EXPECT_EQ(std::bit_cast<uint32_t>(value), 0x7fc00000u);
  }
}

TEST_P(FunctionTest, DoesNotDependOnTheLengthOfTheRun) {
  std::vector<float> x(40), whole(40);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i) * 0.17f - 3;
  const UnaryRun run = function_named(GetParam().name);
  run(x.data(), whole.data(), x.size());
  for (size_t n = 0; n < x.size(); ++n) {
    std::vector<float> part(x.begin(), x.begin() + n);
    part.push_back(5);
    run(part.data(), part.data(), n);
    for (size_t i = 0; i < n; ++i) {
      ASSERT_EQ(std::bit_cast<uint32_t>(part[i]), std::bit_cast<uint32_t>(whole[i]));
    }
    ASSERT_EQ(part[n], 5);
  }
}

INSTANTIATE_TEST_SUITE_P(All, FunctionTest, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

float of(const std::string& name, float x) {
  function_named(name)(&x, &x, 1);
  return x;
}

TEST(Functions, EndWhereTheyShould) {
  EXPECT_EQ(of("exp", kInfinity), kInfinity);
  EXPECT_EQ(of("exp", -kInfinity), 0);
  EXPECT_EQ(of("exp", 88.73f), kInfinity);
  EXPECT_EQ(of("exp", -103.0f), 0x1p-149f);
  EXPECT_EQ(of("log", 0), -kInfinity);
  EXPECT_EQ(of("log", kInfinity), kInfinity);
  EXPECT_TRUE(std::isnan(of("log", -1)));
  EXPECT_TRUE(std::isnan(of("sqrt", -1)));
  EXPECT_EQ(of("rsqrt", 0), kInfinity);
  EXPECT_EQ(of("reciprocal", -0.0f), -kInfinity);
  EXPECT_EQ(of("tanh", -kInfinity), -1);
  EXPECT_EQ(of("sigmoid", -kInfinity), 0);
  EXPECT_EQ(of("erf", kInfinity), 1);
  EXPECT_EQ(of("arctan", -kInfinity), -0x1.921fb6p0f);
  for (const char* name :
       {"softplus", "mish", "gelu", "gelu_apprx_tanh", "gelu_apprx_sigmoid", "silu"}) {
    EXPECT_EQ(of(name, kInfinity), kInfinity) << name;
    EXPECT_EQ(of(name, -kInfinity), 0) << name;
  }
  for (const char* name : {"gelu_dx", "gelu_apprx_sigmoid_dx", "silu_dx"}) {
    EXPECT_EQ(of(name, kInfinity), 1) << name;
    EXPECT_EQ(of(name, -kInfinity), 0) << name;
  }
  for (const char* name : {"tanh", "erf", "sin", "arctan", "sqrt"}) {
    EXPECT_TRUE(std::signbit(of(name, -0.0f))) << name;
  }
}

TEST(Functions, SinDoesNotReduceLargeArguments) {
  EXPECT_GT(std::fabs(of("sin", 20) - std::sin(20.0f)), 1);
}

TEST(Functions, AreAllListedAndTested) {
  std::vector<std::string> names;
#define FUNCTION(name) names.push_back(#name);
#include "trainyard/base/functions.list"
#undef FUNCTION
  ASSERT_EQ(names.size(), cases().size());
  for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(names[i], cases()[i].name);
  EXPECT_EQ(function_named("cos"), nullptr);
}

TEST(Power, IsPreciseWhereverItIsFinite) {
  std::vector<float> x, e;
  for (float base = 1e-30f; base < 1e30f; base *= 1.37f) {
    for (int i = -60; i <= 60; ++i) {
      x.push_back(base);
      e.push_back(static_cast<float>(i * 2.1 / std::log2(base)));
    }
  }
  std::vector<float> y(x.size());
  power_run(x.data(), e.data(), y.data(), x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    ASSERT_LE(ulps(y[i], std::pow(Real{x[i]}, Real{e[i]}), 0), 1) << x[i] << " ** " << e[i];
  }
}

TEST(Power, HasTheSpecialCasesOfPow) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> specials = {
      0,     -0.0f,  1,         -1,         2,   -2,       0.5f,      -0.5f,    3,      -3,
      1e30f, -1e30f, kInfinity, -kInfinity, nan, 16777215, -16777215, 16777216, 3e-45f, -3e-45f};
  for (float x : specials) {
    for (float e : specials) {
      float y;
      power_run(&x, &e, &y, 1);
      const float exact = static_cast<float>(std::pow(Real{x}, Real{e}));
      EXPECT_LE(ulps(y, exact, 0), 1) << x << " ** " << e;
      if (std::isnan(exact)) continue;
      EXPECT_EQ(std::signbit(y), std::signbit(exact)) << x << " ** " << e;
    }
  }
}

}  // namespace
}  // namespace trainyard::base
