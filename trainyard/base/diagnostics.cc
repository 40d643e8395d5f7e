// Rendering of refusals. The text is kept up to date by every setter, so that what() cannot fail
// and can be called from anywhere.
#include "trainyard/base/diagnostics.h"

#include <algorithm>
#include <cctype>
#include <utility>

#include <fmt/format.h>

namespace trainyard::base {

const std::vector<DiagnosticRule>& all_rules() {
  static const std::vector<DiagnosticRule> rules = {
#define DIAGNOSTIC(code, name, summary, advice) {#code, name, summary, advice},
#include "trainyard/base/diagnostics.list"
#undef DIAGNOSTIC
  };
  return rules;
}

const DiagnosticRule& rule(Code code) { return all_rules()[static_cast<size_t>(code)]; }

std::string_view kind_word(Code code) {
  if (code == Code::E009) return "stopped";  // as it was asked to
  switch (rule(code).code.front()) {
    case 'E': return "error";
    case 'U': return "unsupported";
    case 'K': return "not-public";
    default: return "bug";
  }
}

Error::Error(Code code, std::string message)
    : code_(code), message_(std::move(message)), advice_(rule(code).advice) {
  render();
}

Error& Error::limit(std::string found, std::string allowed, std::string whose) {
  found_ = std::move(found);
  allowed_ = std::move(allowed);
  whose_ = std::move(whose);
  render();
  return *this;
}

Error& Error::at(Place place) {
  if (place_.file.empty()) {
    place_ = std::move(place);
    render();
  }
  return *this;
}

Error& Error::note(std::string line) {
  notes_.push_back(std::move(line));
  render();
  return *this;
}

Error& Error::fix(std::string what) {
  advice_ = std::move(what);
  render();
  return *this;
}

const char* Error::what() const noexcept { return text_.c_str(); }

void Error::render() {
  text_ =
      fmt::format("{} {} {}: {}", kind_word(code_), rule(code_).code, rule(code_).name, message_);
  if (!place_.file.empty()) {
    text_ += fmt::format("\n  at {}:{}", place_.file, place_.line);
    if (!place_.function.empty()) text_ += fmt::format(" in {}", place_.function);
  }
  if (!found_.empty()) {
    text_ += fmt::format("\n  found {}, allowed {}", found_, allowed_);
    if (!whose_.empty()) text_ += fmt::format(" ({})", whose_);
  }
  for (const std::string& line : notes_) text_ += "\n  - " + line;
  if (!advice_.empty()) text_ += "\n  fix: " + advice_;
}

namespace {

std::string lower(std::string_view word) {
  std::string result(word);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`.
size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> before(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  // One slip in every three letters; a word of one or two letters is too short to guess from.
  const std::string wanted = lower(word);
  size_t nearest = wanted.size() / 3 + 1;
  std::string best;
  for (const std::string& candidate : candidates) {
    const size_t distance = edit_distance(wanted, lower(candidate));
    if (distance < nearest) {
      nearest = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace trainyard::base
