// What to do about a stall follows from what was waited for: data in small pieces, a busy engine,
// bytes that another tile still holds, or plain turns.

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/profile/analysis.h"
#include "trainyard/profile/words.h"

namespace trainyard::profile {

namespace {

constexpr double kGoodShare = 0.9;  // of the best rate of transfers: larger ones gain little
constexpr double kSlowShare = 0.7;  // below it, the size of transfers is what to change first
constexpr double kBusyShare = 0.6;  // an engine this busy is a bottleneck

// "vector" of "rank 1 core 0 vector".
std::string_view plain(const Lane& lane) {
  const std::string_view name = lane.name;
  for (const std::string_view last :
       {"tensor", "vector", "scalar", "gpsimd", "dma load", "dma store", "dma gather"})
    if (name.ends_with(last)) return last;
  return name;
}

// The tensor that `parameter` names in an instruction's arguments: its name, else its id.
std::string tensor_in(const Trace& trace, const Interval& i, int core, std::string_view parameter) {
  if (i.arguments == 0 || i.arguments >= trace.arguments.size()) return "";
  const std::string_view text = trace.arguments[i.arguments];
  size_t at = text.find(parameter);
  if (at == text.npos) return "";
  at += parameter.size();
  const std::string_view id = text.substr(at, text.find_first_of(" [@{", at) - at);
  for (const Tensor& t : trace.tensors)
    if (t.core == core && t.id == id) return t.name.empty() ? t.id : t.name;
  return std::string(id);
}

std::string what(const Stall& s, const Trace& trace, bool moves) {
  const std::string& label = s.label < trace.labels.size() ? trace.labels[s.label] : "";
  const Interval& producer = trace.intervals[trace.intervals[s.longest].waited_for - 1];
  const bool known = s.producer < trace.lanes.size();
  const std::string_view lane = known ? plain(trace.lanes[s.producer]) : "";
  std::string text;
  if (moves) {
    const bool store = lane == "dma store";
    const int core = known ? trace.lanes[s.producer].core : 0;
    const std::string tensor = tensor_in(trace, producer, core, store ? "dst=" : "src=");
    text = store ? "the store" : lane == "dma load" ? "the load" : label;
    if (!tensor.empty()) text += fmt::format(" of `{}`", tensor);
  } else if (known && s.producer == s.lane) {
    text = fmt::format("its own {}", label);
  } else {
    text = known ? fmt::format("{} on {}", label, trace.lanes[s.producer].name) : label;
  }
  const Source& source = trace.sources.empty() ? Source{} : trace.sources[s.source];
  const size_t folder = source.file.find_last_of('/');
  const std::string file =
      folder == source.file.npos ? source.file : source.file.substr(folder + 1);
  return source.line > 0 ? fmt::format("{} ({}:{})", text, file, source.line) : text;
}

// The least bytes of a row that get close to the best rate; 0: nobody knows.
const TransferRate* good_rate(const Trace& trace, double best) {
  for (const TransferRate& r : trace.dma_rates)
    if (r.gb_s >= kGoodShare * best) return &r;
  return nullptr;
}

std::string transfer_advice(const Trace& trace, const std::vector<const Transfer*>& transfers,
                            bool store) {
  double bytes = 0, rows = 0, rate = 0, best = 0;
  for (const Transfer* t : transfers) {
    bytes += static_cast<double>(t->bytes);
    rows += static_cast<double>(t->row_bytes);
    rate += t->gb_s;
  }
  const auto count = static_cast<double>(transfers.size());
  for (const TransferRate& r : trace.dma_rates) best = std::max(best, r.gb_s);
  const TransferRate* good = good_rate(trace, best);
  const auto row_bytes = static_cast<int64_t>(rows / count);
  if (good && row_bytes > 0 && rate / count < kSlowShare * best) {
    const auto share = [&](double gb_s) { return fmt::format("{:.0f} %", 100 * gb_s / best); };
    if (row_bytes < good->row_bytes)
      return fmt::format(
          "Rows of {} reach {} of the bandwidth of DMAs; {} would reach {}: move more of each row "
          "at once.",
          size_text(row_bytes), share(rate / count), size_text(good->row_bytes), share(good->gb_s));
    return fmt::format(
        "Transfers of {} reach {} of the bandwidth of DMAs: move several tiles in one, over all "
        "partitions.",
        bytes_text(bytes / count), share(rate / count));
  }
  if (trace.dma_share() > kBusyShare)
    return fmt::format(
        "The DMA engines are {} busy: move fewer bytes, by keeping tiles in SBUF or in a narrower "
        "type.",
        percent(trace.dma_share()));
  if (store)
    return "The bytes are needed again before the store has read them: give the tile another "
           "buffer, or store sooner.";
  return "The data is asked for too late: load the next tile while this one is computed, into a "
         "buffer of its own.";
}

std::string engine_advice(const Stall& s, const Trace& trace) {
  if (s.producer == s.lane)
    return "Each result is needed at once: put independent work between, such as another tile.";
  const Lane& producer = trace.lanes[s.producer];
  if (trace.busy_share(producer) <= kBusyShare)
    return "The two take turns: have two tiles in flight, so that one computes while the other "
           "waits.";
  const Lane* idle = nullptr;  // GpSimd is the slowest of them, so it comes last
  for (const std::string_view other : {"vector", "scalar", "gpsimd"})
    for (const Lane& lane : trace.lanes)
      if (!idle && &lane != &producer && lane.core == producer.core && plain(lane) == other &&
          trace.busy_share(lane) <= kBusyShare)
        idle = &lane;
  const std::string busy = percent(trace.busy_share(producer));
  if (plain(producer) == "tensor" || !idle)
    return fmt::format("{} is the bottleneck ({} busy): give it larger tiles or a faster type.",
                       producer.name, busy);
  return fmt::format("{} is the bottleneck ({} busy): move some of its work to {} ({} busy).",
                     producer.name, busy, idle->name, percent(trace.busy_share(*idle)));
}

}  // namespace

void explain(Stall& s, const Trace& trace, const std::vector<const Transfer*>& transfers) {
  s.text = fmt::format("{} waits {} for {}", trace.lanes[s.lane].name,
                       percent(ratio(s.time, trace.span)), what(s, trace, !transfers.empty()));
  if (!transfers.empty()) {
    const bool store =
        s.producer < trace.lanes.size() && plain(trace.lanes[s.producer]) == "dma store";
    const std::vector<uint32_t>& lane = trace.lanes[s.lane].intervals;
    s.advice = s.count == 1 && s.longest == lane.front()
                   ? "Nothing can start before its first data is there: load that first, in a "
                     "smaller tile."
                   : transfer_advice(trace, transfers, store);
  } else if (s.producer < trace.lanes.size()) {
    s.advice = engine_advice(s, trace);
  }
}

}  // namespace trainyard::profile
