// Sources may be gone, or be pipes, devices or data: then a report shows line numbers only.

#include "trainyard/profile/source_text.h"

#include <filesystem>
#include <fstream>

#include "trainyard/machine/ascii_armour.h"

namespace trainyard::profile {

namespace {

constexpr uintmax_t kMostBytes = 4 << 20;

std::string valid_utf8(std::string_view text) {
  std::string out;
  while (const auto broken = machine::broken_utf8(text)) {
    out += text.substr(0, *broken);
    out += "\xef\xbf\xbd";
    text.remove_prefix(*broken + 1);
  }
  return out.append(text);
}

}  // namespace

SourceText read_source(const std::string& file) {
  std::error_code problem;
  if (!std::filesystem::is_regular_file(file, problem)) return {};
  if (std::filesystem::file_size(file, problem) > kMostBytes || problem) return {};
  SourceText source;
  std::ifstream stream(file, std::ios::binary);
  for (std::string line; std::getline(stream, line);) {
    if (line.ends_with('\r')) line.pop_back();
    source.lines.push_back(valid_utf8(line));
  }
  return source;
}

}  // namespace trainyard::profile
