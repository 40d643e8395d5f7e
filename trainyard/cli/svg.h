// Writes SVG: rectangles, lines, curves and text, in drawing order.
#pragma once

#include <string>
#include <string_view>

namespace trainyard::cli {

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
  double right() const { return x + width; }
  double bottom() const { return y + height; }
  double middle_x() const { return x + width / 2; }
  double middle_y() const { return y + height / 2; }
};

enum class Anchor { start, middle, end };

struct TextStyle {
  double size = 14;
  Anchor anchor = Anchor::start;
  bool bold = false;
  std::string_view colour = "#1c2733";
};

struct LineStyle {
  std::string_view colour = "#5b6875";
  double width = 1.5;
  bool dashed = false;
  bool arrow_start = false, arrow_end = false;
};

class Svg {
 public:
  void rect(const Box& box, std::string_view fill, std::string_view stroke, double radius = 6,
            double stroke_width = 1.2);
  void circle(double x, double y, double radius, std::string_view fill, std::string_view stroke);
  /// `y` is the base line.
  void text(double x, double y, std::string_view text, const TextStyle& style = {});
  void line(double x1, double y1, double x2, double y2, const LineStyle& style = {});
  /// An SVG path, e.g. "M 0 0 L 10 10".
  void path(std::string_view data, const LineStyle& style = {});

  /// Everything drawn on `other`, on top.
  void append(const Svg& other) { body_ += other.body_; }

  /// The document, with everything drawn so far.
  std::string document(double width, double height, std::string_view title) const;

 private:
  std::string body_;
};

}  // namespace trainyard::cli
