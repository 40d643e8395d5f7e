// Rows gathered and scattered as words, and the question whether an output overlaps an input.
#include "trainyard/isa/access.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <random>
#include <vector>

namespace trainyard::isa {
namespace {

// A tile of `rows` partitions of `pitch` bytes; dims: the partition's, then the free ones.
Bytes access(std::vector<std::byte>& memory, ptrdiff_t offset, DType dtype,
             std::vector<std::pair<int64_t, ptrdiff_t>> dims) {
  Bytes a;
  a.data = memory.data() + offset;
  a.dtype = dtype;
  a.element = static_cast<int>(base::size_of(dtype));
  a.ndim = static_cast<int>(dims.size());
  for (int d = 0; d < a.ndim; ++d) a.dims[d] = {dims[d].first, dims[d].second};
  return a;
}

TEST(Access, WordsAreZeroExtendedAndTruncated) {
  for (DType dtype : {DType::i8, DType::u8, DType::i16, DType::u16, DType::i32, DType::u32})
    for (ptrdiff_t stride : {1, 2, 3}) {
      const auto size = static_cast<ptrdiff_t>(base::size_of(dtype));
      std::vector<std::byte> memory(4 * 64);
      std::iota(reinterpret_cast<uint8_t*>(memory.data()),
                reinterpret_cast<uint8_t*>(memory.data()) + memory.size(), uint8_t{100});
      const Bytes a = access(memory, 0, dtype, {{4, 64}, {5, stride * size}});
      std::vector<uint32_t> scratch(15), result(15);
      const uint32_t* words = read_words(a, 1, 3, scratch.data());
      for (int r = 0; r < 3; ++r)
        for (int i = 0; i < 5; ++i) {
          uint32_t expected = 0;
          std::memcpy(&expected, a.row(r + 1) + i * stride * size, size);
          EXPECT_EQ(words[r * 5 + i], expected);
          result[r * 5 + i] = ~expected;
        }
      write_words(a, 1, 3, result.data());
      std::vector<uint32_t> again(15);
      words = read_words(a, 1, 3, again.data());
      const uint32_t kept = size == 4 ? ~0u : (1u << (8 * size)) - 1;
      for (int i = 0; i < 15; ++i) EXPECT_EQ(words[i], result[i] & kept);
    }
}

// By definition: is there an element of `in` that a byte of another element of `out` shares?
bool overlaps_by_bytes(const Bytes& out, const Bytes& in) {
  std::vector<std::pair<std::byte*, std::byte*>> elements[2];
  for (const Bytes* a : {&out, &in})
    for (int r = 0; r < a->rows(); ++r)
      for_each_run(*a, a->row(r), [&](std::byte* p, int64_t count, ptrdiff_t step) {
        for (int64_t i = 0; i < count; ++i)
          elements[a == &in].emplace_back(p + i * step, p + i * step + a->element);
      });
  for (size_t i = 0; i < elements[0].size(); ++i)
    for (size_t k = 0; k < elements[1].size(); ++k) {
      const auto& [low, high] = elements[0][i];
      const auto& [other_low, other_high] = elements[1][k];
      const bool same = i == k && low == other_low && high == other_high;
      if (!same && low < other_high && other_low < high) return true;
    }
  return false;
}

TEST(Access, OverlapsAreNeverMissed) {
  std::mt19937 random(1);
  const auto below = [&](int n) { return static_cast<int>(random() % n); };
  std::vector<std::byte> memory(1024);
  int found = 0, spared = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    const auto any = [&] {
      const DType dtype = below(2) ? DType::fp32 : DType::bf16;
      const auto size = static_cast<ptrdiff_t>(base::size_of(dtype));
      const int count = 1 + below(4);
      const ptrdiff_t step = (below(3) + (count > 1 ? 0 : 1)) * size;
      return access(memory, 64 * below(4) + size * below(8), dtype,
                    {{1 + below(3), 64 * (1 + below(2))}, {count, step}});
    };
    const Bytes out = any(), in = any();
    if (out.elements() != in.elements()) continue;
    const bool overlaps = overlaps_by_bytes(out, in);
    if (overlaps && out.dims[1].step != 0) EXPECT_TRUE(overlaps_elsewhere(out, in));
    found += overlaps;
    spared += !overlaps_elsewhere(out, in);
  }
  EXPECT_GT(found, 100);
  EXPECT_GT(spared, 1000);
}

TEST(Access, ColumnsOfOneTensorDoNotOverlap) {
  std::vector<std::byte> memory(128 * 256);
  const auto columns = [&](int first) {
    return access(memory, 4 * first, DType::fp32, {{128, 256}, {16, 4}});
  };
  EXPECT_FALSE(overlaps_elsewhere(columns(0), columns(0)));
  EXPECT_FALSE(overlaps_elsewhere(columns(0), columns(16)));
  EXPECT_FALSE(overlaps_elsewhere(columns(48), columns(0)));
  EXPECT_TRUE(overlaps_elsewhere(columns(0), columns(15)));
}

TEST(Access, DetachedCopiesHaveTheElementsInOrder) {
  std::vector<std::byte> memory(4 * 64);
  for (size_t i = 0; i < memory.size(); ++i) memory[i] = std::byte(i);
  const Bytes a = access(memory, 2, DType::bf16, {{3, 64}, {2, 20}, {4, 4}});
  std::vector<std::byte> storage, direct(a.elements() * 2);
  const Bytes copy = detached(a, storage);
  EXPECT_TRUE(copy.packed());
  EXPECT_EQ(copy.elements(), a.elements());
  gather_bits(a, 0, 3, direct.data());
  EXPECT_EQ(storage, direct);
}

}  // namespace
}  // namespace trainyard::isa
