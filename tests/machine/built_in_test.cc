// The machines that come with Trainyard: complete, sourced, and consistent with what is published
// about them.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "trainyard/machine/catalog.h"
#include "trainyard/machine/machine.h"

namespace trainyard::machine {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;

TEST(BuiltIn, NamesAreInOrderOfGeneration) {
  EXPECT_EQ(machine_names(), (std::vector<std::string>{"inf1", "inf2", "trn1", "trn2", "trn3"}));
}

TEST(BuiltIn, EveryNameLoads) {
  for (const std::string& name : known_names()) EXPECT_NO_THROW(load_machine(name)) << name;
}

TEST(BuiltIn, NamesAndAliasesAreUnique) {
  std::map<std::string, int> times;
  for (const std::string& name : known_names()) ++times[name];
  for (const auto& [name, n] : times) EXPECT_EQ(n, 1) << name;
}

TEST(BuiltIn, VendorNamesAreKnown) {
  const std::map<std::string, std::vector<std::string>> names{
      {"inf1", {"inferentia", "inf1.xlarge", "inf1.2xlarge", "inf1.6xlarge", "inf1.24xlarge"}},
      {"inf2", {"inferentia2", "inf2.xlarge", "inf2.8xlarge", "inf2.24xlarge", "inf2.48xlarge"}},
      {"trn1",
       {"trainium", "trainium1", "gen2", "trn1.2xlarge", "trn1.32xlarge", "trn1n.32xlarge"}},
      {"trn2",
       {"trainium2", "gen3", "trn2.3xlarge", "trn2.48xlarge", "trn2u.48xlarge", "trn2-ultraserver",
        "Trainium2", "TRN2"}},
      {"trn3", {"trainium3", "gen4", "trn3-gen1-ultraserver", "trn3-gen2-ultraserver"}},
  };
  for (const auto& [machine, aliases] : names) {
    for (const std::string& alias : aliases) EXPECT_EQ(load_machine(alias).name, machine) << alias;
  }
  EXPECT_EQ(load_machine("trn2.3xlarge").instance.chips, 1);
  EXPECT_EQ(load_machine("trn2").instance.name, "trn2.48xlarge");
}

TEST(BuiltIn, EveryNumberHasASource) {
  for (const std::string& name : known_names()) {
    const Machine machine = load_machine(name);
    for (const Row& row : rows_of(machine)) {
      if (!number_of(row.value)) continue;
      const Provenance& from = machine.provenance.at(row.path);
      EXPECT_FALSE(from.source.empty()) << name << " " << row.path;
      EXPECT_GT(from.line, 0) << name << " " << row.path;
      if (from.evidence != Evidence::estimate) continue;
      EXPECT_TRUE(from.low && from.high) << name << " " << row.path;
    }
  }
}

TEST(BuiltIn, WhatWasMeasuredOnOneGenerationIsAnEstimateOnTheNext) {
  for (const std::string& name : machine_names()) {
    const Machine machine = load_machine(name);
    for (const auto& [path, from] : machine.provenance) {
      if (from.source.starts_with("TRACE")) {
        EXPECT_EQ(from.evidence == Evidence::measured || from.evidence == Evidence::derived,
                  name == "trn2" && from.evidence != Evidence::estimate)
            << name << " " << path;
      }
    }
  }
}

TEST(BuiltIn, KernelsRunFromTheSecondGeneration) {
  for (const std::string& name : machine_names()) {
    EXPECT_EQ(load_machine(name).core.runs_kernels, name != "inf1");
  }
}

TEST(BuiltIn, MemorySizesAreThePublishedOnes) {
  const std::map<std::string, double> sbuf{{"trn1", 24}, {"inf2", 24}, {"trn2", 28}, {"trn3", 32}};
  for (const auto& [name, mib] : sbuf) {
    const Machine m = load_machine(name);
    const Memory& memory = m.core.memory;
    EXPECT_EQ(memory.sbuf_partition_bytes * m.core.partitions / kMiB, mib) << name;
    EXPECT_EQ(memory.psum_partition_bytes * m.core.partitions / kMiB, 2) << name;
    EXPECT_EQ(memory.psum_partition_bytes / memory.psum_bank_bytes, 8) << name;
    EXPECT_EQ(memory.hbm_bytes * m.chip.cores / (kMiB * 1024), m.chip.hbm_gb) << name;
    EXPECT_EQ(m.chip.cores, memory.hbm_sharers * m.chip.hbm_stacks) << name;
  }
}

double array_tflops(const Machine& m) {
  return m.core.tensor.rows * m.core.tensor.columns * 2 * m.core.tensor.clock_ghz / 1000;
}

TEST(BuiltIn, ArrayPeaksFollowFromTheClock) {
  EXPECT_NEAR(array_tflops(load_machine("trn1")), 91.75, 0.01);
  EXPECT_NEAR(array_tflops(load_machine("trn2")), 78.64, 0.01);
  EXPECT_NEAR(array_tflops(load_machine("trn3")), 78.64, 0.01);
}

// The published chip peaks add up every engine: a lane of Vector or Scalar does 8 operations a
// cycle, one of GpSimd 5; Vector and GpSimd twice as many in 16 bits.
TEST(BuiltIn, ChipPeaksAreSumsOverEngines) {
  for (const char* name : {"trn2", "trn3"}) {
    const Machine m = load_machine(name);
    const Core& core = m.core;
    const double lane = core.partitions / 1000.0;
    const double vector = lane * 8 * core.vector.clock_ghz;
    const double scalar = lane * 8 * core.scalar.clock_ghz;
    const double gpsimd = lane * 5 * core.gpsimd.clock_ghz;
    const double bf16 = m.chip.cores * (array_tflops(m) + 2 * vector + scalar + 2 * gpsimd);
    const double fp32 =
        m.chip.cores * (array_tflops(m) / core.tensor.fp32_passes + vector + scalar + gpsimd);
    EXPECT_NEAR(bf16 / m.chip.peak_bf16_tflops, 1, 0.005) << name;
    EXPECT_NEAR(fp32 / m.chip.peak_fp32_tflops, 1, 0.005) << name;
  }
  const Machine m = load_machine("trn3");
  EXPECT_NEAR(m.chip.cores * 4 * array_tflops(m) / m.chip.peak_fp8_tflops, 1, 0.005);
}

TEST(BuiltIn, MemoryBandwidthsAgree) {
  for (const char* name : {"trn1", "trn2", "trn3"}) {
    const Machine m = load_machine(name);
    const double stacks = m.core.memory.hbm_gb_s * m.chip.hbm_stacks;
    EXPECT_NEAR(stacks / (m.chip.hbm_tb_s * 1000), 1, 0.05) << name;
  }
}

// The traced laws, in the nanoseconds that the profiles show: N columns or elements.
TEST(BuiltIn, TracedTimesComeBack) {
  const Core core = load_machine("trn2").core;
  const auto ns = [](double cycles, double clock) { return cycles / clock; };
  const TensorEngine& t = core.tensor;
  EXPECT_NEAR(ns(512 + t.issue_overhead_cycles, t.clock_ghz), 216, 1);
  EXPECT_NEAR(ns(512 + t.latency_cycles, t.clock_ghz), 379, 1);
  EXPECT_NEAR(ns(128 + t.latency_cycles, t.clock_ghz), 219, 1);
  const LaneEngine& s = core.scalar;
  EXPECT_NEAR(ns(512 + s.latency_cycles, s.clock_ghz), 585, 1);
  EXPECT_NEAR(ns(128 + s.latency_cycles, s.clock_ghz), 265, 1);
  const double exp = s.function_overhead_cycles + s.pointer_scalar_cycles;
  EXPECT_NEAR(ns(512 + s.issue_overhead_cycles + exp, s.clock_ghz), 590, 25);
  EXPECT_NEAR(ns(512 + s.latency_cycles + exp, s.clock_ghz), 696, 12);
  const LaneEngine& v = core.vector;
  EXPECT_NEAR(ns(512 + v.issue_overhead_cycles, v.clock_ghz), 593, 1);
  EXPECT_NEAR(ns(512 + v.latency_cycles, v.clock_ghz), 691, 1);
  EXPECT_NEAR(ns(128 + v.latency_cycles, v.clock_ghz), 291, 1);
  EXPECT_NEAR(ns(4 * v.reciprocal_cycles_per_element + v.latency_cycles, v.clock_ghz), 178, 5);
  const double pointer = 512 / v.fp32_fast_rate + v.pointer_scalar_cycles;
  EXPECT_NEAR(ns(pointer + v.issue_overhead_cycles, v.clock_ghz), 396, 10);
  EXPECT_NEAR(ns(pointer + v.latency_cycles, v.clock_ghz), 481, 10);
  EXPECT_NEAR(t.window_cycles / core.scalar.clock_ghz, 3413, 1);
  const auto element = [&](double bytes) {
    return core.dma.element_ns + bytes / core.dma.engine_gb_s;
  };
  EXPECT_NEAR(element(256), 12.5, 0.5);
  EXPECT_NEAR(element(2048), 80, 2);
  EXPECT_NEAR(element(4096), 155, 1);
  const double load = 8 * element(512) + core.dma.load_fan_out_ns + core.dma.tail_ns;
  EXPECT_NEAR(core.dma.hwdge_load_first_ns + load, 2135, 0.07 * 2135);
  const double store = 8 * element(4096) + core.dma.store_fan_out_ns + core.dma.tail_ns;
  EXPECT_NEAR(core.dma.hwdge_store_first_ns + store, 2962, 50);
  // While the limiter is cold.
  EXPECT_NEAR(ns(2 * 512 + t.latency_cycles + t.cold_latency_cycles, t.clock_ghz), 630, 2);
  EXPECT_NEAR(ns(2 * 128 + t.latency_cycles + t.cold_latency_cycles, t.clock_ghz), 310, 1);
  // Loads of weights: bf16, float32, float32 to be transposed; warm and cold.
  const auto load_ns = [&](double passes, double rate) {
    return ns(t.load_latency_cycles + passes * t.load_cycles / rate, t.clock_ghz);
  };
  EXPECT_NEAR(load_ns(1, 1), 97, 1);
  EXPECT_NEAR(load_ns(1, t.cold_rate), 146, 1);
  EXPECT_NEAR(load_ns(t.fp32_load_passes, 1), 191, 2);
  EXPECT_NEAR(load_ns(t.fp32_load_passes, t.cold_rate), 332, 2);
  EXPECT_NEAR(load_ns(t.fp32_transpose_load_passes, 1), 141, 3);
  EXPECT_NEAR(load_ns(t.fp32_transpose_load_passes, t.cold_rate), 229, 2);
}

// The public guide: a chain of one-element functions takes 264 cycles each on NeuronCore-v2.
TEST(BuiltIn, DocumentedChainOfSecondGeneration) {
  const LaneEngine s = load_machine("trn1").core.scalar;
  EXPECT_EQ(s.issue_min_cycles + s.latency_cycles + s.function_overhead_cycles, 264);
}

TEST(BuiltIn, InstancesHaveThePublishedMemory) {
  const std::map<std::string, double> gib{
      {"inf2.48xlarge", 384},          {"trn1.32xlarge", 512},
      {"trn2.48xlarge", 1536},         {"trn2-ultraserver", 6144},
      {"trn3-gen1-ultraserver", 9216}, {"trn3-gen2-ultraserver", 20736}};
  for (const auto& [name, total] : gib) {
    const Machine m = load_machine(name);
    EXPECT_EQ(m.instance.chips * m.chip.hbm_gb, total) << name;
  }
}

}  // namespace
}  // namespace trainyard::machine
