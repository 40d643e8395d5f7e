// SVG by hand: the few shapes that the drawings need. Coordinates have one decimal.
#include "trainyard/cli/svg.h"

#include <fmt/format.h>

namespace trainyard::cli {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (static_cast<unsigned char>(c) >= 0x20 || c == '\n') {
      out += c;  // other control characters are not allowed in XML
    }
  }
  return out;
}

std::string attributes(const LineStyle& style) {
  return fmt::format(R"x(fill="none" stroke="{}" stroke-width="{:.1f}"{}{}{})x", style.colour,
                     style.width, style.dashed ? R"x( stroke-dasharray="3 3")x" : "",
                     style.arrow_start ? R"x( marker-start="url(#arrow)")x" : "",
                     style.arrow_end ? R"x( marker-end="url(#arrow)")x" : "");
}

constexpr std::string_view kHead =
    R"x(<svg xmlns="http://www.w3.org/2000/svg" width="{0:.0f}" height="{1:.0f}" )x"
    R"x(viewBox="0 0 {0:.0f} {1:.0f}" font-family="Helvetica, Arial, sans-serif">
<title>{2}</title>
<defs><marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" )x"
    R"x(orient="auto-start-reverse"><path d="M 0 0.5 L 8 4 L 0 7.5 z" fill="#5b6875"/></marker>
</defs>
<rect width="100%" height="100%" fill="#ffffff"/>
)x";

}  // namespace

void Svg::rect(const Box& box, std::string_view fill, std::string_view stroke, double radius,
               double stroke_width) {
  body_ += fmt::format(
      R"x(<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}" rx="{:.1f}" fill="{}" )x"
      R"x(stroke="{}" stroke-width="{:.1f}"/>)x"
      "\n",
      box.x, box.y, box.width, box.height, radius, fill, stroke, stroke_width);
}

void Svg::circle(double x, double y, double radius, std::string_view fill,
                 std::string_view stroke) {
  body_ += fmt::format(R"x(<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}" fill="{}" stroke="{}"/>)x"
                       "\n",
                       x, y, radius, fill, stroke);
}

void Svg::text(double x, double y, std::string_view text, const TextStyle& style) {
  const char* anchor = style.anchor == Anchor::start    ? "start"
                       : style.anchor == Anchor::middle ? "middle"
                                                        : "end";
  body_ += fmt::format(R"x(<text x="{:.1f}" y="{:.1f}" font-size="{:.1f}" text-anchor="{}" )x"
                       R"x(fill="{}"{}>{}</text>)x"
                       "\n",
                       x, y, style.size, anchor, style.colour,
                       style.bold ? R"x( font-weight="bold")x" : "", escaped(text));
}

void Svg::line(double x1, double y1, double x2, double y2, const LineStyle& style) {
  path(fmt::format("M {:.1f} {:.1f} L {:.1f} {:.1f}", x1, y1, x2, y2), style);
}

void Svg::path(std::string_view data, const LineStyle& style) {
  body_ += fmt::format(R"x(<path d="{}" {}/>)x"
                       "\n",
                       data, attributes(style));
}

std::string Svg::document(double width, double height, std::string_view title) const {
  return fmt::format(kHead, width, height, escaped(title)) + body_ + "</svg>\n";
}

}  // namespace trainyard::cli
