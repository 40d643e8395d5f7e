// matmul_pass against its definition, bit for bit: random shapes, formats, strides and specials.
#include "trainyard/base/matmul.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "trainyard/base/convert.h"

namespace trainyard::base {
namespace {

using Generator = std::mt19937;

/// Random numbers of a format in memory, with room for any stride.
struct Operand {
  std::vector<unsigned char> memory;
  MatrixView view;
};

enum class Fill { numbers, any_bits };

Operand random_operand(Generator& random, DType dtype, int K, int columns, int column_step,
                       int row_gap, Fill fill) {
  const auto size = static_cast<ptrdiff_t>(size_of(dtype));
  const ptrdiff_t column_stride = size * column_step;
  const ptrdiff_t row_stride = column_stride * columns + size * row_gap;
  Operand operand;
  operand.memory.resize(static_cast<size_t>(row_stride) * K + 1);
  std::normal_distribution<float> normal;
  for (auto& byte : operand.memory) byte = static_cast<unsigned char>(random());
  unsigned char* data = operand.memory.data() + 1;  // nothing is aligned
  if (fill == Fill::numbers) {
    for (ptrdiff_t at = 0; at + size <= row_stride * K; at += size) {
      from_fp32(dtype, normal(random), data + at);
    }
  }
  operand.view = {dtype, data, row_stride, column_stride};
  return operand;
}

void expect_equal_to_reference(const Operand& left, const Operand& right, int K, int M, int N,
                               int gap, Store store, Generator& random) {
  const ptrdiff_t stride = N + gap;
  std::vector<float> start(static_cast<size_t>(stride) * M);
  std::normal_distribution<float> normal;
  for (float& value : start) value = normal(random);
  std::vector<float> expected = start, actual = start;
  matmul_pass_reference(left.view, right.view, K, M, N, expected.data(), stride, store);
  matmul_pass(left.view, right.view, K, M, N, actual.data(), stride, store);
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>(expected[i]), std::bit_cast<uint32_t>(actual[i]))
        << name_of(left.view.dtype) << " x " << name_of(right.view.dtype) << " K=" << K
        << " M=" << M << " N=" << N << " at row " << i / stride << " column " << i % stride;
  }
}

constexpr DType kDTypes[] = {DType::bf16,     DType::fp16,     DType::fp32,     DType::tf32,
                             DType::fp8_e4m3, DType::fp8_e5m2, DType::fp8_e3m4, DType::fp8_e4m3fn,
                             DType::fp8_e8m0, DType::fp4_e2m1, DType::i8,       DType::u16,
                             DType::i32};

TEST(Matmul, EqualsReferenceOnRandomShapesFormatsAndStrides) {
  Generator random(1);
  for (int round = 0; round < 400; ++round) {
    const DType left_dtype = kDTypes[random() % std::size(kDTypes)];
    const DType right_dtype = kDTypes[random() % std::size(kDTypes)];
    const int K = 1 + random() % 140, M = 1 + random() % 128, N = 1 + random() % 100;
    const Fill fill = round % 4 == 3 ? Fill::any_bits : Fill::numbers;
    const auto left =
        random_operand(random, left_dtype, K, M, 1 + random() % 2, random() % 3, fill);
    const auto right =
        random_operand(random, right_dtype, K, N, 1 + random() % 3, random() % 3, fill);
    expect_equal_to_reference(left, right, K, M, N, random() % 5,
                              random() % 2 ? Store::add : Store::overwrite, random);
    if (HasFatalFailure()) return;
  }
}

TEST(Matmul, TakesTheLargestPassesAndOneElement) {
  Generator random(2);
  for (auto [K, M, N] : {std::array{512, 128, 70}, {256, 128, 512}, {3, 2, 8192}, {1, 1, 1}}) {
    const auto left = random_operand(random, DType::bf16, K, M, 1, 0, Fill::numbers);
    const auto right = random_operand(random, DType::bf16, K, N, 1, 0, Fill::numbers);
    expect_equal_to_reference(left, right, K, M, N, 0, Store::overwrite, random);
  }
}

/// The product of one row by one column, both fp32.
float dot(std::vector<float> left, std::vector<float> right, float start, Store store) {
  const MatrixView stationary{DType::fp32, left.data(), 4, 4},
      moving{DType::fp32, right.data(), 4, 4};
  matmul_pass(stationary, moving, static_cast<int>(left.size()), 1, 1, &start, 1, store);
  return start;
}

TEST(Matmul, AddsTheFinishedDotOnce) {
  // Starting the chain from PSUM would lose each small product against 2^24.
  EXPECT_EQ(dot({1, 1, 1, 1}, {1, 1, 1, 1}, 0x1p24f, Store::add), 0x1p24f + 4);
  EXPECT_EQ(dot({1, 1, 1, 1}, {1, 1, 1, 1}, 0x1p24f, Store::overwrite), 4);
}

TEST(Matmul, SumsInOrderOfK) {
  EXPECT_EQ(dot({0x1p30f, 1, -0x1p30f}, {1, 1, 1}, 0, Store::overwrite), 0);
  EXPECT_EQ(dot({0x1p30f, -0x1p30f, 1}, {1, 1, 1}, 0, Store::overwrite), 1);
}

TEST(Matmul, FusesProductAndSum) {
  const float x = 1 + 0x1p-12f;  // x * x has a last bit that a separate product would round off
  EXPECT_EQ(dot({1, x}, {-1, x}, 0, Store::overwrite), 0x1p-11f + 0x1p-24f);
}

TEST(Matmul, StartsFromPositiveZero) {
  EXPECT_FALSE(std::signbit(dot({-1}, {0}, 0, Store::overwrite)));
}

TEST(Matmul, HasOneNaN) {
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(std::bit_cast<uint32_t>(dot({infinity}, {0}, 0, Store::overwrite)), 0x7fc00000u);
  EXPECT_EQ(std::bit_cast<uint32_t>(dot({std::bit_cast<float>(0xffc12345u)}, {1}, 0, Store::add)),
            0x7fc00000u);
  EXPECT_EQ(dot({infinity}, {2}, 0, Store::overwrite), infinity);
}

TEST(Matmul, KeepsSubnormals) {
  EXPECT_EQ(dot({0x1p-140f}, {1}, 0x1p-149f, Store::add), 0x1p-140f + 0x1p-149f);
}

TEST(Matmul, TruncatesTf32) {
  const float operand = std::bit_cast<float>(0x3f803fffu);
  float result = 0;
  const MatrixView view{DType::tf32, &operand, 4, 4};
  const float one = 1;
  const MatrixView unit{DType::tf32, &one, 4, 4};
  matmul_pass(view, unit, 1, 1, 1, &result, 1, Store::overwrite);
  EXPECT_EQ(std::bit_cast<uint32_t>(result), 0x3f802000u);
}

}  // namespace
}  // namespace trainyard::base
