// Instructions of one kind cost the same; where the compiler has the choice, a kind has another.

#include "trainyard/program/kinds.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/program/text_programs.h"
#include "trainyard/program/order.h"
#include "trainyard/program/text.h"

namespace trainyard::program {
namespace {

Program parse(const std::string& statements, const std::string& machine_name = "trn2") {
  return parse_program("program \"kinds\" machine=\"" + machine_name + "\" core=0\n" + statements,
                       "kinds.txt");
}

TEST(Kinds, CostWhatEachInstructionCosts) {
  for (int seed = 0; seed < 20; ++seed) {
    Program p = RandomProgram(seed).make(300);
    const auto once = static_cast<InstructionId>(p.size());
    for (InstructionId i = 0; i < once; ++i) {
      const std::vector<Value> values(p.values(i).begin(), p.values(i).end());
      const std::vector<Operand> operands(p.operands(i).begin(), p.operands(i).end());
      p.add(p.instruction(i).opcode, p.instruction(i).engine, values, operands, kNone);
    }
    const Costs costs = costs_of(p, p.machine(), Kinds(p));
    for (InstructionId i = 0; i < p.size(); ++i) {
      if (i < once) EXPECT_EQ(costs.kinds.of[i], costs.kinds.of[once + i]);
      const isa::Cost c = p.spec(i).cost(p.call(i));
      const Step& step = costs.step(i);
      EXPECT_EQ(step.lane, lane_of(p.call(i))) << i;
      EXPECT_EQ(step.busy, c.busy) << i;
      EXPECT_EQ(step.latency, c.latency) << i;
      ASSERT_EQ(step.dma != kNone, c.dma) << i;
      if (!c.dma) continue;
      const DmaWork& dma = costs.dmas[step.dma];
      EXPECT_EQ(dma.elements, c.elements) << i;
      EXPECT_EQ(dma.element_ps, c.element_ps) << i;
      EXPECT_EQ(dma.hbm_bytes, c.hbm_bytes) << i;
    }
  }
}

TEST(Kinds, TellSumsInPlaceFromOthers) {
  const Program p = parse(R"(t0: float32[128, 64] shared_hbm
t1: float32[128, 64] shared_hbm
t2: float32[128, 64] shared_hbm
%0: dma_compute dst=t0 srcs=[t1, t2] reduce_op=add
%1: dma_compute dst=t0 srcs=[t0, t2] reduce_op=add
%2: dma_compute dst=t1 srcs=[t0, t2] reduce_op=add
)");
  const Kinds kinds(p);
  EXPECT_NE(kinds.of[0], kinds.of[1]);
  EXPECT_EQ(kinds.of[0], kinds.of[2]);
}

constexpr const char* kCopies = R"(t0: float32[128, 512] sbuf
t1: float32[128, 512] sbuf
%0: tensor_copy dst=t0 src=t1
%1: tensor_copy dst=t0 src=t1 engine=vector
)";

TEST(Kinds, OnlyOpenCopiesMayMove) {
  const Kinds kinds(parse(kCopies));
  const uint32_t other = kinds.others[kinds.of[0]];
  ASSERT_NE(other, kNone);
  EXPECT_EQ(kinds.engines[other], Engine::scalar);
  EXPECT_EQ(kinds.others[other], kinds.of[0]);
  EXPECT_EQ(kinds.others[kinds.of[1]], kNone);
  EXPECT_FALSE(Kinds(parse(kCopies, "trn1")).open) << "no Scalar copies before NeuronCore-v3";
}

TEST(Kinds, SchedulesShareCopiesBetweenVectorAndScalar) {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "t" + std::to_string(i) + ": float32[128, 512] sbuf\n";
  for (int i = 0; i < 20; ++i)
    text +=
        "tensor_copy dst=t" + std::to_string(2 * i) + " src=t" + std::to_string(2 * i + 1) + "\n";
  const auto on_scalar = [&](const std::string& machine_name, SchedulePolicy policy) {
    const Program p = parse(text, machine_name);
    return std::ranges::count(order(p, p.machine(), {policy}).steps, Lane::scalar, &Step::lane);
  };
  for (const SchedulePolicy policy : {SchedulePolicy::list, SchedulePolicy::program}) {
    EXPECT_GE(on_scalar("trn2", policy), 8);
    EXPECT_LE(on_scalar("trn2", policy), 12);
    EXPECT_EQ(on_scalar("trn1", policy), 0);
  }
}

TEST(Kinds, ScalarIssuesTheStoresOfIntermediates) {
  const std::string text = R"(t0: float32[128, 64] sbuf
t1: float32[128, 64] private_hbm
t2: float32[128, 64] shared_hbm
outputs t2
%0: dma_copy dst=t1 src=t0
%1: dma_copy dst=t0 src=t1
%2: dma_copy dst=t2 src=t0
)";
  const std::string by_sync = "dma_copy dst=t1 src=t0 engine=sync dge_mode=hwdge\n";
  const auto lane = [&](const std::string& machine_name, InstructionId i) {
    const Program p = parse(machine_name == "trn1" ? text : text + by_sync, machine_name);
    return lane_of(p.call(i));
  };
  EXPECT_EQ(lane("trn2", 0), Lane::scalar);
  EXPECT_EQ(lane("trn2", 1), Lane::dma_load);
  EXPECT_EQ(lane("trn2", 2), Lane::dma_store);
  EXPECT_EQ(lane("trn2", 3), Lane::sync);
  EXPECT_EQ(lane("trn1", 0), Lane::dma_store) << "no hardware makes descriptors there";
}

}  // namespace
}  // namespace trainyard::program
