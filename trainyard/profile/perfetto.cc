// The Chrome trace format: JSON, one event a line, written as it is made so that a long trace never
// exists twice. Its times are microseconds.

#include "trainyard/profile/perfetto.h"

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/base/atomic_file.h"
#include "trainyard/machine/ascii_armour.h"

namespace trainyard::profile {

namespace {

constexpr int kProcess = 1;
constexpr size_t kKernelTrack = 1, kFirstLaneTrack = 2;

// As a JSON string; bytes that are no UTF-8 become U+FFFD.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (true) {
    const size_t good = machine::broken_utf8(text).value_or(text.size());
    for (const char c : text.substr(0, good)) {
      if (c == '"' || c == '\\') out += {'\\', c};
      else if (static_cast<unsigned char>(c) < ' ') out += fmt::format("\\u{:04x}", c);
      else out += c;
    }
    if (good == text.size()) return out + '"';
    out += "\\ufffd";
    text.remove_prefix(good + 1);
  }
}

// Picoseconds as microseconds, exactly.
std::string us(Picoseconds t) {
  constexpr Picoseconds kMicrosecond = 1'000'000;
  return fmt::format("{}.{:06d}", t / kMicrosecond, t % kMicrosecond);
}

class Events {
 public:
  explicit Events(base::AtomicFile& file) : file_(file) {}

  template <class... Args>
  void add(fmt::format_string<Args...> format, Args&&... args) {
    line_.clear();
    line_.append(first_ ? std::string_view("\n") : std::string_view(",\n"));
    first_ = false;
    fmt::format_to(std::back_inserter(line_), format, std::forward<Args>(args)...);
    file_.write({line_.data(), line_.size()});
  }

  void name_track(size_t track, const std::string& name) {
    add(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_name","args":{{"name":{}}}}})", kProcess,
        track, quoted(name));
    add(R"({{"ph":"M","pid":{},"tid":{},"name":"thread_sort_index","args":{{"sort_index":{}}}}})",
        kProcess, track, track);
  }

 private:
  base::AtomicFile& file_;
  fmt::memory_buffer line_;
  bool first_ = true;
};

// Where an interval is drawn, and how long its lane stood idle before it.
struct Drawn {
  size_t track = 0;
  Picoseconds idle = 0;
};

std::vector<Drawn> layout(const Trace& trace) {
  std::vector<Drawn> drawn(trace.intervals.size());
  for (size_t lane = 0; lane < trace.lanes.size(); ++lane) {
    Picoseconds free = 0;
    for (const uint32_t k : trace.lanes[lane].intervals) {
      drawn[k] = {kFirstLaneTrack + lane, trace.intervals[k].start - free};
      free = trace.intervals[k].freed;
    }
  }
  return drawn;
}

// The idle time from which on a wait gets an arrow.
Picoseconds shortest_wait_shown(const Trace& trace, const std::vector<Drawn>& drawn, size_t most) {
  std::vector<Picoseconds> waits;
  for (size_t k = 0; k < drawn.size(); ++k)
    if (trace.intervals[k].waited_for > 0 && drawn[k].idle > 0) waits.push_back(drawn[k].idle);
  if (waits.size() <= most) return 1;
  if (most == 0) return std::numeric_limits<Picoseconds>::max();
  std::ranges::nth_element(waits, waits.begin() + static_cast<std::ptrdiff_t>(most),
                           std::greater<>());
  return waits[most] + 1;
}

class Kernel {
 public:
  Kernel(const Trace& trace, Picoseconds offset, Events& events)
      : trace_(trace), offset_(offset), events_(events), drawn_(layout(trace)) {
    for (const std::string& label : trace.labels) labels_.push_back(quoted(label));
    for (const Source& s : trace.sources)
      places_.push_back(s.line > 0 ? quoted(fmt::format("{}:{}", s.file, s.line)) : "null");
  }

  void write(uint64_t& next_id, const PerfettoOptions& options) {
    events_.add(R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":{},"args":{{)"
                R"("machine":{},"instructions":{},"low_us":{},"high_us":{}}}}})",
                kProcess, kKernelTrack, us(offset_), us(trace_.span), quoted(trace_.kernel),
                quoted(trace_.machine_line), trace_.instructions, us(trace_.low), us(trace_.high));
    const Picoseconds shown = shortest_wait_shown(trace_, drawn_, options.most_arrows);
    for (size_t k = 0; k < trace_.intervals.size(); ++k) {
      write_interval(k);
      if (trace_.intervals[k].waited_for > 0 && drawn_[k].idle >= shown) write_arrow(k, ++next_id);
    }
    for (const Transfer& transfer : trace_.transfers) write_transfer(transfer, ++next_id);
  }

 private:
  const std::string& label(const Interval& i) const { return labels_[i.label]; }
  const std::string& place(const Interval& i) const { return places_[i.source]; }

  void write_interval(size_t k) {
    const Interval& i = trace_.intervals[k];
    std::string waited = "null";
    if (i.waited_for > 0) waited = label(trace_.intervals[i.waited_for - 1]);
    events_.add(R"({{"ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":{},"args":{{)"
                R"("source":{},"result_us":{},"idle_us":{},"waited_for":{}}}}})",
                kProcess, drawn_[k].track, us(offset_ + i.start), us(i.freed - i.start), label(i),
                place(i), us(offset_ + i.end), us(drawn_[k].idle), waited);
  }

  // An arrow belongs to the slices around its two times, so both are the start of theirs.
  void write_arrow(size_t k, uint64_t id) {
    const size_t from = trace_.intervals[k].waited_for - 1;
    constexpr std::string_view kEnds[] = {R"("ph":"s")", R"("ph":"f","bp":"e")"};
    const size_t at[] = {from, k};
    for (int end = 0; end < 2; ++end) {
      events_.add(R"({{{},"pid":{},"tid":{},"ts":{},"id":{},"cat":"wait","name":"wait"}})",
                  kEnds[end], kProcess, drawn_[at[end]].track,
                  us(offset_ + trace_.intervals[at[end]].start), id);
    }
  }

  // Transfers overlap, so they are asynchronous events: viewers stack them.
  void write_transfer(const Transfer& t, uint64_t id) {
    const Interval& i = trace_.intervals[t.interval];
    events_.add(
        R"({{"ph":"b","cat":"dma","pid":{},"id":"{}","ts":{},"name":"DMA transfers","args":)"
        R"({{"instruction":{},"source":{},"hbm_bytes":{}}}}})",
        kProcess, id, us(offset_ + t.start), label(i), place(i), t.hbm_bytes);
    events_.add(R"({{"ph":"e","cat":"dma","pid":{},"id":"{}","ts":{},"name":"DMA transfers"}})",
                kProcess, id, us(offset_ + t.end));
  }

  const Trace& trace_;
  const Picoseconds offset_;
  Events& events_;
  std::vector<Drawn> drawn_;
  std::vector<std::string> labels_, places_;
};

}  // namespace

void write_perfetto(const std::string& path, const std::vector<const Trace*>& kernels,
                    const PerfettoOptions& options) {
  base::AtomicFile file(path);
  const bool measured = !kernels.empty() && kernels.front()->measured;
  file.write(fmt::format(R"({{"displayTimeUnit":"ns","otherData":{{"time":"{}"}},"traceEvents":[)",
                         measured ? "measured" : "simulated, uncalibrated"));
  Events events(file);
  const Trace* widest = nullptr;
  for (const Trace* t : kernels)
    if (!widest || t->lanes.size() > widest->lanes.size()) widest = t;
  if (widest) {
    events.add(R"({{"ph":"M","pid":{},"name":"process_name","args":{{"name":{}}}}})", kProcess,
               quoted(widest->machine_line));
    events.name_track(kKernelTrack, "kernels");
    for (size_t lane = 0; lane < widest->lanes.size(); ++lane)
      events.name_track(kFirstLaneTrack + lane, widest->lanes[lane].name);
  }
  Picoseconds offset = 0;
  uint64_t id = 0;
  for (const Trace* t : kernels) {
    Kernel(*t, offset, events).write(id, options);
    offset += t->span;
  }
  file.write("\n]}\n");
  file.commit();
}

}  // namespace trainyard::profile
