// Limits of values and of what has to fit together, at the last value allowed and the first beyond.
#include "tests/machine/refusals.h"

namespace trainyard::machine {
namespace {

using base::Code;

struct Limit {
  const char* key;
  std::vector<const char*> allowed, refused;
};

TEST(Limits, OfSingleNumbers) {
  const std::vector<Limit> limits{
      {"core.tensor.clock_ghz", {"1e-9", "1000000000000"}, {"0", "-1e-9", "1000000000001"}},
      {"core.tensor.latency_cycles", {"0"}, {"-0.5"}},
      {"core.tensor.window_threshold", {"1"}, {"1.0000001", "-0.1"}},
      {"core.tensor.cold_rate", {"1", "1e-6"}, {"1.0000001", "0"}},
      {"core.sequencer.registers", {"1", "1000000"}, {"0", "-1", "1000001"}},
      {"chip.hbm_stacks", {"0"}, {"-1"}},
      {"core.memory.sbuf_partition_bytes", {"4 TiB"}, {"4398046511105", "5 TiB", "0"}},
      {"core.version", {"4"}, {"5", "0"}},
  };
  for (const Limit& limit : limits) {
    const std::string key = limit.key;
    for (const char* value : limit.allowed) {
      EXPECT_NO_THROW(load_machine("trn2", {key + "=" + value})) << key << "=" << value;
    }
    for (const char* value : limit.refused) expect_set_refused(key + "=" + value, Code::E004, key);
  }
}

TEST(Limits, OfWhatFitsTogether) {
  const std::vector<Limit> limits{
      {"core.tensor.rows", {"128"}, {"129", "256"}},
      {"core.tensor.columns", {"128"}, {"160"}},
      {"core.tensor.stationary_free_max", {"128"}, {"129"}},
      {"core.tensor.moving_free_max", {"4096"}, {"4097"}},
      {"core.tensor.row_tile_min", {"64"}, {"65"}},
      {"core.tensor.column_tile_min", {"0", "128"}, {"129"}},
      {"core.memory.psum_bank_bytes", {"16 KiB"}, {"3 KiB"}},
      {"core.memory.sbuf_reserved_bytes", {"229375"}, {"224 KiB"}},
      {"core.memory.hbm_bytes", {"12 GiB"}, {"13 GiB", "12884901889"}},
      {"core.memory.hbm_sharers", {"8"}, {"9"}},
      {"chip.logical_core_default", {"1", "8"}, {"3", "9"}},
      {"core.placement", {"ring", "first-fit"}, {"best-fit", ""}},
      {"instance.chips", {"16"}, {"15", "17"}},
      {"instance.servers", {"1", "16"}, {"3", "17"}},
      {"instance.topology",
       {"torus-2x8", "torus-2x2x4", "ring", "chain", "switched"},
       {"single", "torus-4x5", "torus-16", "torus-", "torus-4x4x", "torus-2x2x2x2", "mesh",
        "torus-0x16", "torus-99999999x99999999"}},
      {"instance.links", {"xy", "z,xy", ""}, {"w"}},
  };
  for (const Limit& limit : limits) {
    const std::string key = limit.key;
    for (const char* value : limit.allowed) {
      EXPECT_NO_THROW(load_machine("trn2", {key + "=" + value})) << key << "=" << value;
    }
    for (const char* value : limit.refused) expect_set_refused(key + "=" + value, Code::E004, key);
  }
  EXPECT_NO_THROW(load_machine("trn2.3xlarge", {"instance.topology=single"}));
  EXPECT_THROW(load_machine("trn2.3xlarge", {"instance.topology=ring"}), base::Error);
}

TEST(Limits, AreCheckedInFilesWithTheirLine) {
  expect_refused(variant("core.tensor.clock_ghz = { value = 0, source = \"A3\" }"), Code::E004, 2,
                 "found 0, allowed a number above 0");
  expect_refused(variant("core.tensor.clock_ghz = { value = nan, source = \"A3\" }"), Code::E004, 2,
                 "out of range");
  expect_refused(variant("core.tensor.rows = { value = inf, source = \"A3\" }"), Code::E004, 2,
                 "out of range");
  expect_refused(variant("core.tensor.rows = { value = 256, source = \"A3\" }"), Code::E004, 2,
                 "at most core.partitions = 128");
  expect_refused(variant("chip.cores = { value = 9223372036854775807, source = \"A3\" }"),
                 Code::E004, 2, "out of range");
}

TEST(Limits, RangesHoldTheirValue) {
  const auto line = [](const char* value, const char* range) {
    return variant(std::string("core.tensor.latency_cycles = { value = ") + value +
                   ", range = " + range + ", source = \"A3\" }");
  };
  EXPECT_NO_THROW(parse_machine(line("10", "[10, 10]"), "mine.toml"));
  EXPECT_NO_THROW(parse_machine(line("10", "[9, 10]"), "mine.toml"));
  expect_refused(line("10.5", "[9, 10]"), Code::E004, 2, "outside its own range");
  expect_refused(line("8.5", "[9, 10]"), Code::E004, 2, "outside its own range");
  expect_refused(line("9.5", "[10, 9]"), Code::E004, 2, "outside its own range");
  expect_refused(line("9", "[8, 9, 10]"), Code::E004, 2, "[low, high]");
  expect_refused(line("9", "[8, inf]"), Code::E004, 2, "[low, high]");
}

}  // namespace
}  // namespace trainyard::machine
