// The core's panel. Engines stand between PSUM above and SBUF below, as in the text drawing: the
// Tensor Engine reads SBUF and writes PSUM, GpSimd never reaches PSUM, Sync starts DMAs.
#include <array>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "trainyard/cli/machine_facts.h"
#include "trainyard/cli/machine_panels.h"

namespace trainyard::cli {
namespace {

using machine::Machine;

constexpr double kWidth = 780, kPad = 24, kGap = 14, kArrow = 44;

struct Engine {
  std::string name;
  double width;
  std::string_view line, fill;
  std::vector<std::string> details;
};

std::vector<Engine> engines_of(const Machine& m) {
  const auto& core = m.core;
  const auto lanes = fmt::format("{} lanes", core.partitions);
  return {{"Tensor",
           190,
           colour::blue,
           colour::pale_blue,
           {fmt::format("{} × {} array, {}", core.tensor.rows, core.tensor.columns,
                        ghz(core.tensor.clock_ghz)),
            fmt::format("{:.1f} TFLOPS in BF16", array_tflops(core)),
            fmt::format("FP32 takes {:g} passes", core.tensor.fp32_passes)}},
          {"Vector", 130, colour::green, colour::pale_green, {lanes, ghz(core.vector.clock_ghz)}},
          {"Scalar",
           130,
           colour::amber,
           colour::pale_amber,
           {lanes, ghz(core.scalar.clock_ghz), "function tables"}},
          {"GpSimd", 130, colour::violet, colour::pale_violet, {lanes, ghz(core.gpsimd.clock_ghz)}},
          {"Sync", 96, colour::grey, colour::pale_grey, {ghz(core.sequencer.sync_clock_ghz)}}};
}

void draw_memory(Svg& svg, const Box& box, const std::string& name, const std::string& size,
                 const std::string& detail, std::string_view fill, std::string_view line) {
  svg.rect(box, fill, line);
  svg.text(box.x + 14, box.y + 26, name, {.size = 17, .bold = true});
  svg.text(box.x + 80, box.y + 26, size, {.size = 14});
  svg.text(box.x + 80, box.y + 46, detail, {.size = 13, .colour = colour::muted});
}

std::string size_text(int64_t partition_bytes, int partitions) {
  return fmt::format("{} = {} partitions × {}",
                     bytes(static_cast<double>(partition_bytes) * partitions), partitions,
                     bytes(static_cast<double>(partition_bytes)));
}

/// `count` small boxes in a row, at most as many as can still be told apart.
void draw_row(Svg& svg, const Box& row, int64_t count, std::string_view fill,
              std::string_view line) {
  constexpr int64_t kMost = 48;
  count = std::min(count, kMost);
  const double gap = 4, width = (row.width - gap * static_cast<double>(count - 1)) /
                                static_cast<double>(count);
  for (int64_t i = 0; i < count; ++i) {
    svg.rect({row.x + static_cast<double>(i) * (width + gap), row.y, width, row.height}, fill, line,
             2, 1);
  }
}

}  // namespace

Box draw_core(Svg& svg, const Machine& m, double x, double y) {
  const auto& memory = m.core.memory;
  const auto& dma = m.core.dma;
  const std::vector<Engine> engines = engines_of(m);
  const double left = x + kPad, psum_y = y + 48, psum_height = 88;
  const double engine_y = psum_y + psum_height + kArrow, engine_height = 116;
  const double sbuf_y = engine_y + engine_height + kArrow, sbuf_height = 66;
  const double dma_y = sbuf_y + sbuf_height + kArrow, dma_height = 66;
  const Box frame{x, y, kWidth, dma_y + dma_height + kPad - y};
  draw_frame(svg, frame, fmt::format("One {}", m.core.name));

  std::vector<Box> boxes;
  double at = left;
  for (const Engine& engine : engines) {
    const Box box{at, engine_y, engine.width, engine_height};
    svg.rect(box, engine.fill, engine.line);
    svg.text(box.x + 14, box.y + 28, engine.name, {.size = 17, .bold = true});
    for (size_t i = 0; i < engine.details.size(); ++i) {
      svg.text(box.x + 14, box.y + 52 + 20 * static_cast<double>(i), engine.details[i],
               {.size = 13, .colour = colour::muted});
    }
    boxes.push_back(box);
    at = box.right() + kGap;
  }

  const Box psum{left, psum_y, boxes[2].right() - left, psum_height};
  const int64_t banks = memory.psum_partition_bytes / memory.psum_bank_bytes;
  draw_memory(svg, psum, "PSUM", size_text(memory.psum_partition_bytes, m.core.partitions),
              fmt::format("{} banks of {} in each partition", banks,
                          bytes(static_cast<double>(memory.psum_bank_bytes))),
              colour::paper, colour::blue);
  draw_row(svg, {psum.x + 14, psum.y + 60, psum.width - 28, 16}, banks, colour::pale_blue,
           colour::blue);

  const Box sbuf{left, sbuf_y, boxes[3].right() - left, sbuf_height};
  draw_memory(
      svg, sbuf, "SBUF", size_text(memory.sbuf_partition_bytes, m.core.partitions),
      fmt::format("{} of each for kernels", bytes(static_cast<double>(memory.sbuf_partition_bytes -
                                                                      memory.sbuf_reserved_bytes))),
      colour::paper, colour::green);

  const Box engines_of_dma{left, dma_y, sbuf.width, dma_height};
  svg.rect(engines_of_dma, colour::paper, colour::grey);
  svg.text(
      engines_of_dma.x + 14, engines_of_dma.y + 26,
      fmt::format("{} DMA engines × {}{:g} GB/s = {:.0f} GB/s", dma.engines,
                  mark(m, "core.dma.engine_gb_s"), dma.engine_gb_s, dma.engines * dma.engine_gb_s),
      {.size = 14, .bold = true});
  draw_row(svg, {engines_of_dma.x + 14, engines_of_dma.y + 38, engines_of_dma.width - 28, 16},
           dma.engines, colour::pale_grey, colour::grey);

  const Box hbm{left, frame.bottom() + 40, sbuf.width, 56};
  draw_memory(svg, hbm, "HBM",
              fmt::format("{} for this core", bytes(static_cast<double>(memory.hbm_bytes))),
              memory.hbm_sharers == 1
                  ? fmt::format("{:g} GB/s, a stack of its own", memory.hbm_gb_s)
                  : fmt::format("{:g} GB/s, a stack shared by {} cores", memory.hbm_gb_s,
                                memory.hbm_sharers),
              colour::pale_amber, colour::amber);

  const LineStyle up{.arrow_end = true}, both{.arrow_start = true, .arrow_end = true};
  const double inset = 4;
  for (size_t i = 0; i < 4; ++i) {
    const double middle = boxes[i].middle_x();
    if (i < 3) {
      svg.line(middle, engine_y - inset, middle, psum.bottom() + inset, i == 0 ? up : both);
    }
    svg.line(middle, sbuf_y - inset, middle, engine_y + engine_height + inset, i == 0 ? up : both);
  }
  svg.line(sbuf.middle_x(), dma_y - inset, sbuf.middle_x(), sbuf.bottom() + inset, both);
  svg.line(hbm.middle_x(), hbm.y - inset, hbm.middle_x(), engines_of_dma.bottom() + inset, both);
  const Box& sync = boxes.back();
  svg.path(fmt::format("M {:.1f} {:.1f} L {:.1f} {:.1f} L {:.1f} {:.1f}", sync.middle_x(),
                       sync.bottom() + inset, sync.middle_x(), engines_of_dma.middle_y(),
                       engines_of_dma.right() + inset, engines_of_dma.middle_y()),
           {.dashed = true, .arrow_end = true});
  svg.text(sync.middle_x() - 8, sbuf.y - 12, "starts",
           {.size = 12, .anchor = Anchor::end, .colour = colour::muted});
  return {x, y, kWidth, hbm.bottom() - y};
}

}  // namespace trainyard::cli
