// One pass over the intervals for each table.

#include "trainyard/profile/analysis.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace trainyard::profile {

namespace {

// Idle time before each interval on its lane.
std::vector<Picoseconds> waits_of(const Trace& trace) {
  std::vector<Picoseconds> waits(trace.intervals.size(), 0);
  for (const Lane& lane : trace.lanes) {
    Picoseconds free = 0;
    for (const uint32_t k : lane.intervals) {
      waits[k] = std::max<Picoseconds>(0, trace.intervals[k].start - free);
      free = trace.intervals[k].freed;
    }
  }
  return waits;
}

std::vector<LineTime> lines_of(const Trace& trace, const std::vector<Picoseconds>& on_path) {
  const std::vector<Picoseconds> waits = waits_of(trace);
  const std::vector<uint32_t> places = places_of(trace);
  std::vector<LineTime> by_place(places.size());
  for (size_t k = 0; k < trace.intervals.size(); ++k) {
    const Interval& i = trace.intervals[k];
    LineTime& line = by_place[places[i.source]];
    line.busy += i.freed - i.start;
    line.waiting += waits[k];
    line.critical += on_path[k];
    ++line.count;
  }
  std::vector<LineTime> lines;
  for (size_t s = 0; s < trace.sources.size(); ++s) {
    if (by_place[s].count == 0 || trace.sources[s].line == 0) continue;
    by_place[s].source = trace.sources[s];
    lines.push_back(std::move(by_place[s]));
  }
  std::ranges::sort(lines, {}, [](const LineTime& l) {
    return std::pair<const std::string&, int>(l.source.file, l.source.line);
  });
  return lines;
}

std::vector<OperationTime> operations_of(const Trace& trace,
                                         const std::vector<Picoseconds>& on_path) {
  std::map<std::pair<uint32_t, size_t>, OperationTime> all;
  for (size_t lane = 0; lane < trace.lanes.size(); ++lane) {
    for (const uint32_t k : trace.lanes[lane].intervals) {
      const Interval& i = trace.intervals[k];
      OperationTime& o = all[{i.label, lane}];
      o.label = i.label;
      o.lane = lane;
      o.busy += i.freed - i.start;
      o.critical += on_path[k];
      ++o.count;
    }
  }
  std::vector<OperationTime> list;
  for (const auto& [key, o] : all) list.push_back(o);
  std::ranges::stable_sort(list, std::greater{}, &OperationTime::busy);
  return list;
}

std::vector<TransferSize> sizes_of(const Trace& trace) {
  std::map<std::pair<int64_t, int64_t>, TransferSize> all;  // bytes in all and in a row
  for (const Transfer& t : trace.transfers) {
    if (t.bytes == 0) continue;
    TransferSize& size = all[{t.bytes, t.row_bytes}];
    size.row_bytes = t.row_bytes;
    size.bytes = t.bytes;
    size.gb_s += t.gb_s;
    ++size.count;
  }
  std::vector<TransferSize> list;
  for (auto& [key, size] : all) {
    size.gb_s /= static_cast<double>(size.count);
    list.push_back(size);
  }
  const auto moved = [](const TransferSize& s) { return s.bytes * static_cast<int64_t>(s.count); };
  std::ranges::stable_sort(list, std::greater{}, moved);
  return list;
}

}  // namespace

std::vector<uint32_t> lanes_of(const Trace& trace) {
  std::vector<uint32_t> lanes(trace.intervals.size(), static_cast<uint32_t>(trace.lanes.size()));
  for (size_t lane = 0; lane < trace.lanes.size(); ++lane)
    for (const uint32_t k : trace.lanes[lane].intervals) lanes[k] = static_cast<uint32_t>(lane);
  return lanes;
}

std::vector<uint32_t> places_of(const Trace& trace) {
  std::map<std::pair<std::string_view, int>, uint32_t> first;
  std::vector<uint32_t> places(std::max<size_t>(1, trace.sources.size()), 0);
  for (uint32_t s = 0; s < trace.sources.size(); ++s) {
    const Source& source = trace.sources[s];
    places[s] = first.try_emplace({source.file, source.line}, s).first->second;
  }
  return places;
}

Analysis analyse(const Trace& trace) {
  Analysis a;
  a.path = critical_path(trace);
  std::vector<Picoseconds> on_path(trace.intervals.size(), 0);
  for (const PathStep& step : a.path) on_path[step.interval] = step.time;
  a.path_by_lane.assign(trace.lanes.size(), 0);
  for (size_t lane = 0; lane < trace.lanes.size(); ++lane)
    for (const uint32_t k : trace.lanes[lane].intervals) a.path_by_lane[lane] += on_path[k];
  a.stalls = find_stalls(trace, a.path);
  a.lines = lines_of(trace, on_path);
  a.operations = operations_of(trace, on_path);
  a.sizes = sizes_of(trace);
  a.utilisation = utilisation_of(trace, kUtilisationParts);
  return a;
}

}  // namespace trainyard::profile
