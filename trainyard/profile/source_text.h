// The text of a user's source file, for showing times beside its lines.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trainyard::profile {

struct SourceText {
  std::vector<std::string> lines;
  /// Line numbers count from 1; empty where there is none.
  std::string_view line(int number) const {
    const bool there = number > 0 && static_cast<size_t>(number) <= lines.size();
    return there ? std::string_view(lines[static_cast<size_t>(number) - 1]) : std::string_view();
  }
};

/// The lines of a text file of at most a few megabytes; none for anything else: a report does
/// without. Bytes that are no UTF-8 become U+FFFD.
SourceText read_source(const std::string& file);

}  // namespace trainyard::profile
