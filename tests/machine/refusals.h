// What the machine tests share: texts of machine files and the refusal that each provokes.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "trainyard/base/diagnostics.h"
#include "trainyard/machine/machine.h"

namespace trainyard::machine {

inline std::optional<base::Error> refusal_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const base::Error& error) { return error; }
  return {};
}

/// `text` as mine.toml must be refused with `code`, at `line`, with a message that has `word`.
inline void expect_refused(const std::string& text, base::Code code, int line,
                           const std::string& word) {
  const auto error = refusal_of([&] { parse_machine(text, "mine.toml"); });
  ASSERT_TRUE(error) << "accepted:\n" << text;
  EXPECT_EQ(error->code(), code) << error->what();
  EXPECT_EQ(error->place().line, line) << error->what();
  EXPECT_EQ(error->place().file, "mine.toml") << error->what();
  EXPECT_NE(std::string(error->what()).find(word), std::string::npos) << error->what();
  EXPECT_FALSE(error->advice().empty());
}

/// The same for an override of trn2.
inline void expect_set_refused(const std::string& set, base::Code code, const std::string& word) {
  const auto error = refusal_of([&] { load_machine("trn2", {set}); });
  ASSERT_TRUE(error) << "accepted: " << set;
  EXPECT_EQ(error->code(), code) << error->what();
  EXPECT_NE(std::string(error->what()).find(word), std::string::npos) << error->what();
}

/// A variant of trn2 with one more line, on line 2.
inline std::string variant(const std::string& line) { return "base = \"trn2\"\n" + line + "\n"; }

}  // namespace trainyard::machine
