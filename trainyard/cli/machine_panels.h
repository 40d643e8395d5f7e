// The panels of the SVG drawing. Each draws itself at a place and returns the box that it took.
#pragma once

#include <string_view>

#include "trainyard/cli/svg.h"
#include "trainyard/machine/machine.h"

namespace trainyard::cli {

namespace colour {
constexpr std::string_view ink = "#1c2733", muted = "#5b6875", edge = "#cfd6df", panel = "#f7f8fa",
                           paper = "#ffffff", blue = "#3b6fd4", pale_blue = "#e6eefc",
                           green = "#2f9e77", pale_green = "#e4f4ee", amber = "#d98a1f",
                           pale_amber = "#fdf1dd", violet = "#8a5bd1", pale_violet = "#f0e8fb",
                           grey = "#6b7785", pale_grey = "#eceff3";
}  // namespace colour

/// One core with its engines, memories, DMA and HBM.
Box draw_core(Svg& svg, const machine::Machine& machine, double x, double y);
/// The chip: cores on their memory stacks, links.
Box draw_chip(Svg& svg, const machine::Machine& machine, double x, double y, double width);
/// Peaks and what else is known of the chip; estimates are marked.
Box draw_facts(Svg& svg, const machine::Machine& machine, double x, double y, double width);
/// The instance: its chips and how they are wired. Empty box if the machine names no instance.
Box draw_instance(Svg& svg, const machine::Machine& machine, double x, double y, double width);

/// A panel's frame and title.
void draw_frame(Svg& svg, const Box& box, std::string_view title);

}  // namespace trainyard::cli
