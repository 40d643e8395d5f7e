// The text drawing. Engines stand between PSUM above and SBUF below, so that no line crosses
// another: the Tensor Engine reads SBUF and writes PSUM, GpSimd never reaches PSUM.
#include "trainyard/cli/machine_drawing.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "trainyard/cli/canvas.h"
#include "trainyard/cli/machine_facts.h"
#include "trainyard/machine/topology.h"

namespace trainyard::cli {
namespace {

using machine::Machine;

constexpr int kWidth = 98;

std::string memory_line(int64_t partition_bytes, int partitions) {
  return fmt::format("{} = {} partitions x {}",
                     bytes(static_cast<double>(partition_bytes) * partitions), partitions,
                     bytes(static_cast<double>(partition_bytes)));
}

std::string core_drawing(const Machine& m) {
  const auto& core = m.core;
  const auto& memory = core.memory;
  const auto& dma = core.dma;
  constexpr int kEngine = 19, kPsum = 1, kEngines = 6, kSbuf = 12, kDma = 17, kHbm = 22;
  Canvas canvas(kWidth, kHbm + 3);
  canvas.box(0, 0, kWidth, kHbm - 1, core.name, {}, true);
  const auto column = [](int i) { return 2 + i * kEngine; };
  const auto middle = [&](int i) { return column(i) + (kEngine - 1) / 2; };
  constexpr int kWide = 4 * kEngine - 1;  // from Tensor to GpSimd

  const int64_t banks = memory.psum_partition_bytes / memory.psum_bank_bytes;
  canvas.box(
      column(0), kPsum, 3 * kEngine - 1, 4, "PSUM",
      {memory_line(memory.psum_partition_bytes, core.partitions),
       fmt::format("{} banks of {}", banks, bytes(static_cast<double>(memory.psum_bank_bytes)))});
  const auto lanes = fmt::format("{} lanes", core.partitions);
  const auto engine = [&](int i, const char* name, const std::vector<std::string>& lines) {
    canvas.box(column(i), kEngines, i < 4 ? kEngine - 1 : kEngine - 2, 5, name, lines);
  };
  engine(0, "Tensor",
         {fmt::format("{} x {}", core.tensor.rows, core.tensor.columns), ghz(core.tensor.clock_ghz),
          fmt::format("{:.1f} TF bf16", array_tflops(core))});
  engine(1, "Vector", {lanes, ghz(core.vector.clock_ghz)});
  engine(2, "Scalar", {lanes, ghz(core.scalar.clock_ghz)});
  engine(3, "GpSimd", {lanes, ghz(core.gpsimd.clock_ghz)});
  engine(4, "Sync", {ghz(core.sequencer.sync_clock_ghz), "starts DMAs"});
  canvas.box(column(0), kSbuf, kWide, 4, "SBUF",
             {memory_line(memory.sbuf_partition_bytes, core.partitions),
              fmt::format("{} of each for kernels",
                          bytes(static_cast<double>(memory.sbuf_partition_bytes -
                                                    memory.sbuf_reserved_bytes)))});
  canvas.box(column(0), kDma, kWide, 3, "DMA",
             {fmt::format("{} engines x {:g} GB/s = {:.0f} GB/s", dma.engines, dma.engine_gb_s,
                          dma.engines * dma.engine_gb_s)});
  const auto sharers = memory.hbm_sharers == 1
                           ? std::string("a stack of its own")
                           : fmt::format("a stack shared by {} cores", memory.hbm_sharers);
  canvas.box(column(0), kHbm, kWide, 3, "HBM",
             {fmt::format("{} for this core; {:g} GB/s, {}",
                          bytes(static_cast<double>(memory.hbm_bytes)), memory.hbm_gb_s, sharers)});
  for (int i = 0; i < 4; ++i) {
    const char* arrow = i == 0 ? "▲" : "↕";
    if (i < 3) canvas.text(middle(i), kEngines - 1, arrow);
    canvas.text(middle(i), kSbuf - 1, arrow);
  }
  canvas.text(middle(0), kDma - 1, "↕");
  canvas.down(middle(0), kDma + 3, kHbm - 1, true, true);
  return canvas.str();
}

std::string chip_drawing(const Machine& m) {
  const int stacks = stacks_of(m), per_stack = m.chip.cores / stacks;
  constexpr int kCore = 11;
  const int stack_width = std::max(per_stack * kCore, 17) + 1;
  const int width = std::min(kWidth, stacks * stack_width + 3);
  Canvas canvas(kWidth, 9);
  canvas.box(0, 0, width, 9, cores_of(m), {}, true);
  for (int s = 0; s < stacks; ++s) {
    const int left = 2 + s * stack_width;
    for (int i = 0; i < per_stack; ++i) {
      canvas.box(left + i * kCore, 1, kCore - 1, 3, "",
                 {fmt::format("core {}", s * per_stack + i)});
      canvas.text(left + i * kCore + kCore / 2, 4, "│");
    }
    canvas.box(left, 5, stack_width - 2, 3, m.chip.hbm_stacks == 0 ? "memory" : "HBM",
               {fmt::format("{:g} GiB", m.chip.hbm_gb / stacks)});
  }
  std::string text = canvas.str();
  for (const machine::Link& link : m.chip.links) {
    const bool wired = std::ranges::count(m.instance.links, link.name) > 0;
    text += fmt::format("  link {}{}\n", link_text(link), wired ? "" : ", unused");
  }
  return text;
}

/// One plane of a torus: numbered chips, dashes that leave at the edges and come back.
void draw_plane(Canvas& canvas, int x, int y, int rows, int columns, int first) {
  constexpr int kStep = 6;
  for (int r = 0; r < rows; ++r) {
    const int line = y + 1 + 2 * r;
    canvas.text(x, line, "╌");
    for (int c = 0; c < columns; ++c) {
      canvas.text(x + 1 + c * kStep, line, fmt::format("{:─^6}", ""));
      canvas.text(x + 2 + c * kStep, line, fmt::format("[{:>2}]", first + r * columns + c));
      canvas.text(x + 3 + c * kStep, line + 1, r + 1 == rows ? "╎" : "│");
      if (r == 0) canvas.text(x + 3 + c * kStep, y, "╎");
    }
    canvas.text(x + 1 + columns * kStep, line, "╌");
  }
}

std::string torus_drawing(const std::vector<int>& sides) {
  const int columns = sides[sides.size() - 1], rows = sides[sides.size() - 2];
  const int planes = sides.size() == 3 ? sides[0] : 1;
  const int plane_width = columns * 6 + 7;
  if (plane_width > kWidth || rows > 16) return "";
  const int lines = (planes - 1) / std::clamp(kWidth / plane_width, 1, planes) + 1;
  const int across = (planes + lines - 1) / lines;
  std::string text;
  for (int first = 0; first < planes; first += across) {
    Canvas canvas(kWidth, 2 * rows + 1);
    for (int p = first; p < std::min(planes, first + across); ++p) {
      draw_plane(canvas, 1 + (p - first) * plane_width, 0, rows, columns, p * rows * columns);
    }
    text += canvas.str();
  }
  text += "  Rows and columns close to rings.";
  if (planes > 1) text += " Chips in the same place of each plane form a ring too.";
  return text + "\n";
}

/// Chips first to last with lines between; backwards if last is smaller.
std::string chips_in_a_row(int first, int last) {
  std::string text;
  for (int i = first; i != last + (first <= last ? 1 : -1); i += first <= last ? 1 : -1) {
    text += fmt::format("{}[{:>2}]", text.empty() ? "" : "──", i);
  }
  return text;
}

std::string row_drawing(const machine::Instance& instance) {
  if (instance.topology != "ring") return "  " + chips_in_a_row(0, instance.chips - 1) + "\n";
  const int half = (instance.chips + 1) / 2;
  const std::string gap = instance.chips % 2 == 0 ? "" : "──────";
  return fmt::format("  ┌{}┐\n  └{}{}┘\n", chips_in_a_row(0, half - 1),
                     chips_in_a_row(instance.chips - 1, half), gap);
}

std::string switched_drawing(const machine::Instance& instance) {
  const int per_server = instance.chips / instance.servers;
  std::string chips;
  const int shown = std::min(per_server, 4);
  for (int i = 0; i < shown; ++i) chips += fmt::format("[{:>2}] ", i);
  if (per_server > shown) chips += fmt::format("... [{:>2}] ", per_server - 1);
  const int width = static_cast<int>(chips.size()) + 3;
  const int boxes = std::clamp(kWidth / (width + 1), 1, instance.servers);
  Canvas canvas(kWidth, 7);
  canvas.box(1, 0, boxes * (width + 1) - 1, 3, "",
             {"switches, through which every chip reaches every other"});
  for (int b = 0; b < boxes; ++b) {
    const bool last = b + 1 == boxes && boxes > 1;
    const int server = last ? instance.servers - 1 : b;
    const int left = 1 + b * (width + 1);
    canvas.text(left + width / 2, 3, "│");
    canvas.box(left, 4, width, 3, fmt::format("server {}", server), {chips});
    if (last && instance.servers > boxes) canvas.text(left - 1, 5, "…");
  }
  return canvas.str();
}

std::string instance_drawing(const Machine& m) {
  const auto& instance = m.instance;
  if (instance.chips == 0) return "";
  std::string text = fmt::format("\n{}: {}\n", instance.name, shape_of(instance));
  const auto sides = machine::torus_sides(instance.topology);
  if (!sides.empty()) return text + torus_drawing(sides);
  if (instance.topology == "switched") return text + switched_drawing(instance);
  constexpr int kMostInARow = 32;
  const bool fits = instance.chips > 1 && instance.chips <= kMostInARow;
  return fits ? text + row_drawing(instance) : text;
}

}  // namespace

std::string machine_drawing(const Machine& m) {
  const std::string core = m.core.runs_kernels ? core_drawing(m) + "\n" : "";
  return core + chip_drawing(m) + instance_drawing(m);
}

}  // namespace trainyard::cli
