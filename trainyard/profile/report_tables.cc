// Units stand in the names of the keys; shares are of the kernel's simulated time.

#include "trainyard/profile/report_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "trainyard/profile/summary.h"
#include "trainyard/profile/words.h"

namespace trainyard::profile {

using Json = nlohmann::ordered_json;

namespace {

constexpr size_t kMostRows = 60;  // of a table

std::string lane_name(const Trace& t, size_t lane) {
  return lane < t.lanes.size() ? t.lanes[lane].name : "";
}

const Source& source_of(const Trace& t, uint32_t source) {
  static const Source none;
  return source < t.sources.size() ? t.sources[source] : none;
}

void add_place(Json& row, const Source& source) {
  row["file"] = source.line > 0 ? Json(source.file) : Json(nullptr);
  row["line"] = source.line > 0 ? Json(source.line) : Json(nullptr);
}

Json path_json(const Trace& t, const Analysis& a) {
  struct Group {
    Picoseconds time = 0, longest = -1;
    uint64_t count = 0;
    uint32_t interval = 0;
  };
  const std::vector<uint32_t> lanes = lanes_of(t), places = places_of(t);
  std::map<std::tuple<uint32_t, uint32_t, uint32_t>, Group> groups;
  Picoseconds whole = 0;
  for (const PathStep& step : a.path) {
    const Interval& i = t.intervals[step.interval];
    Group& g = groups[{lanes[step.interval], i.label, places[i.source]}];
    g.time += step.time;
    ++g.count;
    whole += step.time;
    if (step.time > g.longest) {
      g.longest = step.time;
      g.interval = step.interval;
    }
  }
  Json lanes_json = Json::array(), rows = Json::array();
  for (size_t lane = 0; lane < t.lanes.size(); ++lane)
    if (a.path_by_lane[lane] > 0)
      lanes_json.push_back({{"name", t.lanes[lane].name},
                            {"time_ps", a.path_by_lane[lane]},
                            {"share", ratio(a.path_by_lane[lane], t.span)}});
  std::vector<std::pair<std::tuple<uint32_t, uint32_t, uint32_t>, Group>> sorted(groups.begin(),
                                                                                 groups.end());
  std::ranges::stable_sort(sorted, std::greater{}, [](const auto& g) { return g.second.time; });
  if (sorted.size() > kMostRows) sorted.resize(kMostRows);
  for (const auto& [key, g] : sorted) {
    const auto& [lane, label, source] = key;
    Json row = {{"lane", lane_name(t, lane)},
                {"instruction", t.labels[label]},
                {"count", g.count},
                {"time_ps", g.time},
                {"share", ratio(g.time, t.span)},
                {"longest_interval", g.interval}};
    add_place(row, source_of(t, source));
    rows.push_back(std::move(row));
  }
  return {{"known", !a.path.empty()},
          {"steps", a.path.size()},
          {"time_ps", whole},
          {"lanes", std::move(lanes_json)},
          {"rows", std::move(rows)}};
}

Json stalls_json(const Trace& t, const Analysis& a) {
  Json rows = Json::array();
  for (const Stall& s : a.stalls) {
    Json row = {{"lane", lane_name(t, s.lane)},
                {"waits_for", lane_name(t, s.producer)},
                {"instruction", t.labels[s.label]},
                {"time_ps", s.time},
                {"share", ratio(s.time, t.span)},
                {"critical_ps", s.critical},
                {"count", s.count},
                {"longest_interval", s.longest},
                {"text", s.text},
                {"advice", s.advice}};
    add_place(row, source_of(t, s.source));
    rows.push_back(std::move(row));
  }
  return rows;
}

Json operations_json(const Trace& t, const Analysis& a) {
  Json rows = Json::array();
  for (const OperationTime& o : a.operations) {
    if (rows.size() == kMostRows) break;
    rows.push_back({{"instruction", t.labels[o.label]},
                    {"lane", lane_name(t, o.lane)},
                    {"count", o.count},
                    {"busy_ps", o.busy},
                    {"share", ratio(o.busy, t.span)},
                    {"critical_ps", o.critical}});
  }
  return rows;
}

Json lines_json(const Analysis& a) {
  Json rows = Json::array();
  for (const LineTime& l : a.lines)
    rows.push_back({{"file", l.source.file},
                    {"line", l.source.line},
                    {"count", l.count},
                    {"busy_ps", l.busy},
                    {"waiting_ps", l.waiting},
                    {"critical_ps", l.critical}});
  return rows;
}

Json transfers_json(const Trace& t, const Analysis& a) {
  Json sizes = Json::array(), curve = Json::array();
  for (const TransferSize& s : a.sizes) {
    if (sizes.size() == kMostRows) break;
    sizes.push_back(
        {{"bytes", s.bytes}, {"row_bytes", s.row_bytes}, {"count", s.count}, {"gb_s", s.gb_s}});
  }
  for (const TransferRate& r : t.dma_rates)
    curve.push_back({{"row_bytes", r.row_bytes}, {"gb_s", r.gb_s}});
  return {{"count", t.transfers.size()},
          {"gb_s_peak", t.dma_gb_s_peak},
          {"sizes", std::move(sizes)},
          {"rates_of_128_rows", std::move(curve)}};
}

// Enough digits for a line on a screen.
Json rounded(const std::vector<double>& values) {
  constexpr double kDigits = 1e4;
  Json list = Json::array();
  for (const double v : values) list.push_back(std::round(v * kDigits) / kDigits);
  return list;
}

Json utilisation_json(const Trace& t, const Utilisation& u) {
  Json lanes = Json::array();
  for (size_t lane = 0; lane < u.lanes.size(); ++lane)
    if (!t.lanes[lane].intervals.empty())
      lanes.push_back({{"name", t.lanes[lane].name}, {"busy_share", rounded(u.lanes[lane])}});
  Json json = {{"part_ps", static_cast<double>(t.span) / static_cast<double>(kUtilisationParts)},
               {"lanes", std::move(lanes)},
               {"hbm_gb_s", rounded(u.hbm_gb_s)},
               {"transfers_in_flight", rounded(u.in_flight)}};
  if (!t.tensors.empty()) {
    json["sbuf_partition_bytes"] = u.sbuf_bytes;
    json["psum_partition_bytes"] = u.psum_bytes;
  }
  return json;
}

Json what_if_json(const Report& report) {
  Json rows = Json::array();
  for (const WhatIf& w : report.what_if)
    rows.push_back(
        {{"change", w.change}, {"ps", w.span}, {"speedup", ratio(report.trace.span, w.span)}});
  return rows;
}

// Per byte of HBM; 0 where nothing moved.
Json roofline_json(const Trace& t) {
  const double intensity = ratio(t.flops, static_cast<double>(t.hbm_bytes));
  const double roof = std::min(t.peak_tflops, intensity * t.hbm_gb_s_peak * 1e-3);
  return {{"flops_per_byte", intensity},
          {"tflops", t.tflops()},
          {"tflops_peak", t.peak_tflops},
          {"gb_s_peak", t.hbm_gb_s_peak},
          {"dma_gb_s_peak", t.dma_gb_s_peak},
          {"tflops_roof", roof},
          {"bound", t.flops == 0           ? "no matmul"
                    : roof < t.peak_tflops ? "HBM"
                                           : "Tensor Engine"}};
}

}  // namespace

Json report_tables(const Report& report, const Analysis& a) {
  const Trace& t = report.trace;
  Json json = Json::parse(summary_json(t));
  json["stalls"] = stalls_json(t, a);
  json["critical_path"] = path_json(t, a);
  json["what_if"] = what_if_json(report);
  json["roofline"] = roofline_json(t);
  json["transfers"] = transfers_json(t, a);
  json["operations"] = operations_json(t, a);
  json["lines"] = lines_json(a);
  json["utilisation"] = utilisation_json(t, a.utilisation);
  return json;
}

}  // namespace trainyard::profile
