// Files that commands are given.
#pragma once

#include <string>

namespace trainyard::cli {

/// All of a file, or of standard input for "-". Throws E006.
std::string read_file(const std::string& path);

}  // namespace trainyard::cli
