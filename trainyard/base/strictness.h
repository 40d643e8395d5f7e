// How strictly a program is judged: by which version of NKI, and which of its rules are relaxed.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "trainyard/base/diagnostics.h"

namespace trainyard::base {

/// What happens where a rule is relaxed, one sentence of relaxed.list; "" if it cannot be.
std::string_view when_relaxed(Code code);
/// The code of a line of all_rules().
inline Code code_of(const DiagnosticRule& rule) {
  return static_cast<Code>(&rule - all_rules().data());
}

class Strictness {
 public:
  /// The rules of NKI 0.`nki` hold. 0: nobody chose a version; spellings of all are taken.
  int nki = 0;
  /// Takes remarks that are no errors; the place is empty where the front end knows it.
  std::function<void(std::string, const Place&)> tell;

  /// Relaxes a rule, given by name or code. E001 if there is none, or it cannot be relaxed.
  void relax(std::string_view name);
  bool relaxed(Code code) const { return relaxed_ >> static_cast<int>(code) & 1; }

  /// Throws the error; tells it if its rule is relaxed.
  void refuse(const Error& error) const;
  /// What compilers refuse since NKI 0.`since` although public kernels do it: refuse() if such a
  /// version was chosen, nothing if an older one was, else a remark.
  void refuse_since(int since, const Error& error) const;
  /// Whether the version chosen is older than NKI 0.`nki_version`.
  bool before(int nki_version) const { return nki > 0 && nki < nki_version; }

 private:
  uint64_t relaxed_ = 0;  // by Code
};

}  // namespace trainyard::base
