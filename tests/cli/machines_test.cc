// `trainyard machines`: tables, data sheets, JSON.
#include <nlohmann/json.hpp>

#include "tests/cli/run_command.h"
#include "trainyard/cli/terminal.h"
#include "trainyard/machine/keys.h"

namespace trainyard::cli {
namespace {

using machine::load_machine;
using nlohmann::json;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(List, HasARowForEveryMachine) {
  const std::string text = run_command({"machines"}).out;
  for (const std::string& name : machine::machine_names()) {
    EXPECT_TRUE(has(text, "\n" + name + " ")) << name;
    for (const std::string& alias : load_machine(name).aliases) EXPECT_TRUE(has(text, alias));
  }
  EXPECT_TRUE(has(text, "78.6"));
}

TEST(List, AsJson) {
  const json list = json::parse(run_command({"machines", "--json"}).out);
  ASSERT_EQ(list.size(), machine::machine_names().size());
  const json& trn2 = list[3];
  EXPECT_EQ(trn2["name"], "trn2");
  EXPECT_EQ(trn2["sbuf_bytes"], 28 * 1024 * 1024);
  EXPECT_NEAR(trn2["core_bf16_tflops"].get<double>(), 78.64, 0.01);
  EXPECT_FALSE(list[0]["runs_kernels"]);
}

TEST(List, OfNamesIsWhatTheLoaderTakes) {
  std::istringstream names(run_command({"machines", "--names"}).out);
  int count = 0;
  for (std::string name; std::getline(names, name); ++count) EXPECT_NO_THROW(load_machine(name));
  EXPECT_GT(count, 30);
}

TEST(Sheet, ShowsEveryKeyWithItsSource) {
  const auto machine = load_machine("trn2");
  const std::string text = run_command({"machines", "trn2"}).out;
  for (const machine::Row& row : rows_of(machine)) {
    const auto& from = machine.provenance.at(row.path);
    EXPECT_TRUE(has(text, row.path.substr(row.path.rfind('.') + 1))) << row.path;
    EXPECT_TRUE(has(text, from.source)) << row.path;
    EXPECT_TRUE(has(text, from.conflict)) << row.path;
    EXPECT_TRUE(has(text, from.note)) << row.path;
  }
  EXPECT_TRUE(has(text, "! window_threshold"));
  EXPECT_TRUE(has(text, "28 MiB") || has(text, "224 KiB"));
  EXPECT_TRUE(has(text, "ten neuron-profile captures"));
  EXPECT_FALSE(has(text, "NKIBench")) << "a source that trn2 does not cite";
}

TEST(Sheet, SaysWhatWasChosen) {
  const Printed printed = run_command({"machines", "trn2", "--set", "core.tensor.clock_ghz=3.0",
                                       "--set", "core.tensor.latency_cycles=400"});
  EXPECT_EQ(printed.status, 0) << printed.err;
  EXPECT_TRUE(has(printed.out, "trn2 (with core.tensor.clock_ghz=3.0, "));
  EXPECT_TRUE(has(printed.out, "3 GHz"));
  EXPECT_TRUE(has(printed.out, "chosen"));
}

TEST(Sheet, OfAPlanningMachineSaysSo) {
  EXPECT_TRUE(has(run_command({"machines", "inf1"}).out, "planning only"));
}

TEST(Sheet, AsJsonHoldsEveryValue) {
  for (const std::string& name : machine::machine_names()) {
    const auto machine = load_machine(name);
    const json sheet = json::parse(run_command({"machines", name.c_str(), "--json"}).out);
    ASSERT_EQ(sheet["values"].size(), rows_of(machine).size());
    for (const machine::Row& row : rows_of(machine)) {
      const json& value = sheet["values"][row.path]["value"];
      const auto number = machine::number_of(row.value);
      if (number) { EXPECT_EQ(value.get<double>(), *number) << row.path; }
      const auto& from = machine.provenance.at(row.path);
      if (!from.low) continue;
      EXPECT_EQ(sheet["values"][row.path]["range"][0].get<double>(), *from.low) << row.path;
    }
    EXPECT_FALSE(sheet["sources"].empty());
  }
}

}  // namespace
}  // namespace trainyard::cli
