// The SVG drawing: the core on the left, the chip and its figures on the right, the instance below.
#include <algorithm>

#include <fmt/format.h>

#include "trainyard/cli/machine_drawing.h"
#include "trainyard/cli/machine_facts.h"
#include "trainyard/cli/machine_panels.h"

namespace trainyard::cli {

std::string machine_svg(const machine::Machine& m) {
  constexpr double kWidth = 1240, kMargin = 32, kGap = 20, kTop = 100, kSide = 376;
  constexpr double kInner = kWidth - 2 * kMargin;
  Svg svg;
  svg.text(kMargin, 52, m.title, {.size = 28, .bold = true});
  svg.text(kMargin, 78,
           fmt::format("machine {}: {} {}, {:g} GiB of memory", m.name, m.chip.cores, m.core.name,
                       m.chip.hbm_gb),
           {.size = 15, .colour = colour::muted});

  double bottom = kTop, chip_x = kMargin, chip_width = (kInner - kGap) / 2;
  double facts_x = kMargin + chip_width + kGap, facts_y = kTop;
  if (m.core.runs_kernels) {
    bottom = draw_core(svg, m, kMargin, kTop).bottom();
    chip_x = facts_x = kWidth - kMargin - kSide;
    chip_width = kSide;
  }
  const Box chip = draw_chip(svg, m, chip_x, kTop, chip_width);
  if (m.core.runs_kernels) facts_y = chip.bottom() + kGap;
  const Box facts = draw_facts(svg, m, facts_x, facts_y, chip_width);
  bottom = std::max({bottom, chip.bottom(), facts.bottom()});

  const Box instance = draw_instance(svg, m, kMargin, bottom + kGap, kInner);
  if (instance.height > 0) bottom = instance.bottom();
  svg.text(kMargin, bottom + 30,
           "≈ estimate. `trainyard machines NAME` shows the source of every number. "
           "Not affiliated with Amazon.",
           {.size = 12, .colour = colour::muted});
  return svg.document(kWidth, bottom + 50, m.title);
}

}  // namespace trainyard::cli
