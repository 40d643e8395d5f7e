// Every way in which a machine file can be wrong, with the line that is named.
#include "tests/machine/refusals.h"

namespace trainyard::machine {
namespace {

using base::Code;

TEST(Refusal, MalformedToml) {
  expect_refused("base = \"trn2\"\n\nchip = [1,\n", Code::E003, 3, "bad-toml");
  expect_refused("a = 1\na = 2\n", Code::E003, 2, "bad-toml");
  expect_refused("base = \"trn2", Code::E003, 1, "bad-toml");
  // The parser takes for granted that these do not happen.
  expect_refused("base = \"trn2\"\n\n[\n\ncore]\n", Code::E003, 3, "bad-toml");
  expect_refused("base = \"trn2\"\n[= 1]\n", Code::E003, 2, "bad-toml");
}

TEST(Refusal, BrokenText) {
  expect_refused("base = \"trn2\"\n# \xff\n", Code::E003, 2, "not UTF-8");
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf5\x80\x80\x80", "\xf4\x90\x80\x80", "\xc3(", "\xe2\x82"}) {
    expect_refused(variant(std::string("title = \"") + bad + "\""), Code::E003, 2, "not UTF-8");
  }
  expect_refused(variant("é = 2"), Code::E003, 2, "bad-toml");
  expect_refused(variant("\"é~\" = 2"), Code::E004, 2, "unknown key é~");
}

TEST(Text, ComesThroughUnharmed) {
  EXPECT_EQ(parse_machine("\xEF\xBB\xBF"
                          "base = \"trn2\"\r\n",
                          "mine.toml")
                .name,
            "mine");
  const std::string title = "Trainium² – “fast” ~7E ~ \U0001F686";
  const Machine m = parse_machine(
      variant("title = \"" + title + "\"\naliases = ['é~']\n[core]\nname = \"~~é\"  # ü"),
      "mine.toml");
  EXPECT_EQ(m.title, title);
  EXPECT_EQ(m.aliases, std::vector<std::string>{"é~"});
  EXPECT_EQ(m.core.name, "~~é");
}

TEST(Refusal, UnknownKeys) {
  expect_refused(variant("titel = \"x\""), Code::E004, 2, "did you mean title?");
  expect_refused(variant("core.tensor.clok_ghz = { value = 1, source = \"A3\" }"), Code::E004, 2,
                 "did you mean clock_ghz?");
  expect_refused(variant("core.tensr.rows = { value = 1, source = \"A3\" }"), Code::E004, 2,
                 "core.tensr");
  expect_refused(variant("core.tensor.hbm_sharers = { value = 1, source = \"A3\" }"), Code::E004, 2,
                 "did you mean core.memory.hbm_sharers?");
  expect_refused(variant("core.tensor.rows = { value = 1, sorce = \"A3\" }"), Code::E004, 2,
                 "did you mean source?");
  expect_refused(variant("core.\"tensor.rows\" = { value = 1, source = \"A3\" }"), Code::E004, 2,
                 "unknown key");
  expect_refused(variant("chip.links.xy.speed = { value = 1, source = \"A3\" }"), Code::E004, 2,
                 "chip.links.xy.speed");
  expect_refused(variant("instances.a.chip = { value = 1, source = \"A3\" }"), Code::E004, 2,
                 "did you mean chips?");
}

TEST(Refusal, WrongUnits) {
  expect_refused(variant("core.tensor.clock_mhz = { value = 2400, source = \"A3\" }"), Code::E004,
                 2, "write clock_ghz, and the number times 0.001");
  expect_refused(variant("core.tensor.latency_ns = { value = 166, source = \"A3\" }"), Code::E004,
                 2, "in cycles instead of ns");
  expect_refused(variant("core.tensor.clock = { value = 2, source = \"A3\" }"), Code::E004, 2,
                 "the unit is part of the name");
  expect_refused(variant("core.tensor.rows_bytes = { value = 2, source = \"A3\" }"), Code::E004, 2,
                 "which has no unit");
  expect_refused(variant("chip.links.xy.tb_s = { value = 2, source = \"A3\" }"), Code::E004, 2,
                 "unknown key");
}

TEST(Refusal, WrongTypes) {
  expect_refused(variant("core.tensor.clock_ghz = { value = \"fast\", source = \"A3\" }"),
                 Code::E004, 2, "found \"fast\", allowed a number");
  expect_refused(variant("core.tensor.rows = { value = 2.5, source = \"A3\" }"), Code::E004, 2,
                 "found 2.5, allowed a whole number");
  expect_refused(variant("core.runs_kernels = 1"), Code::E004, 2, "true or false");
  expect_refused(variant("core.name = true"), Code::E004, 2, "a text");
  expect_refused(variant("core = 3"), Code::E004, 2, "a table");
  expect_refused(variant("core.tensor = 3"), Code::E004, 2, "a table");
  expect_refused(variant("aliases = \"x\""), Code::E004, 2, "a list of texts");
  expect_refused(variant("aliases = [1]"), Code::E004, 2, "a text");
  expect_refused(variant("instance.links = [1]"), Code::E004, 2, "a text");
  expect_refused(variant("instances = 2"), Code::E004, 2, "a table");
  expect_refused(variant("core.tensor.rows = 1979-05-27"), Code::E004, 2, "a date");
  expect_refused(variant("core.memory.hbm_bytes = { value = \"12 GB\", source = \"A3\" }"),
                 Code::E004, 2, "24 KiB");
  expect_refused(variant("core.tensor.rows = { value = 128, range = 3, source = \"A3\" }"),
                 Code::E004, 2, "[low, high]");
  expect_refused(variant("core.tensor.rows = { source = \"A3\" }"), Code::E004, 2, "no value");
  expect_refused(variant("core.tensor.rows = { value = 128, press = 128, source = \"A3\" }"),
                 Code::E004, 2, "two values");
  expect_refused(variant("sources.X = { title = \"t\", evidence = \"rumour\" }"), Code::E004, 2,
                 "rumour");
  expect_refused(variant("sources.X = { titel = \"t\" }"), Code::E004, 2, "did you mean title?");
}

TEST(Refusal, NumbersWithoutEvidence) {
  expect_refused(variant("core.tensor.clock_ghz = 3.0"), Code::E005, 2,
                 "clock_ghz = { value = 3, source = ");
  expect_refused(variant("core.tensor.clock_ghz = { value = 3.0 }"), Code::E005, 2, "no source");
  expect_refused(variant("core.tensor.clock_ghz = { value = 3.0, source = \"A33\" }"), Code::E005,
                 2, "A33");
  expect_refused(variant("core.tensor.clock_ghz = { value = 3.0, source = \"A3, TRACES\" }"),
                 Code::E005, 2, "did you mean TRACE?");
  expect_refused(variant("core.tensor.clock_ghz = { estimate = 3.0, source = \"A3\" }"), Code::E005,
                 2, "an estimate without a range");
  expect_refused(variant("sources.G = { title = \"a guess\", evidence = \"estimate\" }\n"
                         "chip.power_w = { value = 3.0, source = \"G\" }"),
                 Code::E005, 3, "an estimate without a range");
  expect_refused(variant("instances.a.chips = 3"), Code::E005, 2, "instances.\"a\".chips");
}

TEST(Refusal, MissingKeys) {
  expect_refused("[core]\nname = \"x\"\n", Code::E004, 1, "core.version is missing");
  expect_refused(variant("without = [\"core.tensor.rows\"]\n[core.tensor]"), Code::E004, 3,
                 "core.tensor.rows is missing");
  expect_refused(variant("[chip.links.q]\ncount = { value = 2, source = \"A3\" }"), Code::E004, 2,
                 "chip.links.q.gb_s is missing");
}

TEST(Refusal, BasesAndInstances) {
  expect_refused("base = \"trn9\"\n", Code::E002, 1, "trn9");
  expect_refused("\nbase = \"./none.toml\"\n", Code::E002, 2, "none.toml");
  expect_refused("base = 2\n", Code::E004, 1, "a text");
  expect_refused(variant("default_instance = \"x\"\ninstances.y.topology = \"ring\""), Code::E004,
                 2, "default_instance");
}

TEST(Refusal, TextIsShownAtMostInPart) {
  const auto error = refusal_of([] {
    parse_machine(variant("core.runs_kernels = \"" + std::string(500, 'x') + "\""), "mine.toml");
  });
  ASSERT_TRUE(error);
  EXPECT_LT(std::string(error->what()).size(), 300U);
}

}  // namespace
}  // namespace trainyard::machine
