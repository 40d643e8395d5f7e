// Whole files at once: programs are texts of some megabytes at most.
#include "trainyard/cli/read_file.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>

#include <fmt/format.h>

#include "trainyard/base/diagnostics.h"

namespace trainyard::cli {
namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& problem) {
  throw base::Error(base::Code::E006, fmt::format("cannot read {}: {}", path, problem));
}

// A device or a picture is refused at its first zero byte, before it fills the memory.
std::string read_text(std::istream& stream, const std::string& path) {
  constexpr size_t kChunk = size_t{1} << 20;
  std::string text;
  while (stream) {
    const size_t before = text.size();
    text.resize(before + kChunk);
    stream.read(text.data() + before, kChunk);
    text.resize(before + static_cast<size_t>(stream.gcount()));
    const size_t zero = text.find('\0', before);
    if (zero != text.npos) refuse(path, fmt::format("it is no text: byte {} is zero", zero));
  }
  if (stream.bad()) refuse(path, std::strerror(errno));
  if (text.empty()) refuse(path, "it is empty");
  return text;
}

}  // namespace

std::string read_file(const std::string& path) {
  if (path == "-") return read_text(std::cin, "standard input");
  if (std::filesystem::is_directory(path)) refuse(path, std::strerror(EISDIR));
  std::ifstream file(path, std::ios::binary);
  if (!file) refuse(path, std::strerror(errno));
  return read_text(file, path);
}

}  // namespace trainyard::cli
