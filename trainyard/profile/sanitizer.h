// What the sanitiser found: each finding with the line where it was made and the line where it
// hurts, how often, and what it cost.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "trainyard/base/units.h"

namespace trainyard::profile {

/// A place in the user's source.
struct Source {
  std::string file;
  int line = 0;
  auto operator<=>(const Source&) const = default;
};

/// All occurrences between the same two lines.
struct SanitizerFinding {
  std::string kind;  ///< "nan", "dead-store", …: docs/sanitiser.md has them all
  std::string text;  ///< the first occurrence, in words
  Source made, hurts;
  std::string made_by, hurts_by;  ///< what happens on these lines
  uint64_t count = 1;             ///< instructions
  base::Picoseconds cost = 0;     ///< of their engines, all of them; 0: not the matter
  uint64_t first = 0;             ///< the first instruction
  bool operator==(const SanitizerFinding&) const = default;
};

/// By kind and first instruction; what several cores found on the same two lines is one finding.
std::vector<SanitizerFinding> merged(std::vector<SanitizerFinding> findings);

/// "sanitiser: 2 findings" and a paragraph for each.
std::string sanitizer_text(const std::vector<SanitizerFinding>& findings);
/// A JSON array.
std::string sanitizer_json(const std::vector<SanitizerFinding>& findings);

}  // namespace trainyard::profile
