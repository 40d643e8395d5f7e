// What Trainyard says when it refuses: a code, a place, what was found against what is allowed,
// whose limit that is, and what to do.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::base {

/// One line of diagnostics.list.
struct DiagnosticRule {
  std::string_view code;     ///< "E104"
  std::string_view name;     ///< "free-size"
  std::string_view summary;  ///< what the rule demands, one sentence
  std::string_view advice;   ///< what to do about it
};

/// Every code, named as in diagnostics.list: `Code::E104`. The letter is the kind: E invalid use,
/// U unsupported here, K not public, B our own bug.
enum class Code {
#define DIAGNOSTIC(code, name, summary, advice) code,
#include "trainyard/base/diagnostics.list"
#undef DIAGNOSTIC
};

const DiagnosticRule& rule(Code code);
const std::vector<DiagnosticRule>& all_rules();
/// The kind as the first word of a message: "error", "unsupported", "not-public" or "bug".
std::string_view kind_word(Code code);

/// A place in the user's own file.
struct Place {
  std::string file;
  int line = 0;
  std::string function;
};

/// A refusal. Built up where it is found, completed with a place by the layer that knows it:
///   throw Error(Code::E104, "nc_matmul: moving has 513 columns")
///       .limit("513", "512", "trn2: core.tensor.moving_free_max");
class Error : public std::exception {
 public:
  Error(Code code, std::string message);

  Error& limit(std::string found, std::string allowed, std::string whose);
  Error& at(Place place);         ///< the innermost place wins: later calls are ignored
  Error& note(std::string line);  ///< further lines, e.g. who holds the space
  Error& fix(std::string what);   ///< overrides the rule's advice

  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& found() const { return found_; }
  const std::string& allowed() const { return allowed_; }
  const std::string& whose() const { return whose_; }
  const std::string& advice() const { return advice_; }
  const Place& place() const { return place_; }
  const std::vector<std::string>& notes() const { return notes_; }

  /// The whole message, several lines, no trailing newline.
  const char* what() const noexcept override;

 private:
  void render();

  Code code_;
  std::string message_, found_, allowed_, whose_, advice_;
  Place place_;
  std::vector<std::string> notes_;
  std::string text_;
};

/// The candidate nearest to `word` if it is near enough to be a slip, else "".
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace trainyard::base
