// How the command prints: colour only on a terminal, tables that line up, one form of error.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "trainyard/base/diagnostics.h"

namespace trainyard::cli {

/// Colours, or nothing where they would be noise: pipes, files, NO_COLOR, TERM=dumb.
class Style {
 public:
  static Style of_stdout();
  static Style of_stderr();
  explicit Style(bool on) : on_(on) {}

  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string dim(std::string_view text) const { return paint("2", text); }
  std::string red(std::string_view text) const { return paint("1;31", text); }
  std::string yellow(std::string_view text) const { return paint("33", text); }

 private:
  std::string paint(std::string_view code, std::string_view text) const;
  bool on_;
};

/// Prints a refusal to standard error.
void print_error(const base::Error& error);

/// Columns on a terminal that `text` takes: its code points.
size_t width_of(std::string_view text);
/// `text` filled up with blanks.
std::string padded(std::string_view text, size_t width, bool to_the_right = false);

/// Rows of cells as lines of text, columns lined up; `right` names columns of numbers.
struct Table {
  std::vector<std::string> header;
  std::vector<bool> right;
  std::vector<std::vector<std::string>> rows;
  std::string text(const Style& style) const;
};

}  // namespace trainyard::cli
