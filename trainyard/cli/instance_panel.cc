// The instance's panel: chips and their network. A torus is drawn as planes whose edges meet, a
// ring as a circle, a switched network as servers under a bar of switches.
#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "trainyard/cli/machine_facts.h"
#include "trainyard/cli/machine_panels.h"
#include "trainyard/machine/topology.h"

namespace trainyard::cli {
namespace {

using machine::Instance;
using machine::Machine;

constexpr double kPad = 20, kTop = 80;
constexpr int kMostChips = 1024;  // beyond this chips are counted, not drawn

void draw_chip_card(Svg& svg, double x, double y, double size, int number) {
  svg.rect({x - size / 2, y - size / 2, size, size}, colour::pale_blue, colour::blue, 4);
  if (size < 16) return;
  svg.text(x, y + 4.5, fmt::format("{}", number), {.size = 12, .anchor = Anchor::middle});
}

/// A plane of a torus, with dashed stubs where lines come back at the other side.
void draw_plane(Svg& svg, double x, double y, int rows, int columns, double step, int first) {
  const double size = step * 0.56, stub = step * 0.62;
  const LineStyle line{.colour = colour::grey}, around{.colour = colour::grey, .dashed = true};
  const auto at = [&](int i) { return step * (i + 0.8); };
  for (int r = 0; r < rows; ++r) {
    svg.line(x + at(0), y + at(r), x + at(columns - 1), y + at(r), line);
    svg.line(x + at(0) - stub, y + at(r), x + at(0), y + at(r), around);
    svg.line(x + at(columns - 1), y + at(r), x + at(columns - 1) + stub, y + at(r), around);
  }
  for (int c = 0; c < columns; ++c) {
    svg.line(x + at(c), y + at(0), x + at(c), y + at(rows - 1), line);
    svg.line(x + at(c), y + at(0) - stub, x + at(c), y + at(0), around);
    svg.line(x + at(c), y + at(rows - 1), x + at(c), y + at(rows - 1) + stub, around);
  }
  for (int i = 0; i < rows * columns; ++i) {
    draw_chip_card(svg, x + at(i % columns), y + at(i / columns), size, first + i);
  }
}

/// ", 128 GB/s each way" of the instance's nth link.
std::string rate_text(const Machine& m, size_t nth) {
  if (nth >= m.instance.links.size()) return "";
  const std::string& name = m.instance.links[nth];
  const auto link = std::ranges::find(m.chip.links, name, &machine::Link::name);
  return fmt::format(": link {}, {}{:g} GB/s each way", name,
                     mark(m, "chip.links." + name + ".gb_s"), link->gb_s);
}

/// Returns the height taken below `y`.
double draw_torus(Svg& svg, const Machine& m, const std::vector<int>& sides, double x, double y,
                  double width) {
  const int columns = sides[sides.size() - 1], rows = sides[sides.size() - 2];
  const int planes = sides.size() == 3 ? sides[0] : 1;
  const double gap = 16;
  const double room = (width - 2 * kPad - gap * (planes - 1)) / planes;
  const double step = std::min(64.0, room / (columns + 0.6));
  const double plane = step * (columns + 0.6), height = step * (rows + 0.6);
  const double start = x + (width - planes * plane - (planes - 1) * gap) / 2;
  for (int p = 0; p < planes; ++p) {
    const double left = start + p * (plane + gap);
    draw_plane(svg, left, y, rows, columns, step, p * rows * columns);
    if (p + 1 == planes) continue;
    const double from = left + plane / 2, to = from + plane + gap, low = y + height + 4;
    svg.path(fmt::format("M {:.1f} {:.1f} C {:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}", from + 8,
                         low, from + 40, low + 26, to - 40, low + 26, to - 8, low),
             {.colour = colour::amber, .width = 2});
  }
  double line = y + height + (planes > 1 ? 48 : 18);
  const auto caption = [&](const std::string& text) {
    svg.text(x + width / 2, line, text,
             {.size = 13, .anchor = Anchor::middle, .colour = colour::muted});
    line += 20;
  };
  caption("Dashed ends meet: every row and every column is a ring" + rate_text(m, 0));
  if (planes > 1) {
    caption("Chips in the same place of each plane form a ring too" + rate_text(m, 1));
  }
  return line - y - 8;
}

double draw_ring(Svg& svg, int chips, double x, double y, double width) {
  const double size = chips > 24 ? 12 : 32;
  const double radius = std::max(90.0, chips * (size + 16) / (2 * std::numbers::pi));
  const double middle_x = x + width / 2, middle_y = y + radius + size;
  svg.circle(middle_x, middle_y, radius, "none", colour::grey);
  for (int i = 0; i < chips; ++i) {
    const double angle = 2 * std::numbers::pi * i / chips - std::numbers::pi / 2;
    draw_chip_card(svg, middle_x + radius * std::cos(angle), middle_y + radius * std::sin(angle),
                   size, i);
  }
  return 2 * (radius + size);
}

double draw_chain(Svg& svg, int chips, double x, double y, double width) {
  const double step = std::min(90.0, (width - 2 * kPad) / chips), size = std::min(40.0, step * 0.6);
  const double start = x + (width - step * (chips - 1)) / 2;
  svg.line(start, y + 30, start + step * (chips - 1), y + 30, {.colour = colour::grey});
  for (int i = 0; i < chips; ++i) draw_chip_card(svg, start + step * i, y + 30, size, i);
  return 60;
}

double draw_switched(Svg& svg, const Instance& instance, double x, double y, double width) {
  const int chips = instance.chips / instance.servers;
  const int side = static_cast<int>(std::ceil(std::sqrt(chips)));
  const int columns = std::min(instance.servers, 18);
  const double gap = 10, inner = width - 2 * kPad;
  const double card = std::min(170.0, (inner - gap * (columns - 1)) / columns);
  const double step = (card - 12) / side, height = step * ((chips + side - 1) / side) + 12;
  const double total = columns * card + (columns - 1) * gap, start = x + (width - total) / 2;
  const int rows = (instance.servers + columns - 1) / columns;
  const double bar_width = std::max(total, 320.0);
  const Box bar{x + (width - bar_width) / 2, y + (rows > 1 ? height + 26 : 0), bar_width, 34};
  svg.rect(bar, colour::pale_violet, colour::violet);
  svg.text(bar.middle_x(), bar.y + 22, "switches: every chip reaches every other",
           {.size = 13, .anchor = Anchor::middle});
  for (int s = 0; s < instance.servers; ++s) {
    const int row = s / columns;
    const bool above = rows > 1 && row == 0;
    const double left = start + (s % columns) * (card + gap);
    const double top = above ? y : bar.bottom() + 26 + (row - (rows > 1 ? 1 : 0)) * (height + gap);
    const double edge = above ? bar.y : bar.bottom();
    if (row <= 1) {
      svg.line(left + card / 2, edge, left + card / 2, above ? top + height : top,
               {.colour = colour::grey});
    }
    svg.rect({left, top, card, height}, colour::paper, colour::edge);
    for (int c = 0; c < chips; ++c) {
      draw_chip_card(svg, left + 6 + step * (c % side + 0.5), top + 6 + step * (c / side + 0.5),
                     step * 0.72, c);
    }
  }
  const int below = rows > 1 ? rows - 1 : 1;
  return bar.bottom() - y + 26 + below * (height + gap) + 4;
}

std::string host_text(const Machine& m) {
  const Instance& instance = m.instance;
  std::string text = shape_of(instance);
  const auto add = [&](double value, const std::string& words) {
    if (value != 0) text += ", " + words;
  };
  add(instance.vcpus, fmt::format("{} vCPUs", instance.vcpus));
  add(instance.host_memory_gb, fmt::format("{:g} GiB of host memory", instance.host_memory_gb));
  add(instance.efa_gbps, fmt::format("network {:g} Gb/s", instance.efa_gbps));
  add(instance.usd_per_hour,
      fmt::format("{}{:g} USD an hour", mark(m, "instance.usd_per_hour"), instance.usd_per_hour));
  return text;
}

}  // namespace

Box draw_instance(Svg& svg, const Machine& m, double x, double y, double width) {
  const Instance& instance = m.instance;
  if (instance.chips == 0) return {x, y, width, 0};
  Svg inside;
  const double top = y + kTop;
  double height = 0;
  const auto sides = machine::torus_sides(instance.topology);
  if (instance.chips > kMostChips || instance.servers > kMostChips / 8) {
    inside.text(x + kPad, top + 10, "too many chips to draw", {.colour = colour::muted});
    height = 30;
  } else if (!sides.empty()) {
    height = draw_torus(inside, m, sides, x, top, width);
  } else if (instance.topology == "switched") {
    height = draw_switched(inside, instance, x, top, width);
  } else if (instance.topology == "ring") {
    height = draw_ring(inside, instance.chips, x, top, width);
  } else if (instance.chips > 1) {
    height = draw_chain(inside, instance.chips, x, top, width);
  }
  const Box frame{x, y, width, height == 0 ? kTop : kTop + height + 16};
  draw_frame(svg, frame, instance.name.empty() ? "Instance" : instance.name);
  svg.text(x + kPad, y + 54, host_text(m), {.size = 13, .colour = colour::muted});
  svg.append(inside);
  return frame;
}

}  // namespace trainyard::cli
