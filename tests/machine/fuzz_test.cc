// Damaged machine files: whatever the damage, the file loads or is refused, and a file that loads
// still obeys its limits. The same damage every time.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "tests/machine/refusals.h"
#include "trainyard/machine/keys.h"

namespace trainyard::machine {
namespace {

std::string text_of(const std::string& machine) {
  std::ifstream in(machines_folder() + "/" + machine + ".toml");
  return std::string(std::istreambuf_iterator<char>(in), {});
}

class Damage {
 public:
  explicit Damage(unsigned seed) : random_(seed) {}

  std::string apply(std::string text) {
    for (size_t times = below(3) < 2 ? 1 : 3; times > 0 && !text.empty(); --times) {
      switch (below(9)) {
        case 0: text[below(text.size())] = static_cast<char>(below(256)); break;
        case 1: text.resize(below(text.size())); break;
        case 2: text.erase(below(text.size()), 1 + below(20)); break;
        case 3: text.insert(below(text.size()), token()); break;
        case 4: swap_lines(text); break;
        case 5: {
          const size_t from = below(text.size()), length = below(80);
          text.insert(below(text.size()), text.substr(from, length));
          break;
        }
        default:  // numbers, so that much of the damage gets past the parser
          change_digit(text);
      }
    }
    return text;
  }

 private:
  size_t below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }

  std::string token() {
    static const std::vector<std::string> tokens{"[",
                                                 "]",
                                                 "{",
                                                 "}",
                                                 "\"",
                                                 "\"\"\"",
                                                 "=",
                                                 "#",
                                                 "\n",
                                                 "-",
                                                 "nan",
                                                 "inf",
                                                 "1e999",
                                                 "0x7fffffffffffffff",
                                                 ".",
                                                 ",",
                                                 "\\u0000",
                                                 "[[",
                                                 "true",
                                                 "0",
                                                 "base",
                                                 "value = 3",
                                                 "range = [1, 2]",
                                                 "\xff\xfe",
                                                 "1979-05-27",
                                                 "'",
                                                 "instances.x.chips"};
    return tokens[below(tokens.size())];
  }

  void change_digit(std::string& text) {
    const size_t at = text.find_first_of("0123456789", below(text.size()));
    if (at != text.npos) text[at] = "0123456789-.e"[below(13)];
  }

  void swap_lines(std::string& text) {
    const auto line_at = [&](size_t at) {
      const size_t start = text.rfind('\n', at) + 1;
      return std::pair(start, std::min(text.find('\n', at), text.size()));
    };
    auto a = line_at(below(text.size())), b = line_at(below(text.size()));
    if (a.first > b.first) std::swap(a, b);
    if (a.second <= a.first || b.second <= b.first || a.second >= b.first) return;
    const auto first = text.substr(a.first, a.second - a.first);
    const auto second = text.substr(b.first, b.second - b.first);
    text.replace(b.first, second.size(), first).replace(a.first, first.size(), second);
  }

  std::mt19937 random_;
};

TEST(Fuzz, DamagedFilesLoadOrAreRefused) {
  const std::vector<std::string> texts{text_of("trn1"), text_of("trn2"), text_of("inf2"),
                                       text_of("trn3"), text_of("inf1")};
  constexpr int kCases = 3000;
  int loaded = 0;
  for (int i = 0; i < kCases; ++i) {
    const std::string text = Damage(i).apply(texts[i % texts.size()]);
    try {
      const Machine machine = parse_machine(text, "damaged.toml");
      ++loaded;
      for (const Row& row : rows_of(machine)) {
        ASSERT_TRUE(obeys(row.key->rule, row.value)) << row.path << " in case " << i;
        ASSERT_TRUE(!number_of(row.value) || !machine.provenance.at(row.path).source.empty());
      }
    } catch (const base::Error& error) {
      ASSERT_NE(base::kind_word(error.code()), "bug") << "case " << i << ": " << error.what();
      ASSERT_LT(std::string(error.what()).size(), 2000U) << "case " << i;
    }
  }
  EXPECT_GT(loaded, kCases / 20) << "the damage leaves too little to test";
  EXPECT_LT(loaded, kCases) << "no damage was noticed";
}

TEST(Fuzz, OverridesApplyOrAreRefused) {
  const std::string alphabet = "abcdefgh_.=0123456789-+eEinfnaKMGB \"\n";
  std::mt19937 random(7);
  for (int i = 0; i < 800; ++i) {
    std::string set = all_keys()[random() % all_keys().size()].path.data();
    set += "=";
    for (size_t n = random() % 8; n > 0; --n) set += alphabet[random() % alphabet.size()];
    if (i % 3 == 0) set[random() % set.size()] = alphabet[random() % alphabet.size()];
    try {
      load_machine("trn2", {set});
    } catch (const base::Error&) {}
  }
}

}  // namespace
}  // namespace trainyard::machine
