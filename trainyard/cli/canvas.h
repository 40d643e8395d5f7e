// A sheet of characters to draw boxes on, for drawings in a terminal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace trainyard::cli {

class Canvas {
 public:
  Canvas(int width, int height);

  /// A box with a title in its upper edge and lines of text inside.
  void box(int x, int y, int width, int height, std::string_view title,
           const std::vector<std::string>& lines = {}, bool heavy = false);
  void text(int x, int y, std::string_view text);
  /// From (x, top) to (x, bottom), with arrow heads where asked.
  void down(int x, int top, int bottom, bool head_up, bool head_down);
  void across(int y, int left, int right, std::string_view dash = "─");

  /// All lines without trailing blanks.
  std::string str() const;

 private:
  void put(int x, int y, std::string_view glyph);
  std::vector<std::vector<std::string>> cells_;  ///< one code point each
};

}  // namespace trainyard::cli
