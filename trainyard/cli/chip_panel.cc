// The chip's panel and the panel of figures beside it.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "trainyard/cli/machine_facts.h"
#include "trainyard/cli/machine_panels.h"

namespace trainyard::cli {
namespace {

using machine::Machine;

constexpr double kPad = 20, kHead = 44, kLine = 24;
constexpr int kMostCores = 64;  // beyond this cores are counted, not drawn

/// Cores of one stack as cards in a grid; returns the grid's height.
double draw_cores(Svg& svg, double x, double y, double width, int first, int count) {
  constexpr double kCard = 38, kGap = 8, kNarrow = 70;
  const int columns = std::clamp(static_cast<int>(width / kNarrow), 1, count);
  const double card = (width - kGap * (columns - 1)) / columns;
  for (int i = 0; i < count; ++i) {
    const Box box{x + (i % columns) * (card + kGap), y + (i / columns) * (kCard + kGap), card,
                  kCard};
    svg.rect(box, colour::pale_blue, colour::blue);
    svg.text(box.middle_x(), box.middle_y() + 5, fmt::format("core {}", first + i),
             {.size = 13, .anchor = Anchor::middle});
  }
  const int rows = (count + columns - 1) / columns;
  return rows * (kCard + kGap) - kGap;
}

}  // namespace

void draw_frame(Svg& svg, const Box& box, std::string_view title) {
  svg.rect(box, colour::panel, colour::edge, 10);
  svg.text(box.x + kPad, box.y + 30, title, {.size = 16, .bold = true});
}

Box draw_chip(Svg& svg, const Machine& m, double x, double y, double width) {
  const int stacks = std::min(stacks_of(m), 8);
  const int per_stack = std::max(1, std::min(m.chip.cores, kMostCores) / stacks);
  const double gap = 12, column = (width - 2 * kPad - gap * (stacks - 1)) / stacks;

  Svg inside;
  double cores_height = 0;
  for (int s = 0; s < stacks; ++s) {
    cores_height = draw_cores(inside, x + kPad + s * (column + gap), y + kHead, column,
                              s * per_stack, per_stack);
  }
  const double hbm_y = y + kHead + cores_height + 26, hbm_height = 48;
  for (int s = 0; s < stacks; ++s) {
    const Box hbm{x + kPad + s * (column + gap), hbm_y, column, hbm_height};
    inside.rect(hbm, colour::pale_amber, colour::amber);
    inside.text(hbm.middle_x(), hbm.y + 20, m.chip.hbm_stacks == 0 ? "memory" : "HBM",
                {.size = 13, .anchor = Anchor::middle, .bold = true});
    inside.text(hbm.middle_x(), hbm.y + 38, fmt::format("{:g} GiB", m.chip.hbm_gb / stacks),
                {.size = 12, .anchor = Anchor::middle, .colour = colour::muted});
    inside.line(hbm.middle_x(), hbm.y - 3, hbm.middle_x(), hbm.y - 23,
                {.arrow_start = true, .arrow_end = true});
  }
  double line = hbm_y + hbm_height + 28;
  for (const machine::Link& link : m.chip.links) {
    const bool wired = std::ranges::count(m.instance.links, link.name) > 0;
    const auto text = fmt::format("{}link {}{}", mark(m, "chip.links." + link.name + ".gb_s"),
                                  link_text(link), wired ? "" : ", unused");
    inside.text(x + kPad, line, text, {.size = 13, .colour = wired ? colour::ink : colour::muted});
    line += 20;
  }
  const Box frame{x, y, width, line - y};
  draw_frame(svg, frame, fmt::format("{}: {} cores", m.chip.name, m.chip.cores));
  svg.append(inside);
  return frame;
}

Box draw_facts(Svg& svg, const Machine& m, double x, double y, double width) {
  const auto& chip = m.chip;
  std::vector<std::pair<std::string, std::string>> lines;
  const auto add = [&](const std::string& name, const std::string& key, const std::string& value) {
    if (!value.empty()) lines.emplace_back(name, mark(m, key) + value);
  };
  const auto unit = [](double value, const char* suffix) {
    return value == 0 ? std::string() : fmt::format("{:.6g} {}", value, suffix);
  };
  add("BF16, as published", "chip.peak_bf16_tflops", unit(chip.peak_bf16_tflops, "TFLOPS"));
  if (array_tflops(m.core) > 0) {
    add("BF16, systolic arrays alone", "core.tensor.clock_ghz",
        fmt::format("{:.0f} TFLOPS", array_tflops(m.core) * chip.cores));
  }
  add("FP8", "chip.peak_fp8_tflops", unit(chip.peak_fp8_tflops, "TFLOPS"));
  add("FP32", "chip.peak_fp32_tflops", unit(chip.peak_fp32_tflops, "TFLOPS"));
  add("structured sparse", "chip.peak_sparse_tflops", unit(chip.peak_sparse_tflops, "TFLOPS"));
  add("INT8", "chip.peak_int8_tops", unit(chip.peak_int8_tops, "TOPS"));
  add("device memory", "chip.hbm_gb", unit(chip.hbm_gb, "GiB"));
  add("memory bandwidth", "chip.hbm_tb_s", unit(chip.hbm_tb_s, "TB/s"));
  add("DMA bandwidth", "chip.dma_tb_s", unit(chip.dma_tb_s, "TB/s"));
  add("cores for collectives", "chip.collective_cores", number(chip.collective_cores));
  if (m.core.runs_kernels) {
    add("NeuronCores in a logical core", "chip.logical_core_default",
        number(chip.logical_core_default));
  }
  add("power", "chip.power_w", unit(chip.power_w, "W"));

  const Box frame{x, y, width, kHead + kLine * static_cast<double>(lines.size()) + 8};
  draw_frame(svg, frame, "Figures of the chip");
  double line = y + kHead + 14;
  for (const auto& [name, value] : lines) {
    svg.text(x + kPad, line, name, {.size = 13, .colour = colour::muted});
    svg.text(frame.right() - kPad, line, value, {.size = 13, .anchor = Anchor::end, .bold = true});
    line += kLine;
  }
  return frame;
}

}  // namespace trainyard::cli
