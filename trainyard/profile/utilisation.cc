// Series over time: each interval is spread over the parts of the span that it covers.

#include "trainyard/profile/analysis.h"

#include <algorithm>

namespace trainyard::profile {

namespace {

class Parts {
 public:
  Parts(Picoseconds span, size_t count)
      : width_(std::max(1.0, static_cast<double>(span) / static_cast<double>(count))),
        count_(count) {}

  double width() const { return width_; }

  /// Calls visit(part, picoseconds of it) for the parts that [from, to) covers.
  template <class Visit>
  void cover(Picoseconds from, Picoseconds to, Visit visit) const {
    const auto begin = static_cast<double>(std::max<Picoseconds>(0, from));
    const auto end = std::min(static_cast<double>(to), width_ * static_cast<double>(count_));
    if (begin >= end) return;
    for (auto part = static_cast<size_t>(begin / width_); part < count_; ++part) {
      const double low = width_ * static_cast<double>(part);
      if (low >= end) break;
      visit(part, std::min(end, low + width_) - std::max(begin, low));
    }
  }

 private:
  double width_;
  size_t count_;
};

// At most how many bytes of each partition were in use within each part, on any one core.
std::vector<int64_t> live(const Trace& trace, Memory memory, const Parts& parts, size_t count) {
  std::vector<int64_t> most(count, 0);
  struct Event {
    Picoseconds at;
    int64_t bytes;
  };
  for (int core = 0; core < trace.cores; ++core) {
    std::vector<Event> events;
    for (const Tensor& t : trace.tensors) {
      if (t.memory != memory || t.core != core) continue;
      events.push_back({t.first, t.bytes});
      events.push_back({t.last, -t.bytes});
    }
    std::ranges::sort(events, [](const Event& a, const Event& b) {
      return a.at != b.at ? a.at < b.at : a.bytes < b.bytes;
    });
    int64_t now = 0;
    for (size_t e = 0; e < events.size(); ++e) {
      now += events[e].bytes;
      const Picoseconds until = e + 1 < events.size() ? events[e + 1].at : trace.span;
      parts.cover(events[e].at, until,
                  [&](size_t part, double) { most[part] = std::max(most[part], now); });
    }
  }
  return most;
}

}  // namespace

Utilisation utilisation_of(const Trace& trace, size_t count) {
  const Parts parts(trace.span, count);
  Utilisation u;
  for (const Lane& lane : trace.lanes) {
    std::vector<double> busy(count, 0);
    for (const uint32_t k : lane.intervals) {
      const Interval& i = trace.intervals[k];
      parts.cover(i.start, i.freed,
                  [&](size_t part, double time) { busy[part] += time / parts.width(); });
    }
    u.lanes.push_back(std::move(busy));
  }
  u.hbm_gb_s.assign(count, 0);
  u.in_flight.assign(count, 0);
  for (const Transfer& t : trace.transfers) {
    const double each = static_cast<double>(t.hbm_bytes) * 1000.0 /
                        static_cast<double>(std::max<Picoseconds>(1, t.end - t.start));
    parts.cover(t.start, t.end, [&](size_t part, double time) {
      u.hbm_gb_s[part] += each * time / parts.width();
      u.in_flight[part] += time / parts.width();
    });
  }
  u.sbuf_bytes = live(trace, Memory::sbuf, parts, count);
  u.psum_bytes = live(trace, Memory::psum, parts, count);
  return u;
}

}  // namespace trainyard::profile
