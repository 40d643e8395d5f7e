// The pages of instructions, operators and diagnostics.

#include <nlohmann/json.hpp>

#include "tests/cli/run_command.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/cli/terminal.h"
#include "trainyard/isa/instruction.h"

namespace trainyard::cli {
namespace {

using Json = nlohmann::json;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Explain, AnInstructionWithTheConstantsOfAMachine) {
  const Printed page = run_command({"explain", "nc_matmul"});
  ASSERT_EQ(page.status, 0) << page.err;
  for (const char* part :
       {"nc_matmul: Multiply", "nc_matmul(dst, stationary, moving", "stationary  ",
        "Cost: ", "engines      tensor", "NeuronCore-v2 and later", "trainyard/isa/nc_matmul.cc",
        "constant of trn2", "core.tensor.fp32_passes", "measured"}) {
    EXPECT_TRUE(has(page.out, part)) << part;
  }
  EXPECT_FALSE(has(page.out, "core.vector."));
  const Printed other = run_command({"explain", "nc_matmul", "--machine", "trainium1"});
  EXPECT_TRUE(has(other.out, "constant of trn1"));
  const Printed faster =
      run_command({"explain", "nc_matmul", "--set", "core.tensor.clock_ghz=3.5"});
  EXPECT_TRUE(has(faster.out, "3.5 GHz"));
}

TEST(Explain, EveryInstructionHasAPageInBothForms) {
  for (const isa::Spec* spec : isa::instructions()) {
    const std::string name(spec->name);
    const Printed text = run_command({"explain", name.c_str()});
    EXPECT_EQ(text.status, 0) << name;
    EXPECT_TRUE(has(text.out, std::string(spec->summary))) << name;
    const Json page = Json::parse(run_command({"explain", name.c_str(), "--json"}).out).at(0);
    EXPECT_EQ(page["name"], name);
    EXPECT_EQ(page["params"].size(), spec->params.size()) << name;
    EXPECT_FALSE(page["cost"].get<std::string>().empty()) << name << " says no cost";
    EXPECT_FALSE(page["sources"].get<std::string>().empty()) << name << " names no source";
    EXPECT_FALSE(page["constants"].empty()) << name;
  }
}

TEST(Explain, ADiagnosticByCodeOrName) {
  for (const char* name : {"E104", "e104", "free-size"}) {
    const Printed page = run_command({"explain", name});
    EXPECT_EQ(page.status, 0);
    EXPECT_TRUE(has(page.out, "E104 free-size\n")) << page.out;
    EXPECT_TRUE(has(page.out, std::string(base::rule(base::Code::E104).advice)));
  }
}

TEST(Explain, AnOperator) {
  const Printed page = run_command({"explain", "gelu"});
  EXPECT_EQ(page.status, 0);
  for (const char* part : {"nl.gelu", "function", "NeuronCore-v2", "approximate"})
    EXPECT_TRUE(has(page.out, part)) << part;
}

TEST(Explain, ANameOfTwoThingsHasTwoPages) {
  const Json pages = Json::parse(run_command({"explain", "reciprocal", "--json"}).out);
  ASSERT_EQ(pages.size(), 2u);
  EXPECT_EQ(pages[0]["kind"], "instruction");
  EXPECT_EQ(pages[1]["kind"], "operator");
}

TEST(Explain, ListsEverything) {
  const Printed list = run_command({"explain", "--list"});
  EXPECT_EQ(list.status, 0);
  for (const isa::Spec* spec : isa::instructions())
    EXPECT_TRUE(has(list.out, "\n" + std::string(spec->name) + " "));
  for (const base::DiagnosticRule& rule : base::all_rules())
    EXPECT_TRUE(has(list.out, "\n" + std::string(rule.code) + " "));
  const Json pages = Json::parse(run_command({"explain", "--list", "--json"}).out);
  EXPECT_GT(pages.size(), isa::instructions().size() + base::all_rules().size());
}

TEST(Explain, UnknownNamesAreRefused) {
  const std::pair<const char*, const char*> slips[] = {{"nc_matmull", "did you mean nc_matmul?"},
                                                       {"E1044", "did you mean E104?"},
                                                       {"gellu", "did you mean gelu?"},
                                                       {"zzzzzz", "trainyard explain --list"}};
  for (const auto& [name, part] : slips) {
    const Printed printed = run_command({"explain", name});
    EXPECT_EQ(printed.status, 2);
    EXPECT_EQ(printed.out, "");
    EXPECT_TRUE(has(printed.err, part)) << printed.err;
  }
  EXPECT_EQ(run_command({"explain"}).status, 2);
}

}  // namespace
}  // namespace trainyard::cli
