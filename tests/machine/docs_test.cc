// docs/machines.md keeps its promises: its examples load, its table has every source.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>

#include "trainyard/machine/catalog.h"

namespace trainyard::machine {
namespace {

std::string page() {
  std::ifstream in(machines_folder() + "/../docs/machines.md");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::vector<std::string> toml_blocks() {
  const std::string text = page();
  const std::string start = "```toml\n", end = "```";
  std::vector<std::string> blocks;
  for (size_t at = text.find(start); at != text.npos; at = text.find(start, at)) {
    at += start.size();
    blocks.push_back(text.substr(at, text.find(end, at) - at));
  }
  return blocks;
}

TEST(Docs, ExampleOfAVariantLoads) {
  const auto blocks = toml_blocks();
  ASSERT_EQ(blocks.size(), 2U);
  const Machine machine = parse_machine(blocks[0], "mine.toml");
  EXPECT_EQ(machine.core.memory.sbuf_partition_bytes, 256 * 1024);
  EXPECT_EQ(machine.provenance.at("core.memory.sbuf_partition_bytes").evidence, Evidence::estimate);
}

TEST(Docs, ExampleOfRecordsIsThatOfTrainium2) {
  const Machine trn2 = load_machine("trn2");
  const std::string block = toml_blocks().at(1);
  std::vector<std::string> lines;
  for (size_t at = 0; at < block.size(); at = block.find('\n', at) + 1) {
    lines.push_back(block.substr(at, block.find('\n', at) - at));
  }
  ASSERT_EQ(lines.size(), 3U);
  const Machine shown = parse_machine("base = \"trn2\"\ncore.tensor." + lines[0] +
                                          "\ncore.tensor." + lines[1] + "\nchip." + lines[2] + "\n",
                                      "mine.toml");
  for (const char* key :
       {"core.tensor.latency_cycles", "core.tensor.issue_min_cycles", "chip.hbm_tb_s"}) {
    const Provenance &ours = shown.provenance.at(key), &theirs = trn2.provenance.at(key);
    EXPECT_EQ(ours.evidence, theirs.evidence) << key;
    EXPECT_EQ(ours.source, theirs.source) << key;
    EXPECT_EQ(ours.conflict, theirs.conflict) << key;
    EXPECT_EQ(ours.low, theirs.low) << key;
  }
  EXPECT_EQ(shown.core.tensor.latency_cycles, trn2.core.tensor.latency_cycles);
}

TEST(Docs, EverySourceIsInTheTable) {
  const std::string text = page();
  for (const auto& [name, source] : shared_sources()) {
    EXPECT_NE(text.find("| " + name + " | " + source.title), std::string::npos) << name;
  }
}

TEST(Docs, EverySourceIsCited) {
  std::string cited;
  for (const std::string& name : known_names()) {
    for (const auto& [key, from] : load_machine(name).provenance) {
      cited += " " + from.source + ", " + from.conflict + " ";
    }
  }
  for (const auto& [name, source] : shared_sources()) {
    EXPECT_TRUE(std::regex_search(cited, std::regex("\\b" + name + "\\b"))) << name;
  }
}

}  // namespace
}  // namespace trainyard::machine
