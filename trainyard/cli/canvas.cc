// Cells hold whole code points, so that box characters count as one column. What does not fit on
// the sheet is cut off: a drawing with a wrong size is still a drawing.
#include "trainyard/cli/canvas.h"

namespace trainyard::cli {
namespace {

/// The code points of UTF-8 text, one string each.
std::vector<std::string> glyphs_of(std::string_view text) {
  std::vector<std::string> glyphs;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xC0U) == 0x80U && !glyphs.empty()) {
      glyphs.back() += c;
    } else {
      glyphs.emplace_back(1, c);
    }
  }
  return glyphs;
}

}  // namespace

Canvas::Canvas(int width, int height)
    : cells_(static_cast<size_t>(height),
             std::vector<std::string>(static_cast<size_t>(width), " ")) {}

void Canvas::put(int x, int y, std::string_view glyph) {
  if (y < 0 || y >= static_cast<int>(cells_.size())) return;
  auto& row = cells_[static_cast<size_t>(y)];
  if (x >= 0 && x < static_cast<int>(row.size())) row[static_cast<size_t>(x)] = glyph;
}

void Canvas::text(int x, int y, std::string_view text) {
  for (const std::string& glyph : glyphs_of(text)) put(x++, y, glyph);
}

void Canvas::across(int y, int left, int right, std::string_view dash) {
  for (int x = left; x <= right; ++x) put(x, y, dash);
}

void Canvas::down(int x, int top, int bottom, bool head_up, bool head_down) {
  for (int y = top; y <= bottom; ++y) put(x, y, "│");
  if (head_up) put(x, top, "▲");
  if (head_down) put(x, bottom, "▼");
}

void Canvas::box(int x, int y, int width, int height, std::string_view title,
                 const std::vector<std::string>& lines, bool heavy) {
  const int right = x + width - 1, bottom = y + height - 1;
  across(y, x, right, heavy ? "═" : "─");
  across(bottom, x, right, heavy ? "═" : "─");
  for (int row = y + 1; row < bottom; ++row) {
    put(x, row, heavy ? "║" : "│");
    put(right, row, heavy ? "║" : "│");
  }
  put(x, y, heavy ? "╔" : "┌");
  put(right, y, heavy ? "╗" : "┐");
  put(x, bottom, heavy ? "╚" : "└");
  put(right, bottom, heavy ? "╝" : "┘");
  if (!title.empty()) text(x + 2, y, " " + std::string(title) + " ");
  for (size_t i = 0; i < lines.size(); ++i) text(x + 2, y + 1 + static_cast<int>(i), lines[i]);
}

std::string Canvas::str() const {
  std::string out;
  for (const auto& row : cells_) {
    std::string line;
    for (const std::string& glyph : row) line += glyph;
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace trainyard::cli
