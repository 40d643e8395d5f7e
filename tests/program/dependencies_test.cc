// Dependencies against a byte-by-byte oracle, over random programs of overlapping tiles.

#include "trainyard/program/dependencies.h"

#include <map>
#include <random>
#include <set>

#include "tests/program/make_program.h"

namespace trainyard::program {
namespace {

// Who last wrote each byte, and who read it since: the definition that Dependencies approximates.
class ByteOracle {
 public:
  explicit ByteOracle(const Program& program) : program_(program) {}

  std::set<InstructionId> add(InstructionId i) {
    std::set<InstructionId> before;
    const Call call = program_.call(i);
    for (const bool writes : {false, true}) {
      for_each_operand(call, [&](int slot, isa::Access access) {
        if ((access != isa::Access::read) != writes) return;
        for_each_byte(call.view(slot), [&](Byte& b) {
          if (b.writer != kNone && b.writer != i) before.insert(b.writer);
          if (!writes) return void(b.readers.insert(i));
          for (InstructionId r : b.readers)
            if (r != i) before.insert(r);
        });
      });
    }
    for_each_operand(call, [&](int slot, isa::Access access) {
      if (access == isa::Access::read) return;
      for_each_byte(call.view(slot), [&](Byte& b) {
        b.writer = i;
        b.readers.clear();
      });
    });
    return before;
  }

 private:
  struct Byte {
    InstructionId writer = kNone;
    std::set<InstructionId> readers;
  };

  template <class Visit>
  void for_each_byte(const isa::OperandView& v, Visit visit) {
    const auto element = static_cast<int64_t>(base::size_of(v.dtype()));
    std::vector<int64_t> index(v.layout->ndim);
    for (int64_t k = 0; k < v.elements(); ++k) {
      int64_t at = v.offset;
      for (int d = 0; d < v.layout->ndim; ++d) at += index[d] * v.layout->dims[d].step;
      // Tiles with an address share their arena; others are apart.
      int64_t byte = at * element;
      uint32_t memory = v.id + 2;
      if (v.tensor->has_address()) {
        memory = v.tensor->buffer == isa::Buffer::psum;
        const int64_t row = v.tensor->row_bytes();
        byte = byte / row * (int64_t{1} << 20) + v.tensor->address_bytes + byte % row;
      }
      for (int64_t b = 0; b < element; ++b) visit(bytes_[{memory, byte + b}]);
      for (int d = v.layout->ndim - 1; d >= 0 && ++index[d] == v.layout->dims[d].count; --d)
        index[d] = 0;
    }
  }

  const Program& program_;
  std::map<std::pair<uint32_t, int64_t>, Byte> bytes_;
};

View random_part(std::mt19937& random, View v) {
  for (int d = 0; d < v.ndim(); ++d) {
    const int64_t n = v.dims[d].count;
    const int64_t start = random() % n, stop = start + 1 + random() % (n - start);
    const int64_t step = d == v.ndim() - 1 && random() % 4 == 0 ? 2 : 1;
    v = v.slice(d, start, stop, step);
  }
  return v;
}

// Every edge the oracle demands is implied by ours (directly or through others).
TEST(Dependencies, CoverTheByteOracle) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    Maker m;
    std::vector<View> tensors = {m.sbuf({8, 12}), m.sbuf({4, 3, 6}, DType::bf16), m.hbm({6, 5, 7}),
                                 m.tensor(isa::Buffer::sbuf, {8, 10}, DType::fp32, 64),
                                 m.tensor(isa::Buffer::sbuf, {8, 12}, DType::bf16, 80)};
    for (int i = 0; i < 60; ++i) {
      View dst = random_part(random, tensors[random() % tensors.size()]);
      if (random() % 4 == 0) {
        m.call("memset", {dst});
      } else {
        View src = random_part(random, tensors[random() % tensors.size()]);
        m.call("dma_copy", {dst, src});  // unchecked here: only the regions matter
      }
    }
    Dependencies dependencies(m.program);
    ByteOracle oracle(m.program);
    std::vector<std::set<InstructionId>> reach(m.program.size());
    std::vector<Dependence> before;
    for (InstructionId i = 0; i < m.program.size(); ++i) {
      before.clear();
      dependencies.add(i, before);
      for (const Dependence& d : before) {
        ASSERT_LT(d.id, i);
        reach[i].insert(d.id);
        reach[i].insert(reach[d.id].begin(), reach[d.id].end());
      }
      for (InstructionId needed : oracle.add(i))
        ASSERT_TRUE(reach[i].contains(needed))
            << "seed " << seed << ": " << i << " after " << needed;
    }
  }
}

TEST(Dependencies, TilesApartAreIndependent) {
  Maker m;
  const View tile = m.sbuf({128, 512}), out = m.hbm({128, 2048});
  for (int64_t k = 0; k < 4; ++k) m.call("memset", {part(tile, 1, 128 * k, 128 * (k + 1))});
  for (int64_t k = 0; k < 4; ++k) m.call("dma_copy", {part(out, 1, 512 * k, 512 * (k + 1)), tile});
  Dependencies dependencies(m.program);
  std::vector<Dependence> before;
  for (InstructionId i = 0; i < 4; ++i) {
    dependencies.add(i, before);
    EXPECT_TRUE(before.empty()) << i;
  }
  for (InstructionId i = 4; i < 8; ++i) {
    before.clear();
    dependencies.add(i, before);
    EXPECT_EQ(before.size(), 4u) << "each store reads all four parts";
  }
}

TEST(Dependencies, EvenAndOddColumnsDoNotMeet) {
  Maker m;
  const View tile = m.sbuf({128, 64});
  m.call("memset", {part(tile, 1, 0, 64, 2)});
  m.call("memset", {part(tile, 1, 1, 64, 2)});
  m.call("memset", {part(tile, 1, 0, 1)});
  Dependencies dependencies(m.program);
  std::vector<Dependence> before;
  dependencies.add(0, before);
  dependencies.add(1, before);
  EXPECT_TRUE(before.empty());
  dependencies.add(2, before);
  ASSERT_EQ(before.size(), 1u);
  EXPECT_EQ(before[0].id, 0u);
}

}  // namespace
}  // namespace trainyard::program
