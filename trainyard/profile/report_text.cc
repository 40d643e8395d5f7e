// The report for a terminal: what matters first, each table cut where it stops mattering.

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "trainyard/profile/analysis.h"
#include "trainyard/profile/report.h"
#include "trainyard/profile/source_text.h"
#include "trainyard/profile/summary.h"
#include "trainyard/profile/words.h"

namespace trainyard::profile {

namespace {

constexpr size_t kStalls = 6, kRows = 10, kLines = 14, kParts = 60, kBest = 6, kSourceWidth = 64;
constexpr int kNameWidth = 44;

std::string heading(std::string_view text) { return fmt::format("\n{}\n", text); }

// A line of source as a terminal may show it: no control characters, letters whole.
std::string shortened(std::string_view line, size_t width) {
  std::string text;
  for (const char c : line) text += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  if (text.size() <= width) return text;
  size_t end = width - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

std::string stalls_text(const Trace& t, const Analysis& a) {
  if (a.stalls.empty()) return "";
  std::string text = heading("What engines wait for");
  for (size_t s = 0; s < std::min(kStalls, a.stalls.size()); ++s) {
    const Stall& stall = a.stalls[s];
    text += fmt::format("  {}", stall.text);
    if (!a.path.empty())
      text += fmt::format("; {} on the critical path", percent(ratio(stall.critical, t.span)));
    text += '\n';
    if (!stall.advice.empty()) text += fmt::format("    {}\n", stall.advice);
  }
  return text;
}

std::string path_text(const Trace& t, const Analysis& a) {
  if (a.path.empty()) return "";
  struct Group {
    Picoseconds time = 0;
    uint64_t count = 0;
  };
  const std::vector<uint32_t> lanes = lanes_of(t);
  std::map<std::string, Group> groups;
  for (const PathStep& step : a.path) {
    const Interval& i = t.intervals[step.interval];
    const uint32_t lane = lanes[step.interval];
    const std::string on = lane < t.lanes.size() ? t.lanes[lane].name : "";
    const std::string at = i.source < t.sources.size() ? place_text(t.sources[i.source]) : "";
    Group& g = groups[fmt::format("{:<12} {:<24} {}", on, t.labels[i.label], at)];
    g.time += step.time;
    ++g.count;
  }
  std::vector<std::pair<std::string, Group>> rows(groups.begin(), groups.end());
  std::ranges::stable_sort(rows, std::greater{}, [](const auto& r) { return r.second.time; });
  std::string text =
      heading(fmt::format("Critical path: {} instructions", count_text(a.path.size())));
  for (size_t r = 0; r < std::min(kRows, rows.size()); ++r)
    text += fmt::format(
        "  {:>7}  {:>10}  {:>8} x  {}\n", percent(ratio(rows[r].second.time, t.span)),
        duration_text(rows[r].second.time), count_text(rows[r].second.count), rows[r].first);
  return text;
}

std::string what_if_text(const Report& report) {
  if (report.what_if.empty()) return "";
  std::string text = heading("What would make it faster");
  size_t rows = 0;
  for (const WhatIf& w : report.what_if) {
    const double speedup = ratio(report.trace.span, w.span);
    if (rows++ == kBest) break;
    text += fmt::format("  {:<{}} {:>10}  {:.2f} x\n", w.change, kNameWidth, duration_text(w.span),
                        speedup);
  }
  return text;
}

// One character a part of the span, of eight heights.
std::string bars(const std::vector<double>& values, double most) {
  static constexpr const char* kHeights[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  constexpr size_t kSteps = std::size(kHeights) - 1;
  std::string text;
  for (size_t part = 0; part < kParts; ++part) {
    const size_t from = part * values.size() / kParts, to = (part + 1) * values.size() / kParts;
    double sum = 0;
    for (size_t v = from; v < to; ++v) sum += values[v];
    const double share = ratio(sum, most * static_cast<double>(std::max<size_t>(1, to - from)));
    const auto height = static_cast<size_t>(std::clamp(share, 0.0, 1.0) * kSteps + 0.5);
    text += kHeights[share > 0 ? std::max<size_t>(1, height) : 0];
  }
  return text;
}

std::string utilisation_text(const Trace& t, const Utilisation& u) {
  std::string text = heading("Use over time");
  size_t width = 12;
  for (const Lane& lane : t.lanes) width = std::max(width, lane.name.size());
  const auto row = [&](std::string_view name, const std::string& drawn, const std::string& mean) {
    text += fmt::format("  {:<{}} |{}| {:>7}\n", name, width, drawn, mean);
  };
  for (size_t lane = 0; lane < t.lanes.size(); ++lane)
    if (t.lanes[lane].busy > 0)
      row(t.lanes[lane].name, bars(u.lanes[lane], 1), percent(t.busy_share(t.lanes[lane])));
  if (t.hbm_gb_s_peak > 0 && t.hbm_bytes > 0)
    row("HBM", bars(u.hbm_gb_s, t.hbm_gb_s_peak), percent(ratio(t.hbm_gb_s(), t.hbm_gb_s_peak)));
  const auto memory = [&](const char* name, const std::vector<int64_t>& bytes, int64_t size) {
    const int64_t most = bytes.empty() ? 0 : *std::ranges::max_element(bytes);
    if (most == 0 || size == 0) return;
    const std::vector<double> values(bytes.begin(), bytes.end());
    row(name, bars(values, static_cast<double>(size)), percent(ratio(most, size)));
  };
  memory("SBUF in use", u.sbuf_bytes, t.sbuf_bytes);
  memory("PSUM in use", u.psum_bytes, t.psum_bytes);
  return text;
}

std::string transfers_text(const Trace& t, const Analysis& a) {
  if (a.sizes.empty() || t.dma_rates.empty()) return "";
  double best = 0;
  for (const TransferRate& r : t.dma_rates) best = std::max(best, r.gb_s);
  std::string text = heading("DMAs by size (GB/s: of such transfers one behind another)");
  for (size_t s = 0; s < std::min(kRows, a.sizes.size()); ++s) {
    const TransferSize& size = a.sizes[s];
    text += fmt::format("  {:>9} x {:>10}  rows of {:<12} {:>8} GB/s  {:>7} of the best\n",
                        count_text(size.count), bytes_text(static_cast<double>(size.bytes)),
                        size_text(size.row_bytes), significant(size.gb_s, 4),
                        percent(ratio(size.gb_s, best)));
  }
  return text;
}

std::string lines_text(const Trace& t, const Analysis& a) {
  if (a.lines.empty()) return "";
  std::vector<LineTime> lines = a.lines;
  std::ranges::stable_sort(lines, [](const LineTime& x, const LineTime& y) {
    return x.critical != y.critical ? x.critical > y.critical : x.busy > y.busy;
  });
  if (lines.size() > kLines) lines.resize(kLines);
  std::ranges::stable_sort(
      lines, {}, [](const LineTime& l) { return std::pair(l.source.file, l.source.line); });
  std::string text, file;
  SourceText source;
  for (const LineTime& l : lines) {
    if (l.source.file != file) {
      file = l.source.file;
      text += heading(fmt::format("Lines of {}\n  {:>8}  {:>8}", file, "critical", "busy"));
      source = read_source(file);
    }
    text += fmt::format("  {:>8}  {:>8}  {:>5}  {}\n", percent(ratio(l.critical, t.span)),
                        percent(ratio(l.busy, t.span)), l.source.line,
                        shortened(source.line(l.source.line), kSourceWidth));
  }
  return text;
}

}  // namespace

std::string report_text(const Report& report) {
  const Trace& t = report.trace;
  const Analysis a = analyse(t);
  return summary_text(t) + stalls_text(t, a) + path_text(t, a) + what_if_text(report) +
         utilisation_text(t, a.utilisation) + transfers_text(t, a) + lines_text(t, a);
}

}  // namespace trainyard::profile
