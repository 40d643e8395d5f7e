// Conversions between number formats against loops written by hand with intrinsics over the same
// bytes: what the compiled plain code leaves on the table.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/ratio.h"
#include "bench/reports.h"
#include "trainyard/base/code_path.h"
#include "trainyard/base/convert.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace trainyard::bench {
namespace {

using base::DType;

constexpr size_t kTile = 128 * 512;

std::vector<float> normal_values(size_t n) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(n);
  for (float& value : values) value = normal(random);
  return values;
}

void from_fp32(benchmark::State& state) {
  const auto dtype = static_cast<DType>(state.range(0));
  const base::Rounding rounding{state.range(1) != 0, 1, 2};
  const std::vector<float> values = normal_values(kTile);
  std::vector<char> codes(kTile * base::size_of(dtype));
  for (auto _ : state) base::from_fp32(dtype, values.data(), codes.data(), kTile, rounding);
  state.SetLabel(fmt::format("{}{}", base::name_of(dtype), rounding.stochastic ? " sr" : ""));
}

void to_fp32(benchmark::State& state) {
  const auto dtype = static_cast<DType>(state.range(0));
  std::vector<float> values = normal_values(kTile);
  std::vector<char> codes(kTile * base::size_of(dtype));
  base::from_fp32(dtype, values.data(), codes.data(), kTile);
  for (auto _ : state) base::to_fp32(dtype, codes.data(), values.data(), kTile);
  state.SetLabel(std::string(base::name_of(dtype)));
}

void every_format(benchmark::internal::Benchmark* benchmark) {
  for (int i = 0; i < base::kDTypeCount; ++i) {
    if (!base::is_pack(static_cast<DType>(i))) benchmark->Arg(i);
  }
}
void every_rounding(benchmark::internal::Benchmark* benchmark) {
  for (int i = 0; i < base::kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    if (!base::is_pack(dtype)) benchmark->Args({i, 0});
    if (base::is_float(dtype) && !base::is_pack(dtype)) benchmark->Args({i, 1});
  }
}
BENCHMARK(to_fp32)->Apply(every_format);
BENCHMARK(from_fp32)->Apply(every_rounding);

#ifdef __x86_64__

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"  // GCC 12's own _mm512_undefined_epi32

/// fp32 to bf16, to nearest even, by hand.
__attribute__((target("avx512f,avx512bw,avx512vl"))) void hand_written_bf16(const float* src,
                                                                            uint16_t* dst,
                                                                            size_t n) {
  for (size_t i = 0; i < n; i += 16) {
    const __m512i bits = _mm512_loadu_si512(src + i);
    const __m512i odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    __m512i sum = _mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff));
    sum = _mm512_srli_epi32(_mm512_add_epi32(sum, odd), 16);
    const __mmask16 nan =
        _mm512_cmp_ps_mask(_mm512_castsi512_ps(bits), _mm512_castsi512_ps(bits), _CMP_UNORD_Q);
    sum = _mm512_mask_mov_epi32(sum, nan, _mm512_set1_epi32(0x7fc0));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(dst + i), _mm512_cvtepi32_epi16(sum));
  }
}

#pragma GCC diagnostic pop

#endif

}  // namespace

void report_formats() {
#ifdef __x86_64__
  if (base::code_path() != base::CodePath::avx512) {
    fmt::print("from_fp32: no ratio, the loops by hand need AVX-512\n");
    return;
  }
  const std::vector<float> values = normal_values(kTile);
  std::vector<uint16_t> codes(kTile);
  const auto nearest = [&] { base::from_fp32(DType::bf16, values.data(), codes.data(), kTile); };
  const auto stochastic = [&] {
    base::from_fp32(DType::bf16, values.data(), codes.data(), kTile, {true, 1, 2});
  };
  const auto by_hand = [&] { hand_written_bf16(values.data(), codes.data(), kTile); };
  print_time("from_fp32 bfloat16 to nearest, 65536 elements", "a hand-vectorised loop",
             1 / speed_against(nearest, by_hand), 1.5);
  print_time("from_fp32 bfloat16 stochastic, 65536 elements", "the hand-vectorised loop to nearest",
             1 / speed_against(stochastic, by_hand), 2.5);
#endif
}

}  // namespace trainyard::bench
