// The loops of operators at every length, on arrays that end where they end: what sanitizers watch.
#include "trainyard/isa/operators.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <random>

namespace trainyard::isa {
namespace {

constexpr size_t kLongest = 70;

// Exactly n elements on the heap.
template <class T>
struct Exactly {
  explicit Exactly(size_t n) : size(n), memory(new T[n]{}) {}
  T* data() { return memory.get(); }
  T& operator[](size_t i) { return memory[i]; }
  size_t size;
  std::unique_ptr<T[]> memory;
};

Exactly<float> normal(size_t n, int seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> values;
  Exactly<float> run(n);
  for (size_t i = 0; i < n; ++i) run[i] = i % 7 == 3 ? 0 : values(random);
  return run;
}

float one(Operator op, float a, float b) {
  switch (op) {
    case Operator::add: return a + b;
    case Operator::subtract: return a - b;
    case Operator::multiply: return a * b;
    case Operator::maximum: return std::fmax(a, b);
    case Operator::minimum: return std::fmin(a, b);
    case Operator::less: return a < b;
    case Operator::equal: return a == b;
    case Operator::logical_and: return a != 0 && b != 0;
    case Operator::logical_or: return a != 0 || b != 0;
    case Operator::logical_xor: return (a != 0) != (b != 0);
    case Operator::fmod: return std::fmod(a, b);
    default: ADD_FAILURE(); return 0;
  }
}

constexpr Operator kOperators[] = {
    Operator::add,        Operator::subtract,    Operator::multiply, Operator::maximum,
    Operator::minimum,    Operator::less,        Operator::equal,    Operator::logical_and,
    Operator::logical_or, Operator::logical_xor, Operator::fmod};

void expect_same(float actual, float expected) {
  if (std::isnan(expected)) EXPECT_TRUE(std::isnan(actual));
  else EXPECT_EQ(actual, expected);
}

TEST(Operators, EveryLengthOfTwoRuns) {
  for (Operator op : kOperators)
    for (size_t n = 1; n <= kLongest; ++n) {
      Exactly<float> a = normal(n, 1), b = normal(n, 2), out(n);
      binary_run(op)(a.data(), b.data(), out.data(), n);
      for (size_t i = 0; i < n; ++i) expect_same(out[i], one(op, a[i], b[i]));
    }
}

TEST(Operators, ScalarsOnEitherSideInPlace) {
  for (Operator op : kOperators)
    for (size_t n = 1; n <= kLongest; ++n)
      for (bool reverse : {false, true}) {
        Exactly<float> a = normal(n, 3), out = normal(n, 3);
        scalar_run(op, out.data(), 0.75f, reverse, out.data(), n);
        for (size_t i = 0; i < n; ++i)
          expect_same(out[i], reverse ? one(op, 0.75f, a[i]) : one(op, a[i], 0.75f));
      }
}

TEST(Operators, OneScalarARow) {
  for (size_t n : {1, 3, 16, 33}) {
    constexpr size_t kRows = 5;
    Exactly<float> a = normal(kRows * n, 4), s = normal(kRows, 5), out(kRows * n);
    rows_run(Operator::subtract, a.data(), s.data(), true, out.data(), kRows, n);
    for (size_t i = 0; i < kRows * n; ++i) EXPECT_EQ(out[i], s[i / n] - a[i]);
  }
}

TEST(Operators, SumsHaveSixteenPartialResults) {
  for (size_t rows : {1, 4, 6})
    for (size_t n = 1; n <= kLongest; ++n) {
      Exactly<float> x = normal(rows * n, 6), out(rows);
      reduce_rows(Operator::add, x.data(), rows, n, out.data());
      for (size_t r = 0; r < rows; ++r) {
        float part[16] = {};
        for (size_t i = 0; i < n; ++i) part[i % 16] += x[r * n + i];
        for (int width = 8; width > 0; width /= 2)
          for (int l = 0; l < width; ++l) part[l] += part[l + width];
        EXPECT_EQ(out[r], part[0]) << n;
      }
    }
}

TEST(Operators, SelectionCopiesBits) {
  for (size_t n = 1; n <= kLongest; ++n) {
    Exactly<uint32_t> mask(n), yes(n), no(n), out(n);
    for (size_t i = 0; i < n; ++i) {
      mask[i] = i % 3 ? static_cast<uint32_t>(i) << 24 : 0;
      yes[i] = 0x7fa00000u + static_cast<uint32_t>(i);  // a signalling NaN
      no[i] = static_cast<uint32_t>(i);
    }
    select_run(mask.data(), yes.data(), no.data(), out.data(), n);
    for (size_t i = 0; i < n; ++i) EXPECT_EQ(out[i], mask[i] ? yes[i] : no[i]);
  }
}

TEST(Operators, WordsWrapAroundAndShiftOut) {
  const auto of = [](WordRun run, uint32_t a, uint32_t b) {
    uint32_t out;
    run(&a, &b, &out, 1);
    return out;
  };
  EXPECT_EQ(of(bits_run(Operator::left_shift), 3, 31), 0x80000000u);
  EXPECT_EQ(of(bits_run(Operator::left_shift), 3, 32), 0u);
  EXPECT_EQ(of(bits_run(Operator::right_shift), 0x80000000u, 31), 1u);
  EXPECT_EQ(of(bits_run(Operator::right_shift), 0x80000000u, 0xffffffffu), 0u);
  EXPECT_EQ(of(bits_run(Operator::invert), 5, 9), ~5u);
  EXPECT_EQ(of(integer_run(Operator::add, true), 0x7fffffffu, 1), 0x80000000u);
  EXPECT_EQ(of(integer_run(Operator::maximum, true), 0xffffffffu, 1), 1u);
  EXPECT_EQ(of(integer_run(Operator::maximum, false), 0xffffffffu, 1), 0xffffffffu);
  EXPECT_EQ(of(integer_run(Operator::less, true), 0xffffffffu, 1), 1u);
  EXPECT_EQ(bits_run(Operator::add), nullptr);
  EXPECT_EQ(integer_run(Operator::power, true), nullptr);
}

TEST(Operators, EveryOneHasItsForms) {
  for (int i = 0; i < operator_count(); ++i) {
    const auto op = static_cast<Operator>(i);
    const OperatorInfo& o = info(op);
    EXPECT_EQ(operator_from_name(o.name), op);
    EXPECT_EQ(binary_run(op) != nullptr, o.kind == OperatorClass::arith) << o.name;
    EXPECT_EQ(bits_run(op) != nullptr, o.kind == OperatorClass::bits) << o.name;
    const bool unary = o.kind == OperatorClass::unary || o.kind == OperatorClass::function;
    EXPECT_EQ(unary_run(op) != nullptr, unary && op != Operator::prelu) << o.name;
    if (!o.reduces || o.kind == OperatorClass::bits || op == Operator::subtract) continue;
    const float x[] = {0.5f};
    const bool logic =
        op == Operator::logical_and || op == Operator::logical_or || op == Operator::logical_xor;
    EXPECT_EQ(reduce_run(op, x, 1, identity(op)), logic ? 1.0f : 0.5f) << o.name;
  }
}

}  // namespace
}  // namespace trainyard::isa
