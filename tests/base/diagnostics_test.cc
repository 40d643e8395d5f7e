// What a refusal looks like, and that the list of rules is well formed.
#include "trainyard/base/diagnostics.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace trainyard::base {
namespace {

TEST(Error, SaysWhereWhatWhoseAndWhatToDo) {
  Error error(Code::E104, "nc_matmul: moving has 513 columns");
  error.limit("513", "512", "trn2: core.tensor.moving_free_max").at({"kernel.py", 42, "my_kernel"});
  EXPECT_STREQ(error.what(),
               "error E104 free-size: nc_matmul: moving has 513 columns\n"
               "  at kernel.py:42 in my_kernel\n"
               "  found 513, allowed 512 (trn2: core.tensor.moving_free_max)\n"
               "  fix: Split the tile along its free dimension.");
}

TEST(Error, NotesStandBeforeTheFix) {
  const std::string text = Error(Code::E201, "no room").note("a: 1 KiB").note("b: 2 KiB").what();
  EXPECT_EQ(text,
            "error E201 sbuf-overflow: no room\n  - a: 1 KiB\n  - b: 2 KiB\n"
            "  fix: Use smaller tiles or fewer live ones.");
}

TEST(Error, InnermostPlaceWins) {
  Error error(Code::U001, "no");
  error.at({"inner.py", 1, ""}).at({"outer.py", 2, "f"});
  EXPECT_EQ(error.place().file, "inner.py");
  EXPECT_NE(std::string(error.what()).find("\n  at inner.py:1\n"), std::string::npos);
}

TEST(Error, FixReplacesTheAdvice) {
  EXPECT_STREQ(Error(Code::K001, "m").fix("wait").what(),
               "not-public K001 not-public: m\n  fix: wait");
}

TEST(Rules, AreOrderedUniqueAndSpellOutWhatTheyDemand) {
  std::set<std::string_view> names;
  const std::string kinds = "EUKB";
  std::string last;
  for (const DiagnosticRule& rule : all_rules()) {
    const std::string key = std::to_string(kinds.find(rule.code[0])) + std::string(rule.code);
    EXPECT_LT(last, key);
    last = key;
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_EQ(rule.summary.back(), '.') << rule.code;
    EXPECT_EQ(rule.advice.back(), '.') << rule.code;
  }
  EXPECT_EQ(rule(Code::E104).code, "E104");
  EXPECT_EQ(kind_word(Code::B001), "bug");
}

TEST(DidYouMean, FindsSlipsAndNothingElse) {
  const std::vector<std::string> names = {"nc_matmul", "nc_transpose", "tensor_copy", "iota"};
  EXPECT_EQ(did_you_mean("nc_matmull", names), "nc_matmul");
  EXPECT_EQ(did_you_mean("cn_matmul", names), "nc_matmul");  // neighbours swapped
  EXPECT_EQ(did_you_mean("Tensor_Copy", names), "tensor_copy");
  EXPECT_EQ(did_you_mean("iote", names), "iota");
  EXPECT_EQ(did_you_mean("softmax", names), "");
  EXPECT_EQ(did_you_mean("x", names), "");
  EXPECT_EQ(did_you_mean("", names), "");
}

TEST(DidYouMean, PrefersTheNearest) {
  EXPECT_EQ(did_you_mean("float8_e4m3f", {"float8_e5m2", "float8_e4m3fn", "float8_e4m3"}),
            "float8_e4m3fn");
}

}  // namespace
}  // namespace trainyard::base
