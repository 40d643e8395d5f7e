// What the DMA, pattern, search and register instructions cost, against the machine's own numbers.

#include <gtest/gtest.h>

#include "tests/program/text_programs.h"
#include "trainyard/program/text.h"

namespace trainyard::program {
namespace {

constexpr const char* kTensors = R"(registers 1
t0: float32[128, 64] sbuf
t1: uint32[128, 8] sbuf
t2: bfloat16[64, 128] sbuf
t3: bfloat16[64, 128] shared_hbm
t4: bfloat16[128, 64] sbuf
t5: float32[256, 64] shared_hbm
t6: int32[128, 1] sbuf
t7: float32[128, 8] sbuf
)";

// The cost of one instruction over those tensors.
isa::Cost cost(const std::string& instruction, const std::string& machine_name = "trn2") {
  const Program p = parse_program(
      "program \"cost\" machine=\"" + machine_name + "\" core=0\n" + kTensors + instruction + "\n",
      "cost.txt");
  return p.spec(0).cost(p.call(0));
}

base::Picoseconds streaming(const machine::LaneEngine& e, double elements) {
  return base::cycles_to_ps(std::max(e.issue_min_cycles, elements) + e.issue_overhead_cycles,
                            e.clock_ghz);
}

double time(const isa::Cost& c) { return c.element_ps * static_cast<double>(c.elements); }

TEST(Cost, OfPatternsAndSearches) {
  const machine::Core& core = machine()->core;
  EXPECT_EQ(cost("iota dst=t0 pattern=[1, 64]").busy, streaming(core.gpsimd, 64));
  EXPECT_EQ(cost("affine_select dst=t0 pattern=[1, 64] channel_multiplier=0 on_true_tile=t0 "
                 "on_false_value=0")
                .busy,
            streaming(core.gpsimd, 64));
  EXPECT_EQ(core.gpsimd.issue_overhead_cycles, 150);
  EXPECT_EQ(cost("max8 dst=t7 src=t0").busy, streaming(core.vector, 64));
  EXPECT_EQ(cost("nc_find_index8 dst=t1 data=t0 vals=t7").busy, streaming(core.vector, 64));
  EXPECT_EQ(cost("nc_match_replace8 dst=t0 data=t0 vals=t7 imm=0").busy,
            streaming(core.vector, 64));
}

TEST(Cost, OfRegisters) {
  const machine::Sequencer& s = machine()->core.sequencer;
  EXPECT_EQ(cost("register_alloc dst=r0").busy, 0);
  EXPECT_EQ(cost("register_alloc dst=r0 x=1").busy, base::ns_to_ps(s.register_move_ns));
  EXPECT_EQ(cost("register_move dst=r0 src=1").busy, base::ns_to_ps(s.register_move_ns));
  EXPECT_EQ(cost("register_load dst=r0 src=t6[0:1, 0:1]").busy, base::ns_to_ps(s.register_load_ns));
  EXPECT_EQ(cost("register_store dst=t6[0:1, 0:1] src=r0").busy,
            base::ns_to_ps(s.register_store_ns));
}

TEST(Cost, OfTransposes) {
  const machine::Dma& dma = machine()->core.dma;
  const isa::Cost hbm = cost("dma_transpose dst=t4 src=t3"),
                  sbuf = cost("dma_transpose dst=t4 src=t2");
  EXPECT_DOUBLE_EQ(time(hbm) * dma.transpose_rate_hbm, time(sbuf) * dma.transpose_rate_sbuf);
  // The rows of the result are the contiguous runs.
  EXPECT_EQ(hbm.elements, 128);
  EXPECT_DOUBLE_EQ(hbm.element_ps * dma.transpose_rate_hbm,
                   (dma.element_ns + 128 / dma.engine_gb_s) * 1000);
}

TEST(Cost, OfSums) {
  const machine::Dma& dma = machine()->core.dma;
  const std::string source = "t5[0:128, 0:64]";
  const double copy = time(cost("dma_copy dst=t0 src=" + source));
  const auto sum = [&](const std::string& srcs) {
    return cost("dma_compute dst=t0 srcs=[" + srcs + "] reduce_op=add");
  };
  EXPECT_DOUBLE_EQ(time(sum(source)), copy);
  EXPECT_DOUBLE_EQ(time(sum(source + ", t0")), copy / dma.compute_rate);
  EXPECT_DOUBLE_EQ(time(sum(source + ", t0, t0")), 2 * copy / dma.compute_rate);
  EXPECT_EQ(sum(source + ", t0, " + source).hbm_bytes, 2 * 128 * 64 * 4);
  EXPECT_EQ(sum(source).busy, base::ns_to_ps(dma.static_issue_ns));
  const std::string rows = "t5@0[[64, 128], [1, 64]]{vector=t6 scale=64 limit=256 dim=0}";
  EXPECT_EQ(sum("t0, " + rows).busy, base::ns_to_ps(dma.swdge_issue_ns + dma.swdge_generate_ns));
}

TEST(Cost, OfDescriptors) {
  const machine::Dma& dma = machine()->core.dma;
  const std::string whole = "dma_copy dst=t0 src=t5[0:128, 0:64]";
  const std::string rows =
      "dma_copy dst=t0 src=t5[0:128, 0:64]{vector=t6 scale=64 limit=256 dim=0}";
  const std::string moved =
      "dma_copy dst=t0 src=t5[0:128, 0:64]{scalar=r0 scale=64 limit=256 dim=0}";
  EXPECT_EQ(cost(whole).busy, base::ns_to_ps(dma.hwdge_issue_ns));
  EXPECT_EQ(cost(whole + " dge_mode=none").busy, base::ns_to_ps(dma.static_issue_ns));
  EXPECT_EQ(cost(whole + " dge_mode=swdge").busy,
            base::ns_to_ps(dma.swdge_issue_ns + dma.swdge_generate_ns));
  EXPECT_EQ(cost(moved).busy, base::ns_to_ps(dma.hwdge_issue_ns));
  EXPECT_EQ(cost(rows).busy, base::ns_to_ps(dma.swdge_issue_ns + dma.swdge_generate_ns));
  EXPECT_EQ(cost(rows).elements, 128);  // rows lie apart, whatever the indices
  const machine::Machine trn1 = machine::load_machine("trn1");
  EXPECT_EQ(cost(whole, "trn1").busy, base::ns_to_ps(trn1.core.dma.static_issue_ns));
  const machine::Dma& v2 = trn1.core.dma;
  EXPECT_EQ(cost(moved, "trn1").busy, base::ns_to_ps(v2.swdge_issue_ns + v2.swdge_generate_ns));
}

}  // namespace
}  // namespace trainyard::program
