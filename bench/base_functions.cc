// The engines' functions against libm's expf, element by element.
#include <benchmark/benchmark.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "bench/ratio.h"
#include "bench/reports.h"
#include "trainyard/base/functions.h"

namespace trainyard::bench {
namespace {

constexpr size_t kTile = 128 * 512;

std::vector<float> normal_values() {
  std::mt19937 random(1);
  std::normal_distribution<float> normal(0, 3);
  std::vector<float> values(kTile);
  for (float& value : values) value = normal(random);
  return values;
}

const std::vector<std::string>& names() {
  static const std::vector<std::string> all = {
#define FUNCTION(name) #name,
#include "trainyard/base/functions.list"
#undef FUNCTION
  };
  return all;
}

void function_run(benchmark::State& state) {
  const std::string& name = names()[state.range(0)];
  const std::vector<float> x = normal_values();
  std::vector<float> y(kTile);
  for (auto _ : state) base::function_named(name)(x.data(), y.data(), kTile);
  state.SetLabel(name);
}
BENCHMARK(function_run)->Apply([](benchmark::internal::Benchmark* benchmark) {
  for (size_t i = 0; i < names().size(); ++i) benchmark->Arg(static_cast<int64_t>(i));
});

}  // namespace

void report_functions() {
  const std::vector<float> x = normal_values();
  std::vector<float> y(kTile);
  const auto libm = [&] {
    for (size_t i = 0; i < kTile; ++i) y[i] = std::exp(x[i]);
  };
  const auto ours = [&] { base::exp_run(x.data(), y.data(), kTile); };
  print_speed("exp_run, 65536 elements", "libm's expf", speed_against(ours, libm), 3);
}

}  // namespace trainyard::bench
