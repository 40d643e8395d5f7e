// Boxes against sets of bytes: every access that says it is exact is, the others lie within.

#include "trainyard/program/boxes.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace trainyard::program {
namespace {

using Bytes = std::set<std::pair<int64_t, int64_t>>;  // row, byte

Bytes bytes_of(const std::vector<Box>& boxes) {
  Bytes all;
  for (const Box& b : boxes)
    for (int64_t row = b.row0; row < b.row1; ++row)
      for (int64_t byte = b.byte0; byte < b.byte1; ++byte) all.insert({row, byte});
  return all;
}

// Element by element.
Bytes bytes_of(const isa::OperandView& v) {
  const auto element = static_cast<int64_t>(base::size_of(v.dtype()));
  const int64_t row = v.row_elements() * element;
  Bytes all;
  for (int64_t k = 0; k < v.elements(); ++k) {
    int64_t at = v.offset, rest = k;
    for (int d = v.layout->ndim - 1; d >= 0; --d) {
      at += rest % v.layout->dims[d].count * v.layout->dims[d].step;
      rest /= v.layout->dims[d].count;
    }
    for (int64_t b = at * element; b < (at + 1) * element; ++b) all.insert({b / row, b % row});
  }
  return all;
}

TEST(Boxes, WhatIsCutOutIsGoneAndTheRestStays) {
  std::mt19937 random(1);
  const auto box = [&] {
    const auto r = static_cast<int64_t>(random() % 6), b = static_cast<int64_t>(random() % 6);
    return Box{r, r + 1 + static_cast<int64_t>(random() % 4), b,
               b + 1 + static_cast<int64_t>(random() % 4)};
  };
  for (int round = 0; round < 2000; ++round) {
    const Box whole = box(), gone = box();
    Bytes expected = bytes_of(std::vector{whole});
    for (const auto& byte : bytes_of(std::vector{gone})) expected.erase(byte);
    const std::vector<Box> rest = beside(whole, gone);
    EXPECT_EQ(bytes_of(rest), expected);
    int64_t sum = 0;
    for (const Box& b : rest) sum += b.bytes();
    EXPECT_EQ(sum, static_cast<int64_t>(expected.size()));  // none of them twice
  }
}

TEST(Boxes, AccessesAreWhatTheirElementsAre) {
  std::mt19937 random(2);
  int exact = 0, inexact = 0;
  for (int round = 0; round < 5000; ++round) {
    isa::Tensor t;
    t.dtype = random() % 2 ? base::DType::fp32 : base::DType::bf16;
    t.shape = {4, 2, 12};
    isa::Layout l;
    l.dtype = t.dtype;
    l.ndim = 3;
    const int64_t steps[] = {0, 1, 2, 3, 6, 12};
    l.dims[0] = {24, 1 + static_cast<int64_t>(random() % 4)};
    l.dims[1] = {steps[random() % 6], 1 + static_cast<int64_t>(random() % 3)};
    l.dims[2] = {steps[random() % 4], 1 + static_cast<int64_t>(random() % 6)};
    const int64_t reach =
        l.dims[1].step * (l.dims[1].count - 1) + l.dims[2].step * (l.dims[2].count - 1);
    if (reach >= 24) continue;
    isa::OperandView v{&t, &l, static_cast<int64_t>(random()) % (24 - reach), 0};
    const Boxes boxes = boxes_of(v);
    const Bytes expected = bytes_of(v), found = bytes_of(boxes.list);
    (boxes.exact ? exact : inexact) += 1;
    if (boxes.exact) EXPECT_EQ(found, expected) << v.describe();
    else EXPECT_TRUE(std::ranges::includes(found, expected)) << v.describe();
  }
  EXPECT_GT(exact, 1000);
  EXPECT_GT(inexact, 100);
}

TEST(Boxes, SixtyFourStripesAreExactAndOneMoreIsNot) {
  isa::Tensor t;
  t.shape = {2, 256};
  isa::Layout l;
  l.ndim = 2;
  l.dims[0] = {256, 2};
  l.dims[1] = {2, 64};
  EXPECT_EQ(boxes_of({&t, &l, 0, 0}).list.size(), 64u);
  EXPECT_TRUE(boxes_of({&t, &l, 0, 0}).exact);
  l.dims[1].count = 65;
  EXPECT_EQ(boxes_of({&t, &l, 0, 0}).list.size(), 1u);
  EXPECT_FALSE(boxes_of({&t, &l, 0, 0}).exact);
}

}  // namespace
}  // namespace trainyard::program
