// Files that appear whole or not at all.
#pragma once

#include <string>
#include <string_view>

namespace trainyard::cli {

/// Writes beside `path` and renames, so that nobody ever reads half a file. E006 if it fails.
void write_file(const std::string& path, std::string_view text);

}  // namespace trainyard::cli
