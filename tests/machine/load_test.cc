// Inheritance, instances and --set.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/machine/refusals.h"
#include "trainyard/machine/catalog.h"

namespace trainyard::machine {
namespace {

using base::Code;
namespace fs = std::filesystem;

/// A folder of machine files that is gone when the test is over.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "machines-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { fs::remove_all(path_); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path_ / name) << text;
    return (path_ / name).string();
  }

 private:
  fs::path path_;
};

TEST(Load, AVariantStatesOnlyItsDifference) {
  const Machine base = load_machine("trn2");
  const Machine mine = parse_machine(
      "title = \"Mine\"\nbase = \"trn2\"\n[core.tensor]\n"
      "clock_ghz = { value = 3.0, source = \"PLAN\" }\n[sources]\nPLAN = \"a wish\"\n",
      "folder/mine.toml");
  EXPECT_EQ(mine.name, "mine");
  EXPECT_EQ(mine.title, "Mine");
  EXPECT_TRUE(mine.aliases.empty());
  EXPECT_EQ(mine.core.tensor.clock_ghz, 3.0);
  EXPECT_EQ(mine.provenance.at("core.tensor.clock_ghz").source, "PLAN");
  EXPECT_EQ(mine.provenance.at("core.tensor.clock_ghz").line, 4);
  EXPECT_EQ(mine.sources.at("PLAN"), "a wish");
  EXPECT_EQ(mine.core.vector.clock_ghz, base.core.vector.clock_ghz);
  EXPECT_EQ(mine.provenance.at("core.vector.clock_ghz").source, "A3, TRACE");
  EXPECT_EQ(mine.instance.name, "trn2.48xlarge");
  EXPECT_EQ(mine.chip.links.size(), base.chip.links.size());
}

TEST(Load, BasesAreFoundBesideTheFileAndByPath) {
  const Folder folder;
  folder.write("faster.toml",
               "base = \"trn2.3xlarge\"\n[core.dma]\n"
               "tail_ns = { estimate = 100, range = [50, 150], source = \"TRACE\" }\n");
  const auto file = folder.write("fastest.toml", "base = \"faster\"\n");
  const Machine machine = load_machine(file);
  EXPECT_EQ(machine.name, "fastest");
  EXPECT_EQ(machine.core.dma.tail_ns, 100);
  EXPECT_EQ(machine.instance.name, "trn2.3xlarge");
  EXPECT_EQ(load_machine(folder.write("third.toml", "base = \"./faster.toml\"\n")).core.dma.tail_ns,
            100);
}

TEST(Load, EvidenceIsTheSourcesUnlessTheValueSaysOtherwise) {
  const Machine m = load_machine("trn2");
  EXPECT_EQ(m.provenance.at("core.vector.latency_cycles").evidence, Evidence::measured);
  EXPECT_EQ(m.provenance.at("core.tensor.rows").evidence, Evidence::document);
  EXPECT_EQ(m.provenance.at("core.tensor.issue_min_cycles").evidence, Evidence::estimate);
  EXPECT_EQ(m.provenance.at("core.memory.hbm_bytes").evidence, Evidence::derived);
  EXPECT_EQ(m.provenance.at("chip.power_w").evidence, Evidence::press);
  const auto estimates = m.estimates();
  EXPECT_EQ(estimates.front(), "core.tensor.issue_min_cycles");
  EXPECT_EQ(std::ranges::count(estimates, "core.tensor.rows"), 0);
}

TEST(Load, LinksAreMergedByName) {
  const Machine inf2 = load_machine("inf2"), trn1 = load_machine("trn1");
  ASSERT_EQ(inf2.chip.links.size(), 1U);
  EXPECT_EQ(inf2.chip.links[0].count, 2);
  EXPECT_EQ(inf2.chip.links[0].latency_ns, trn1.chip.links[0].latency_ns);
}

TEST(Load, WithoutTakesAwayWhatTheBaseHas) {
  EXPECT_EQ(load_machine("trn3").chip.links.size(), 4U);
  EXPECT_EQ(parse_machine("base = \"trn2\"\nwithout = [\"chip.links.z\"]\n"
                          "default_instance = \"x\"\n[instances.x]\n",
                          "mine.toml")
                .chip.links.size(),
            1U);
  expect_refused(variant("without = [\"chip.link\"]"), Code::E004, 2, "chip.link");
}

TEST(Load, AnOwnInstanceReplacesTheBasesWhole) {
  const Machine m = parse_machine(
      "base = \"trn2\"\ndefault_instance = \"rack\"\n[instances.rack]\n"
      "chips = { value = 8, source = \"SYS\" }\ntopology = \"torus-4x2\"\n",
      "mine.toml");
  EXPECT_EQ(m.instance.name, "rack");
  EXPECT_EQ(m.instance.chips, 8);
  EXPECT_EQ(m.instance.vcpus, 0) << "inherited from trn2.48xlarge";
}

TEST(Set, ChangesAValueAndSaysSo) {
  const Machine m = load_machine("trainium2", {"core.tensor.clock_ghz=3.0", "chip.cores=4"});
  EXPECT_EQ(m.name, "trn2 (with core.tensor.clock_ghz=3.0, chip.cores=4)");
  EXPECT_EQ(m.core.tensor.clock_ghz, 3.0);
  EXPECT_EQ(m.chip.cores, 4);
  EXPECT_EQ(m.provenance.at("chip.cores").source, "--set");
  EXPECT_EQ(m.provenance.at("chip.cores").evidence, Evidence::chosen);
}

TEST(Set, TakesEveryTypeOfValue) {
  const Machine m =
      load_machine("trn2", {"core.memory.sbuf_partition_bytes=256 KiB", "core.placement=first-fit",
                            "chip.links.xy.gb_s=100", "instance.links=xy,z",
                            "core.runs_kernels=false", "core.dma.tail_ns=1e2"});
  EXPECT_EQ(m.core.memory.sbuf_partition_bytes, 256 * 1024);
  EXPECT_EQ(m.core.placement, "first-fit");
  EXPECT_EQ(m.chip.links[0].gb_s, 100);
  EXPECT_EQ(m.instance.links, (std::vector<std::string>{"xy", "z"}));
  EXPECT_FALSE(m.core.runs_kernels);
  EXPECT_EQ(m.core.dma.tail_ns, 100);
}

TEST(Set, RefusesWhatIsNotAKeyOrValue) {
  expect_set_refused("core.tensor.clock_ghz", Code::E001, "key=value");
  expect_set_refused("=3", Code::E001, "key=value");
  expect_set_refused("core.tensor.clok_ghz=3", Code::E004, "did you mean clock_ghz?");
  expect_set_refused("core.tensor.clock_mhz=3000", Code::E004, "the number times 0.001");
  expect_set_refused("chip.links.w.gb_s=1", Code::E004, "unknown key");
  expect_set_refused("core.tensor.rows=2.5", Code::E004, "whole number");
  expect_set_refused("core.tensor.rows=", Code::E004, "found nothing");
  expect_set_refused("core.memory.sbuf_partition_bytes=256 KB", Code::E004, "256 KB");
  expect_set_refused("core.runs_kernels=maybe", Code::E004, "true or false");
  for (const char* value : {"-1", "0", "nan", "inf", "-inf", "1e400", "1e300", "3GHz", "0x10"}) {
    expect_set_refused(std::string("core.tensor.clock_ghz=") + value, Code::E004, "above 0");
  }
}

TEST(Find, UnknownNamesAreRefusedWithASuggestion) {
  const auto error = refusal_of([] { load_machine("trn2.48xlarg"); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), Code::E002);
  EXPECT_NE(error->advice().find("trn2.48xlarge"), std::string::npos);
  EXPECT_EQ(refusal_of([] { load_machine("no/such.toml"); })->code(), Code::E002);
  EXPECT_EQ(refusal_of([] { load_machine(""); })->code(), Code::E002);
  EXPECT_EQ(refusal_of([] { load_machine("sources"); })->code(), Code::E002);
}

TEST(Find, AFolderOfOnesOwn) {
  const Folder folder;
  const auto file = folder.write(
      "tiny.toml",
      "aliases = [\"small\"]\n" +
          std::string(
              "[core]\nname = \"C\"\nversion = { value = 1, source = \"S\" }\nruns_kernels = "
              "false\n"
              "[core.tensor]\nclock_ghz = { value = 1, source = \"S\" }\n"
              "[chip]\nname = \"T\"\ncores = { value = 1, source = \"S\" }\n"
              "hbm_gb = { value = 1, source = \"S\" }\nhbm_tb_s = { value = 1, source = \"S\" }\n"
              "peak_bf16_tflops = { value = 1, source = \"S\" }\n[sources]\nS = \"a sheet\"\n"));
  setenv("TRAINYARD_MACHINES", fs::path(file).parent_path().c_str(), 1);
  EXPECT_EQ(machine_names(), std::vector<std::string>{"tiny"});
  EXPECT_EQ(load_machine("small").name, "tiny");
  folder.write("broken.toml", "core = [");
  EXPECT_EQ(load_machine("small").name, "tiny") << "a broken file must not hide the others";
  EXPECT_EQ(refusal_of([] { load_machine("nothing"); })->code(), Code::E003);
  unsetenv("TRAINYARD_MACHINES");
}

TEST(Find, AFileThatCannotBeReadIsRefused) {
  EXPECT_EQ(refusal_of([] { load_layer("/nowhere/at/all.toml"); })->code(), Code::E006);
}

TEST(Load, ACircleOfBasesIsRefused) {
  const Folder folder;
  folder.write("one.toml", "\nbase = \"two\"\n");
  folder.write("two.toml", "base = \"three\"\n");
  const auto file = folder.write("three.toml", "base = \"one\"\n");
  const auto error = refusal_of([&] { load_machine(file); });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), Code::E004);
  EXPECT_NE(error->message().find("comes back to itself"), std::string::npos);
  EXPECT_EQ(error->place().line, 1);
  EXPECT_NE(error->place().file.find("two.toml"), std::string::npos);
}

}  // namespace
}  // namespace trainyard::machine
