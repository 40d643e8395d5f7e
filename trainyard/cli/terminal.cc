// Printing for people. Widths are counted before colours are added.
#include "trainyard/cli/terminal.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace trainyard::cli {
namespace {

bool colourful(int descriptor) {
  const char* refused = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return (refused == nullptr || *refused == 0) && !dumb && isatty(descriptor) == 1;
}

}  // namespace

Style Style::of_stdout() { return Style(colourful(STDOUT_FILENO)); }
Style Style::of_stderr() { return Style(colourful(STDERR_FILENO)); }

std::string Style::paint(std::string_view code, std::string_view text) const {
  return on_ ? fmt::format("\033[{}m{}\033[0m", code, text) : std::string(text);
}

void print_error(const base::Error& error) {
  const std::string text = error.what();
  const size_t word = std::min(text.find(' '), text.size());
  std::fflush(stdout);  // what was printed before comes before
  fmt::print(stderr, "{}{}\n", Style::of_stderr().red(text.substr(0, word)), text.substr(word));
}

size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string padded(std::string_view text, size_t width, bool to_the_right) {
  const std::string blanks(width - std::min(width, width_of(text)), ' ');
  return to_the_right ? blanks + std::string(text) : std::string(text) + blanks;
}

std::string Table::text(const Style& style) const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < header.size(); ++i) {
    widths.push_back(width_of(header[i]));
    for (const auto& row : rows) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (size_t i = 0; i < cells.size(); ++i) {
      out += padded(cells[i], widths[i], i < right.size() && right[i]);
      if (i + 1 < cells.size()) out += "  ";
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  };
  std::string out = style.bold(line(header)) + "\n";
  for (const auto& row : rows) out += line(row) + "\n";
  return out;
}

}  // namespace trainyard::cli
