// Passes of the processing-element array against OpenBLAS' sgemm on the same shape, one thread.
// sgemm reads fp32; our side also widens its operands, so the comparison flatters nobody.
#include <benchmark/benchmark.h>
#include <cblas.h>

#include <random>
#include <vector>

#include <fmt/format.h>

#include "bench/ratio.h"
#include "bench/reports.h"
#include "trainyard/base/convert.h"
#include "trainyard/base/matmul.h"

extern "C" void openblas_set_num_threads(int threads);

namespace trainyard::bench {
namespace {

using base::DType;

struct Pass {
  DType dtype;
  int K, M, N;
  std::vector<float> left_values, right_values, result;
  std::vector<char> left, right;

  Pass(DType dtype, int K, int M, int N)
      : dtype(dtype),
        K(K),
        M(M),
        N(N),
        left_values(K * M),
        right_values(K * N),
        result(M * N),
        left(K * M * base::size_of(dtype)),
        right(K * N * base::size_of(dtype)) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    for (float& value : left_values) value = normal(random);
    for (float& value : right_values) value = normal(random);
    base::from_fp32(dtype, left_values.data(), left.data(), left_values.size());
    base::from_fp32(dtype, right_values.data(), right.data(), right_values.size());
  }
  void run() {
    const auto size = static_cast<ptrdiff_t>(base::size_of(dtype));
    base::matmul_pass({dtype, left.data(), M * size, size}, {dtype, right.data(), N * size, size},
                      K, M, N, result.data(), N, base::Store::overwrite);
  }
  void run_blas() {
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, M, N, K, 1.0f, left_values.data(), M,
                right_values.data(), N, 0.0f, result.data(), N);
  }
};

void matmul_pass(benchmark::State& state) {
  Pass pass(static_cast<DType>(state.range(0)), static_cast<int>(state.range(1)),
            static_cast<int>(state.range(2)), static_cast<int>(state.range(3)));
  for (auto _ : state) pass.run();
  state.SetLabel(fmt::format("{} {}", base::name_of(pass.dtype), base::matmul_code()));
  state.counters["flops"] = benchmark::Counter(2.0 * pass.K * pass.M * pass.N,
                                               benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(matmul_pass)
    ->Args({static_cast<int>(DType::bf16), 128, 128, 512})
    ->Args({static_cast<int>(DType::fp32), 128, 128, 512})
    ->Args({static_cast<int>(DType::fp8_e4m3), 128, 128, 512})
    ->Args({static_cast<int>(DType::bf16), 256, 128, 512})
    ->Args({static_cast<int>(DType::bf16), 128, 128, 128})
    ->Args({static_cast<int>(DType::bf16), 64, 64, 64});

}  // namespace

void report_matmul() {
  openblas_set_num_threads(1);
  struct Bar {
    DType dtype;
    int K, M, N;
    double bar;
  };
  for (const auto& [dtype, K, M, N, bar] : {Bar{DType::bf16, 128, 128, 512, 0.9},
                                            {DType::fp32, 128, 128, 512, 0.9},
                                            {DType::fp8_e4m3, 128, 128, 512, 0.8},
                                            {DType::bf16, 128, 128, 128, 0.7}}) {
    Pass pass(dtype, K, M, N);
    const double speed = speed_against([&] { pass.run(); }, [&] { pass.run_blas(); });
    print_speed(fmt::format("matmul_pass {}x{}x{} {}", K, M, N, base::name_of(dtype)),
                "OpenBLAS sgemm", speed, bar);
  }
}

}  // namespace trainyard::bench
