// Idle time of engines, by what they waited for. Queues of DMAs wait by design, so they only count
// where nothing else computes.

#include "trainyard/profile/analysis.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

namespace trainyard::profile {

namespace {

constexpr size_t kMostStalls = 40;

struct Key {
  uint32_t lane, producer, label, source;
  bool operator==(const Key&) const = default;
};

struct Hash {
  size_t operator()(const Key& k) const {
    size_t h = k.lane;
    for (const uint32_t part : {k.producer, k.label, k.source})
      h = h * 0x9e3779b97f4a7c15 + part + (h >> 29);
    return h;
  }
};

// Lanes that only move data.
std::vector<bool> queues_of(const Trace& trace, const std::vector<uint32_t>& lanes) {
  std::vector<bool> queue(trace.lanes.size() + 1, false);
  for (const Transfer& t : trace.transfers) queue[lanes[t.interval]] = true;
  const auto computes = [&](size_t lane) {
    return !queue[lane] && !trace.lanes[lane].intervals.empty();
  };
  for (size_t lane = 0; lane < trace.lanes.size(); ++lane)
    if (computes(lane)) return queue;
  return std::vector<bool>(queue.size(), false);
}

// By interval: whether it and what it waited for follow each other on the path.
std::vector<bool> path_edges(const Trace& trace, const std::vector<PathStep>& path) {
  std::vector<bool> edge(trace.intervals.size(), false);
  for (size_t n = 1; n < path.size(); ++n)
    edge[path[n].interval] =
        trace.intervals[path[n].interval].waited_for == path[n - 1].interval + 1;
  return edge;
}

}  // namespace

std::vector<Stall> find_stalls(const Trace& trace, const std::vector<PathStep>& path) {
  const std::vector<uint32_t> lanes = lanes_of(trace), place = places_of(trace);
  const std::vector<bool> queue = queues_of(trace, lanes), on_path = path_edges(trace, path);
  std::unordered_map<Key, size_t, Hash> index;
  std::vector<Stall> stalls;
  std::vector<Picoseconds> longest;
  std::vector<std::vector<const Transfer*>> moved;  // by stall
  std::vector<const Transfer*> transfer_of(trace.intervals.size(), nullptr);
  for (const Transfer& t : trace.transfers) transfer_of[t.interval] = &t;
  for (size_t lane = 0; lane < trace.lanes.size(); ++lane) {
    if (queue[lane]) continue;
    Picoseconds free = 0;
    for (const uint32_t k : trace.lanes[lane].intervals) {
      const Interval& i = trace.intervals[k];
      const Picoseconds idle = i.start - free;
      free = i.freed;
      if (i.waited_for == 0 || idle <= 0) continue;
      const uint32_t p = i.waited_for - 1;
      const Interval& producer = trace.intervals[p];
      const uint32_t source = place[producer.source];
      const Key key{static_cast<uint32_t>(lane), lanes[p], producer.label, source};
      const auto [it, fresh] = index.try_emplace(key, stalls.size());
      if (fresh) {
        Stall s;
        s.lane = lane;
        s.producer = lanes[p];
        s.label = producer.label;
        s.source = source;
        stalls.push_back(std::move(s));
        longest.push_back(-1);
        moved.emplace_back();
      }
      Stall& s = stalls[it->second];
      if (transfer_of[p]) moved[it->second].push_back(transfer_of[p]);
      s.time += idle;
      if (on_path[k]) s.critical += idle;
      ++s.count;
      if (idle > longest[it->second]) {
        longest[it->second] = idle;
        s.longest = k;
      }
    }
  }
  std::vector<size_t> order(stalls.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::stable_sort(order, std::greater{}, [&](size_t s) { return stalls[s].time; });
  order.resize(std::min(order.size(), kMostStalls));
  std::vector<Stall> worst;
  for (const size_t s : order) {
    explain(stalls[s], trace, moved[s]);
    worst.push_back(std::move(stalls[s]));
  }
  return worst;
}

}  // namespace trainyard::profile
