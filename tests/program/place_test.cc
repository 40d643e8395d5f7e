// Placement: nothing that lives at the same time shares bytes, and loops double-buffer with a ring.

#include "trainyard/program/place.h"

#include <numeric>
#include <random>

#include "tests/program/make_program.h"

namespace trainyard::program {
namespace {

std::vector<InstructionId> program_order(const Program& p) {
  std::vector<InstructionId> order(p.size());
  std::iota(order.begin(), order.end(), 0);
  return order;
}

// First and last use of each tensor, by brute force.
std::vector<std::pair<int, int>> lives(const Program& p) {
  std::vector<std::pair<int, int>> lives(p.tensor_count(), {-1, -1});
  for (InstructionId i = 0; i < p.size(); ++i)
    for (const Operand& o : p.operands(i)) {
      if (lives[o.tensor].first < 0) lives[o.tensor].first = static_cast<int>(i);
      lives[o.tensor].second = static_cast<int>(i);
    }
  return lives;
}

class Placement2 : public testing::TestWithParam<PlacePolicy> {};

TEST_P(Placement2, LiveTilesNeverShareBytes) {
  for (unsigned seed = 0; seed < 40; ++seed) {
    std::mt19937 random(seed);
    Maker m;
    std::vector<View> alive;
    for (int i = 0; i < 300; ++i) {
      if (alive.size() < 6 || random() % 2) {
        const int64_t bytes = 1 + random() % 20000;
        const bool psum = random() % 3 == 0;
        alive.push_back(psum ? m.psum({128, 1 + static_cast<int64_t>(random() % 256)})
                             : m.sbuf({128, bytes}, DType::u8));
        m.call("memset", {alive.back()});
      }
      if (alive.size() > 6) {
        const size_t k = random() % alive.size();
        m.call("memset", {alive[k]});
        alive.erase(alive.begin() + k);
      }
    }
    const Placement p = place(m.program, program_order(m.program), GetParam());
    const auto life = lives(m.program);
    for (TensorId a = 0; a < m.program.tensor_count(); ++a) {
      const isa::Tensor& ta = m.program.tensor(a);
      ASSERT_GE(p.address[a], 0);
      for (TensorId b = a + 1; b < m.program.tensor_count(); ++b) {
        const isa::Tensor& tb = m.program.tensor(b);
        if (ta.buffer != tb.buffer) continue;
        if (life[a].second < life[b].first || life[b].second < life[a].first) continue;
        ASSERT_TRUE(p.address[a] + ta.row_bytes() <= p.address[b] ||
                    p.address[b] + tb.row_bytes() <= p.address[a])
            << "seed " << seed << ": tensors " << a << " and " << b;
      }
      if (ta.buffer == isa::Buffer::psum && ta.row_bytes() <= 2048)
        ASSERT_EQ(p.address[a] / 2048, (p.address[a] + ta.row_bytes() - 1) / 2048)
            << "crosses a bank";
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Policies, Placement2,
                         testing::Values(PlacePolicy::ring, PlacePolicy::first_fit));

TEST(Place, RingMovesOnAndFirstFitStays) {
  Maker m;
  std::vector<View> tiles;
  for (int i = 0; i < 4; ++i) {
    tiles.push_back(m.sbuf({128, 1024}));
    m.call("memset", {tiles.back()});
  }
  const auto order = program_order(m.program);
  const Placement ring = place(m.program, order, PlacePolicy::ring);
  const Placement first = place(m.program, order, PlacePolicy::first_fit);
  EXPECT_NE(ring.address[0], ring.address[1]);
  EXPECT_EQ(first.address[0], first.address[1]);
  EXPECT_EQ(first.evicts[1], std::vector<TensorId>{0});
  EXPECT_TRUE(ring.evicts[1].empty());
}

TEST(Place, OverflowNamesTheHolders) {
  Maker m;
  const machine::Memory& memory = m.program.machine().core.memory;
  const int64_t room = memory.sbuf_partition_bytes - memory.sbuf_reserved_bytes;
  const View a = m.sbuf({128, room / 2}, DType::u8), b = m.sbuf({128, room / 2}, DType::u8);
  m.call("memset", {a});
  m.call("memset", {b});
  m.call("memset", {a});
  EXPECT_NO_THROW(place(m.program, program_order(m.program), PlacePolicy::ring));

  const View c = m.sbuf({128, 64}, DType::u8);
  m.call("memset", {c});
  m.call("memset", {a});
  m.call("memset", {b});
  try {
    place(m.program, program_order(m.program), PlacePolicy::ring);
    FAIL() << "it does not fit";
  } catch (const base::Error& e) {
    EXPECT_EQ(e.code(), base::Code::E201);
    EXPECT_EQ(e.notes().size(), 2u);
  }
}

TEST(Place, PsumHasEightBanks) {
  Maker m;
  std::vector<View> tiles;
  for (int i = 0; i < 9; ++i) tiles.push_back(m.psum({128, 512}));
  for (int i = 0; i < 8; ++i) m.call("memset", {tiles[i]});
  for (int i = 0; i < 8; ++i) m.call("memset", {tiles[i]});
  EXPECT_NO_THROW(place(m.program, program_order(m.program), PlacePolicy::ring));
  m.call("memset", {tiles[8]});
  for (int i = 0; i < 8; ++i) m.call("memset", {tiles[i]});
  EXPECT_THROW(place(m.program, program_order(m.program), PlacePolicy::ring), base::Error);
}

// Where tiles of so many partitions and half of SBUF's bytes are placed, all of them alive.
Placement side_by_side(const std::vector<int64_t>& partitions) {
  Maker m;
  const machine::Memory& memory = m.program.machine().core.memory;
  const int64_t half = (memory.sbuf_partition_bytes - memory.sbuf_reserved_bytes) / 2;
  std::vector<View> tiles;
  for (const int64_t p : partitions) tiles.push_back(m.sbuf({p, half}, DType::u8));
  for (int use = 0; use < 2; ++use)
    for (const View& tile : tiles) m.call("memset", {tile});
  return place(m.program, program_order(m.program), PlacePolicy::quadrants);
}

// Eight banks by address, first and last, and a tile without one between them.
Placement between_addressed(bool still_used) {
  Maker m;
  const int64_t bank = m.program.machine().core.memory.psum_bank_bytes;
  std::vector<View> banks[2];
  for (auto& views : banks)
    for (int i = 0; i < 8; ++i)
      views.push_back(m.tensor(isa::Buffer::psum, {128, bank / 4}, DType::fp32, i * bank));
  const View tile = m.psum({128, 8});
  for (const View& v : banks[0]) m.call("memset", {v});
  m.call("memset", {tile});
  for (const View& v : banks[1]) m.call("memset", {v});
  if (still_used)
    for (const View& v : banks[0]) m.call("memset", {v});
  return place(m.program, program_order(m.program), PlacePolicy::first_fit);
}

TEST(Place, AddressesAreFreeBeforeAndAfterTheirUse) {
  const Placement p = between_addressed(false);
  EXPECT_EQ(p.address[16], 0);
  EXPECT_EQ(p.evicts[16], std::vector<TensorId>{0});
  EXPECT_EQ(p.evicts[8], std::vector<TensorId>{16});
  EXPECT_TRUE(p.evicts[9].empty());
  EXPECT_THROW(between_addressed(true), base::Error);
}

TEST(Place, TilesOfFewPartitionsLieSideBySide) {
  const Placement p = side_by_side({32, 64, 17, 1, 64, 32});
  const int64_t half = p.address[3];
  EXPECT_EQ(p.partition, (std::vector<uint8_t>{0, 64, 32, 0, 64, 32}));
  EXPECT_EQ(p.address, (std::vector<int64_t>{0, 0, 0, half, half, half}));
  EXPECT_GT(half, 0);
  EXPECT_THROW(side_by_side({32, 64, 17, 1, 64, 32, 1}), base::Error);
  EXPECT_EQ(side_by_side({65, 128}).partition, (std::vector<uint8_t>{0, 0}));
  EXPECT_THROW(side_by_side({65, 1, 128}), base::Error);
}

// Two tiles of half of SBUF, and a third that is computed from the first at its last use.
struct Third {
  bool first_lives_on = false, same_places = true, same_type = true;
  Placement place_quadrants() const {
    Maker m;
    const machine::Memory& memory = m.program.machine().core.memory;
    const int64_t half = (memory.sbuf_partition_bytes - memory.sbuf_reserved_bytes) / 4;
    const View first = m.sbuf({128, 2, half}, DType::u8),
               second = m.sbuf({128, 2 * half}, DType::u8);
    m.call("memset", {first});
    m.call("memset", {second});
    if (same_type) {
      const View third = m.sbuf({128, 2, half}, DType::u8);
      m.call("tensor_copy", {third, same_places ? first : part(first, 2, half - 1, -1, -1)});
    } else {
      m.call("tensor_copy", {m.sbuf({128, 2, half}, DType::i8), first});
    }
    m.call("memset", {second});
    if (first_lives_on) m.call("memset", {first});
    return place(m.program, program_order(m.program), PlacePolicy::quadrants);
  }
};

TEST(Place, WhatIsComputedInPlaceMayTakeOverWhatItReads) {
  const Placement p = Third{}.place_quadrants();
  EXPECT_EQ(p.address[2], p.address[0]);
  EXPECT_NE(p.address[2], p.address[1]);
  EXPECT_EQ(p.evicts[2], std::vector<TensorId>{0});
  EXPECT_THROW(Third{.first_lives_on = true}.place_quadrants(), base::Error);
  EXPECT_THROW(Third{.same_places = false}.place_quadrants(), base::Error);
  EXPECT_THROW(Third{.same_type = false}.place_quadrants(), base::Error);
}

}  // namespace
}  // namespace trainyard::program
