// Whole files at once: programs are texts of some megabytes at most.
#include "trainyard/cli/read_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>

#include <fmt/format.h>

#include "trainyard/base/diagnostics.h"

namespace trainyard::cli {

std::string read_file(const std::string& path) {
  if (path == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  const auto refuse = [&](int problem) {
    throw base::Error(base::Code::E006,
                      fmt::format("cannot read {}: {}", path, std::strerror(problem)));
  };
  if (std::filesystem::is_directory(path)) refuse(EISDIR);
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(errno);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace trainyard::cli
