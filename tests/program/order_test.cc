// Which order is taken when tiles do not fit in another.

#include "trainyard/program/order.h"

#include "tests/program/make_program.h"
#include "trainyard/program/dependencies.h"

namespace trainyard::program {
namespace {

/// Eight sums, each a tenth of SBUF, are all set to zero before a block is loaded that is added to
/// each of them. All are then stored, or first joined, so that they must be there together.
struct Sums : Maker {
  Sums(int block_tenths, bool joined) {
    const machine::Memory& memory = program.machine().core.memory;
    const int64_t n = (memory.sbuf_partition_bytes - memory.sbuf_reserved_bytes) / 10 / 4;
    const Value add = Value::op(isa::Operator::add);
    std::vector<View> sums;
    for (int i = 0; i < 8; ++i) {
      sums.push_back(sbuf({128, n}));
      call("memset", {sums.back()});
    }
    const View block = sbuf({128, block_tenths * n});
    call("dma_copy", {block, hbm({128, block_tenths * n})});
    for (const View& sum : sums) call("tensor_tensor", {sum, sum, part(block, 1, 0, n)}, add);
    if (joined)
      for (const View& sum : sums) call("tensor_tensor", {sums[0], sums[0], sum}, add);
    for (const View& sum : sums) call("dma_copy", {hbm({128, n}), sum});
  }
  Ordered ordered(SchedulePolicy policy = SchedulePolicy::list) {
    return order(program, program.machine(), {policy, PlacePolicy::ring});
  }
};

TEST(Order, TakesTheScheduleThatWasAskedForIfItFits) {
  Sums m(1, false);
  EXPECT_EQ(m.ordered().schedule, SchedulePolicy::list);
  EXPECT_EQ(m.ordered(SchedulePolicy::program).schedule, SchedulePolicy::program);
}

TEST(Order, TilesThatArePreparedEarlyWaitForTheirUse) {
  Sums m(3, false);
  const Ordered found = m.ordered();
  EXPECT_EQ(found.schedule, SchedulePolicy::demand);
  EXPECT_LE(found.placement.sbuf_peak, m.program.machine().core.memory.sbuf_partition_bytes / 2);
  // Every instruction once, after all that it depends on.
  std::vector<uint32_t> position(m.program.size(), kNone);
  for (uint32_t k = 0; k < found.sequence.size(); ++k) position[found.sequence[k]] = k;
  Dependencies dependencies(m.program);
  std::vector<Dependence> before;
  for (InstructionId i = 0; i < m.program.size(); ++i) {
    ASSERT_NE(position[i], kNone);
    before.clear();
    dependencies.add(i, before);
    for (const Dependence& d : before) { EXPECT_LT(position[d.id], position[i]); }
  }
}

TEST(Order, RefusesWhatNoOrderFits) {
  Sums m(3, true);
  try {
    m.ordered();
    FAIL() << "it does not fit";
  } catch (const base::Error& e) { EXPECT_EQ(e.code(), base::Code::E201); }
}

TEST(Order, RefusesEdgesThatGoInCircles) {
  Maker m;
  const View a = m.sbuf({128, 64}), b = m.sbuf({128, 64});
  m.call("memset", {a});
  m.call("tensor_copy", {b, a});
  m.program.add_edge(0, 1);
  try {
    order(m.program, m.program.machine(), {});
    FAIL() << "each waits for the other";
  } catch (const base::Error& e) { EXPECT_EQ(e.code(), base::Code::E111); }
  Maker itself;
  itself.call("memset", {itself.sbuf({128, 64})});
  itself.program.add_edge(0, 0);
  EXPECT_THROW(order(itself.program, itself.program.machine(), {}), base::Error);
}

TEST(Order, ProgramOrderIsKeptIfAskedFor) {
  Sums m(3, false);
  EXPECT_THROW(m.ordered(SchedulePolicy::program), base::Error);
}

}  // namespace
}  // namespace trainyard::program
