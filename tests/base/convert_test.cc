// Number formats at their edges: limits, ties, NaN, subnormals, saturation, stochastic rounding.
// tests/base/test_formats.py compares every code with ml_dtypes.
#include "trainyard/base/convert.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "trainyard/base/diagnostics.h"
#include "trainyard/base/random.h"

namespace trainyard::base {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNaN = std::numeric_limits<float>::quiet_NaN();

uint32_t code_of(DType dtype, float value) {
  uint32_t code = 0;
  from_fp32(dtype, value, &code);
  return code;
}
float value_of(DType dtype, uint32_t code) { return to_fp32(dtype, &code); }
float round_trip(DType dtype, float value) { return value_of(dtype, code_of(dtype, value)); }

std::vector<DType> narrow_floats() {
  return {DType::fp16,     DType::bf16,     DType::fp8_e4m3, DType::fp8_e4m3fn,
          DType::fp8_e5m2, DType::fp8_e3m4, DType::fp4_e2m1};
}

TEST(Convert, LargestFiniteValuesSurvive) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const DType dtype = static_cast<DType>(i);
    if (is_pack(dtype) || dtype == DType::i32 || dtype == DType::u32) continue;
    const float largest = static_cast<float>(max_finite(dtype));
    EXPECT_EQ(round_trip(dtype, largest), largest) << name_of(dtype);
  }
}

TEST(Convert, EveryCodeRoundTrips) {
  for (DType dtype : narrow_floats()) {
    const uint32_t codes = dtype == DType::fp4_e2m1 ? 16 : 1u << (8 * size_of(dtype));
    for (uint32_t code = 0; code < codes; ++code) {
      const float value = value_of(dtype, code);
      if (std::isnan(value)) continue;
      ASSERT_EQ(code_of(dtype, value), code) << name_of(dtype);
    }
  }
}

TEST(Convert, TiesGoToEvenCodes) {
  for (DType dtype : narrow_floats()) {
    const float largest = static_cast<float>(max_finite(dtype));
    for (uint32_t code = 0; value_of(dtype, code + 1) <= largest && code < 0xffff; ++code) {
      const float low = value_of(dtype, code), high = value_of(dtype, code + 1);
      const float middle = low + (high - low) / 2;
      if (middle == low || middle == high) continue;
      ASSERT_EQ(code_of(dtype, middle), code + code % 2) << name_of(dtype);
      ASSERT_EQ(code_of(dtype, std::nextafter(middle, kInfinity)), code + 1) << name_of(dtype);
      ASSERT_EQ(code_of(dtype, std::nextafter(middle, -kInfinity)), code) << name_of(dtype);
      if (high == largest) break;
    }
  }
}

TEST(Convert, OverflowFollowsTheFormat) {
  for (DType dtype :
       {DType::fp16, DType::bf16, DType::fp8_e4m3, DType::fp8_e5m2, DType::fp8_e3m4, DType::tf32}) {
    EXPECT_EQ(round_trip(dtype, std::numeric_limits<float>::max()), kInfinity) << name_of(dtype);
    EXPECT_EQ(round_trip(dtype, -kInfinity), -kInfinity) << name_of(dtype);
  }
  EXPECT_EQ(round_trip(DType::fp8_e4m3fn, 464), 448);  // halfway to the next step
  EXPECT_TRUE(std::isnan(round_trip(DType::fp8_e4m3fn, 465)));
  EXPECT_TRUE(std::isnan(round_trip(DType::fp8_e4m3fn, kInfinity)));
  EXPECT_EQ(round_trip(DType::fp4_e2m1, 100), 6);
  EXPECT_EQ(round_trip(DType::fp4_e2m1, -kInfinity), -6);
}

TEST(Convert, NaNStaysNaNWhereThereIsOne) {
  for (uint32_t payload : {0x7fc00000u, 0x7f800001u, 0xffffffffu}) {
    const float nan = std::bit_cast<float>(payload);
    for (DType dtype : {DType::fp16, DType::bf16, DType::tf32, DType::fp8_e4m3, DType::fp8_e4m3fn,
                        DType::fp8_e5m2, DType::fp8_e3m4, DType::fp8_e8m0}) {
      EXPECT_TRUE(std::isnan(round_trip(dtype, nan))) << name_of(dtype);
    }
    EXPECT_EQ(round_trip(DType::fp4_e2m1, nan), 0);
    EXPECT_EQ(round_trip(DType::i8, nan), 0);
    EXPECT_EQ(round_trip(DType::u32, nan), 0);
    EXPECT_EQ(round_trip(DType::bool8, nan), 1);
  }
}

TEST(Convert, SubnormalsAreKept) {
  EXPECT_EQ(round_trip(DType::fp16, 0x1p-24f), 0x1p-24f);
  EXPECT_EQ(round_trip(DType::fp16, 0x1p-25f), 0);
  EXPECT_EQ(round_trip(DType::bf16, 0x1p-133f), 0x1p-133f);
  EXPECT_EQ(round_trip(DType::fp8_e4m3, 0x1p-9f), 0x1p-9f);
  EXPECT_EQ(round_trip(DType::fp8_e5m2, -0x1p-16f), -0x1p-16f);
  EXPECT_TRUE(std::signbit(round_trip(DType::fp8_e5m2, -0x1p-30f)));
}

TEST(Convert, IntegersRoundToEvenAndSaturate) {
  EXPECT_EQ(code_of(DType::u8, 2.5f), 2u);
  EXPECT_EQ(code_of(DType::u8, 3.5f), 4u);
  EXPECT_EQ(code_of(DType::u8, 255.5f), 255u);
  EXPECT_EQ(code_of(DType::u8, -3), 0u);
  EXPECT_EQ(round_trip(DType::i8, -1000), -128);
  EXPECT_EQ(round_trip(DType::i8, -2.5f), -2);
  EXPECT_EQ(code_of(DType::u16, 70000), 65535u);
  EXPECT_EQ(code_of(DType::i32, 0x1p31f), 0x7fffffffu);
  EXPECT_EQ(code_of(DType::i32, -kInfinity), 0x80000000u);
  EXPECT_EQ(code_of(DType::i32, 8388607.5f), 8388608u);
  EXPECT_EQ(code_of(DType::u32, 4294967040.0f), 4294967040u);
  EXPECT_EQ(code_of(DType::u32, kInfinity), 0xffffffffu);
  EXPECT_EQ(value_of(DType::i32, 16777217), 16777216);  // ties to even
  EXPECT_EQ(value_of(DType::u32, 0xffffffff), 0x1p32f);
}

TEST(Convert, E8m0HoldsPowersOfTwo) {
  EXPECT_EQ(code_of(DType::fp8_e8m0, 1), 127u);
  EXPECT_EQ(code_of(DType::fp8_e8m0, 2.9f), 128u);
  EXPECT_EQ(code_of(DType::fp8_e8m0, 3), 129u);
  EXPECT_EQ(code_of(DType::fp8_e8m0, 0), 255u);
  EXPECT_EQ(code_of(DType::fp8_e8m0, -1), 255u);
  EXPECT_EQ(value_of(DType::fp8_e8m0, 0), 0x1p-127f);
  EXPECT_EQ(value_of(DType::fp8_e8m0, 254), 0x1p127f);
}

TEST(Convert, Tf32ClearsTheLowBits) {
  EXPECT_EQ(code_of(DType::tf32, std::bit_cast<float>(0x3f801000u)), 0x3f800000u);  // tie
  EXPECT_EQ(code_of(DType::tf32, std::bit_cast<float>(0x3f803000u)), 0x3f804000u);
  EXPECT_EQ(std::bit_cast<uint32_t>(value_of(DType::tf32, 0x3f801fffu)), 0x3f800000u);
}

TEST(Convert, PacksPutLaneZeroLowest) {
  const float values[8] = {1, -2, 0.5f, 6, 0, 3, -0.5f, 1.5f};
  uint16_t fours[2];
  pack_fp32(DType::fp4_e2m1_x4, values, fours, 2);
  EXPECT_EQ(fours[0], 0x71c2);
  float back[8];
  unpack_fp32(DType::fp4_e2m1_x4, fours, back, 2);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(back[i], values[i]);
  uint32_t eight;
  pack_fp32(DType::fp8_e5m2_x4, values, &eight, 1);
  EXPECT_EQ(eight & 0xff, code_of(DType::fp8_e5m2, 1));
  float one;
  EXPECT_THROW(to_fp32(DType::fp8_e5m2_x4, &eight, &one, 1), Error);
}

TEST(Convert, AnyLengthAndAlignment) {
  std::vector<float> values(100);
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) - 50;
  for (DType dtype : {DType::bf16, DType::fp8_e3m4, DType::i16, DType::u32}) {
    for (size_t n = 0; n < 40; ++n) {
      std::vector<unsigned char> codes(n * size_of(dtype) + 2, 0xa5);
      from_fp32(dtype, values.data() + n, codes.data() + 1, n);
      EXPECT_EQ(codes.front(), 0xa5);
      EXPECT_EQ(codes.back(), 0xa5);
      std::vector<float> back(n + 1, 7);
      to_fp32(dtype, codes.data() + 1, back.data(), n);
      for (size_t i = 0; i < n; ++i) {
        ASSERT_EQ(back[i], round_trip(dtype, values[n + i])) << name_of(dtype) << " of " << n;
      }
      EXPECT_EQ(back[n], 7);
    }
  }
}

/// The mean of `value` rounded many times.
double mean_of(DType dtype, float value, uint64_t seed) {
  const size_t count = 1 << 16;
  std::vector<float> values(count, value);
  std::vector<unsigned char> codes(count * size_of(dtype));
  from_fp32(dtype, values.data(), codes.data(), count, {true, seed, 5});
  to_fp32(dtype, codes.data(), values.data(), count);
  double sum = 0;
  for (float rounded : values) sum += rounded;
  return sum / static_cast<double>(count);
}

TEST(Stochastic, IsUnbiased) {
  struct Case {
    DType dtype;
    float value, spacing;
  };
  for (const auto& [dtype, value, spacing] : {Case{DType::bf16, 1 + 0x1p-9f, 0x1p-7f},
                                              {DType::bf16, -3.3f, 0x1p-6f},
                                              {DType::fp16, 0.1f, 0x1p-14f},
                                              {DType::fp16, 0x1.4cp-23f, 0x1p-24f},
                                              {DType::fp8_e4m3, 1.1f, 0x1p-3f},
                                              {DType::fp8_e4m3, 0x1.6p-9f, 0x1p-9f},
                                              {DType::fp8_e5m2, 0x1.1p-17f, 0x1p-16f},
                                              {DType::fp8_e3m4, 5.06f, 0x1p-2f},
                                              {DType::fp4_e2m1, 0.2f, 0.5f},
                                              {DType::tf32, 1 + 0x1p-12f, 0x1p-10f}}) {
    // Five standard deviations of the mean of 65536 roundings.
    EXPECT_NEAR(mean_of(dtype, value, 1), value, 5 * 0.5 * spacing / 256) << name_of(dtype);
  }
}

TEST(Stochastic, LeavesExactValuesAndSpecialsAlone) {
  for (DType dtype : narrow_floats()) {
    for (float value : {0.0f, -0.5f, 1.0f, 6.0f}) EXPECT_EQ(mean_of(dtype, value, 2), value);
  }
  EXPECT_EQ(mean_of(DType::bf16, kInfinity, 2), kInfinity);
  EXPECT_TRUE(std::isnan(mean_of(DType::bf16, kNaN, 2)));
  EXPECT_TRUE(std::isnan(mean_of(DType::fp8_e4m3, std::bit_cast<float>(0xffffffffu), 2)));
}

TEST(Stochastic, AddsTheElementsRandomBits) {
  std::vector<float> values(1000, 1.00390625f);  // halfway between two neighbours
  std::vector<uint16_t> codes(values.size());
  const uint64_t first = (uint64_t{1} << 32) - 500;  // the keys change on the way
  from_fp32(DType::bf16, values.data(), codes.data(), values.size(), {true, 11, 12}, first);
  for (size_t i = 0; i < values.size(); ++i) {
    const uint32_t bits = std::bit_cast<uint32_t>(values[i]);
    ASSERT_EQ(codes[i], (bits + (random_bits(11, 12, first + i) >> 16)) >> 16);
  }
}

TEST(Stochastic, DoesNotDependOnHowARunIsCut) {
  std::vector<float> values(300);
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<float>(i));
  std::vector<uint8_t> whole(values.size()), cut(values.size());
  from_fp32(DType::fp8_e4m3, values.data(), whole.data(), values.size(), {true, 1, 2}, 7);
  for (size_t at = 0, n = 1; at < values.size(); at += n, n = n % 37 + 1) {
    n = std::min(n, values.size() - at);
    from_fp32(DType::fp8_e4m3, values.data() + at, cut.data() + at, n, {true, 1, 2}, 7 + at);
  }
  EXPECT_EQ(whole, cut);
}

}  // namespace
}  // namespace trainyard::base
