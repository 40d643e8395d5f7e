// The table of formats: names lead back to their types, packs to their elements.
#include "trainyard/base/dtype.h"

#include <gtest/gtest.h>

namespace trainyard::base {
namespace {

TEST(DType, NamesLeadBack) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const DType dtype = static_cast<DType>(i);
    EXPECT_EQ(dtype_from_name(name_of(dtype)), dtype);
    EXPECT_NE(is_float(dtype), is_integer(dtype)) << name_of(dtype);
  }
  EXPECT_EQ(dtype_from_name("bf16"), DType::bf16);
  EXPECT_EQ(dtype_from_name("i8"), DType::i8);
  EXPECT_EQ(dtype_from_name("float64"), std::nullopt);
  EXPECT_EQ(dtype_from_name(""), std::nullopt);
}

TEST(DType, PacksHoldFour) {
  EXPECT_EQ(pack_element(DType::fp8_e5m2_x4), DType::fp8_e5m2);
  EXPECT_EQ(pack_element(DType::bf16), DType::bf16);
  EXPECT_EQ(size_of(DType::fp4_e2m1_x4), 2u);
  EXPECT_EQ(size_of(DType::fp8_e4m3fn_x4), 4u);
  EXPECT_EQ(max_finite(DType::fp8_e4m3fn_x4), 448);
  EXPECT_TRUE(is_pack(DType::fp4_e2m1_x4));
  EXPECT_FALSE(is_pack(DType::fp4_e2m1));
}

TEST(DType, LimitsOfIntegers) {
  EXPECT_EQ(max_finite(DType::u32), 4294967295.0);
  EXPECT_EQ(max_finite(DType::bool8), 1);
}

}  // namespace
}  // namespace trainyard::base
