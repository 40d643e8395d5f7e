// The text form under random programs and random damage: it comes back as it was, or is refused.

#include <gtest/gtest.h>

#include "tests/program/text_programs.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/program/text.h"

namespace trainyard::program {
namespace {

void expect_same(const isa::Tensor& a, const isa::Tensor& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.dtype, b.dtype);
  EXPECT_EQ(a.buffer, b.buffer);
  EXPECT_EQ(a.shape, b.shape);
  EXPECT_EQ(a.has_address(), b.has_address());
  EXPECT_EQ(a.address_bytes, b.address_bytes);
  EXPECT_EQ(a.input, b.input);
}

// Equal up to the numbering of shared tables.
void expect_same(const Program& a, const Program& b) {
  EXPECT_EQ(a.name, b.name);
  EXPECT_EQ(a.core(), b.core());
  EXPECT_EQ(a.register_count(), b.register_count());
  EXPECT_EQ(a.inputs, b.inputs);
  EXPECT_EQ(a.outputs, b.outputs);
  ASSERT_EQ(a.tensor_count(), b.tensor_count());
  for (TensorId id = 0; id < a.tensor_count(); ++id) expect_same(a.tensor(id), b.tensor(id));
  ASSERT_EQ(a.size(), b.size());
  for (InstructionId i = 0; i < a.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(a.instruction(i).opcode, b.instruction(i).opcode);
    EXPECT_EQ(a.instruction(i).engine, b.instruction(i).engine);
    EXPECT_EQ(a.instruction(i).dynamic, b.instruction(i).dynamic);
    EXPECT_EQ(a.label(i), b.label(i));
    ASSERT_EQ(a.operands(i).size(), b.operands(i).size());
    for (size_t o = 0; o < a.operands(i).size(); ++o) {
      EXPECT_EQ(a.operands(i)[o].tensor, b.operands(i)[o].tensor);
      EXPECT_EQ(a.operands(i)[o].offset, b.operands(i)[o].offset);
      const isa::Layout &x = a.layout(a.operands(i)[o].layout),
                        &y = b.layout(b.operands(i)[o].layout);
      EXPECT_TRUE(x == y) << print_access(a, a.operands(i), static_cast<int>(o));
    }
    for (size_t v = 0; v < a.values(i).size(); ++v) {
      const Value &x = a.values(i)[v], &y = b.values(i)[v];
      ASSERT_EQ(x.kind, y.kind);
      const auto id = [](const Value& value) { return static_cast<uint32_t>(value.bits); };
      if (x.kind == Value::Kind::text) EXPECT_EQ(a.text(id(x)), b.text(id(y)));
      else if (x.kind == Value::Kind::list)
        EXPECT_TRUE(std::ranges::equal(a.list(id(x)), b.list(id(y))));
      else EXPECT_EQ(x.bits, y.bits);
    }
  }
}

TEST(TextFuzz, ProgramsComeBack) {
  size_t instructions = 0;
  for (int seed = 0; seed < 200; ++seed) {
    const Program p = RandomProgram(seed).make(20);
    const std::string text = print_program(p);
    SCOPED_TRACE(text);
    const Program again = parse_program(text, "program.txt", machine());
    expect_same(p, again);
    ASSERT_EQ(print_program(again), text);
    instructions += p.size();
  }
  EXPECT_GT(instructions, 1000U) << "most random calls are refused";
}

// Some bytes replaced, removed, repeated or swapped with another place's.
std::string damaged(std::string text, std::mt19937& random) {
  static const std::string alphabet = "t0r1 %:=[]{}(),@;\"\\x-.p+nNoeabcdf\n9";
  static const std::vector<std::string> words = {"None",
                                                 "-1",
                                                 "9223372036854775807",
                                                 "18446744073709551616",
                                                 "nan",
                                                 "-inf",
                                                 "t0",
                                                 "r0",
                                                 "[[1, 1]]",
                                                 "{scalar=r0 scale=1 limit=1 dim=0}",
                                                 "0x1p+1023",
                                                 "vector",
                                                 "True",
                                                 "float8_e4m3",
                                                 ":bfloat16",
                                                 "@4",
                                                 "sbuf",
                                                 "registers 9",
                                                 "\"",
                                                 "[]"};
  for (unsigned edits = 1 + random() % 4; edits > 0; --edits) {
    const size_t at = random() % text.size();
    const size_t n = std::min<size_t>(random() % 12, text.size() - at);
    switch (random() % 6) {
      case 0: text[at] = alphabet[random() % alphabet.size()]; break;
      case 1: text.erase(at, n); break;
      case 2: text.insert(at, text.substr(random() % text.size(), n)); break;
      case 3: text.insert(at, words[random() % words.size()]); break;
      case 4: {  // a number becomes another
        const size_t digit = text.find_first_of("0123456789", at);
        if (digit != std::string::npos) text[digit] = static_cast<char>('0' + random() % 10);
        break;
      }
      default: {  // a line goes elsewhere
        const size_t begin = text.rfind('\n', at) + 1, end = text.find('\n', at);
        if (end == std::string::npos) break;
        const std::string line = text.substr(begin, end + 1 - begin);
        text.erase(begin, line.size());
        const size_t to = text.find('\n', random() % (text.size() + 1));
        text.insert(to == std::string::npos ? text.size() : to + 1, line);
      }
    }
    if (text.empty()) text = "\n";
  }
  return text;
}

TEST(TextFuzz, DamagedTextParsesOrIsRefused) {
  std::mt19937 random(1);
  std::vector<std::string> texts = {kEverything};
  for (int seed = 0; seed < 8; ++seed) texts.push_back(print_program(RandomProgram(seed).make(8)));
  constexpr int kCases = 20000;
  int parsed = 0;
  for (int i = 0; i < kCases; ++i) {
    const std::string text = damaged(texts[i % texts.size()], random);
    try {
      const Program p = parse_program(text, "damaged.txt", machine());
      const std::string printed = print_program(p);
      const Program again = parse_program(printed, "again.txt", machine());
      ASSERT_EQ(print_program(again), printed) << text;
      ++parsed;
    } catch (const base::Error& e) {
      const std::string code(base::rule(e.code()).code);
      ASSERT_TRUE(code == "E301" || code.starts_with("E1") || code.starts_with("E2"))
          << e.what() << "\n"
          << text;
      ASSERT_GT(e.place().line, 0) << e.what();
      ASSERT_LT(std::string(e.what()).size(), 3000U);
    }
  }
  EXPECT_GT(parsed, kCases / 50) << "the damage leaves too little to test";
  EXPECT_LT(parsed, kCases / 2) << "little damage was noticed";
}

}  // namespace
}  // namespace trainyard::program
