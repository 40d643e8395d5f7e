// Rules that are relaxed, and what compilers refuse since a version.
#include "trainyard/base/strictness.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace trainyard::base {
namespace {

struct Told {
  Strictness strictness;
  std::vector<std::string> texts;
  Told() {
    strictness.tell = [this](const std::string& text, const Place&) { texts.push_back(text); };
  }
};

TEST(Strictness, RefusesUnlessRelaxed) {
  Told told;
  EXPECT_THROW(told.strictness.refuse(Error(Code::E108, "a tile")), Error);
  told.strictness.relax("start-partition");
  told.strictness.refuse(Error(Code::E108, "a tile"));
  EXPECT_THROW(told.strictness.refuse(Error(Code::E112, "an engine")), Error);
  EXPECT_EQ(told.texts, std::vector<std::string>{"a tile (E108 start-partition, relaxed)"});
}

TEST(Strictness, TakesCodesAndNamesOfRulesThatCanBeRelaxed) {
  Strictness strictness;
  strictness.relax("E112");
  EXPECT_TRUE(strictness.relaxed(Code::E112));
  EXPECT_FALSE(strictness.relaxed(Code::E108));
  for (const char* name : {"index", "E120", "engin", ""})
    EXPECT_THROW(strictness.relax(name), Error) << name;
}

TEST(Strictness, RefusesSinceAVersion) {
  for (const int nki : {0, 2, 3, 7}) {
    Told told;
    told.strictness.nki = nki;
    const Error error(Code::E106, "a mix");
    if (nki >= 3) EXPECT_THROW(told.strictness.refuse_since(3, error), Error);
    else told.strictness.refuse_since(3, error);
    EXPECT_EQ(told.texts.size(), nki == 0 ? 1U : 0U);
    EXPECT_EQ(told.strictness.before(3), nki == 2);
  }
}

}  // namespace
}  // namespace trainyard::base
