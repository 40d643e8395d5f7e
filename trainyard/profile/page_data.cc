// The page numbers intervals lane by lane, in order of issue, so that neighbours differ little;
// page/data.js reads the columns in the order in which they are written here.

#include "trainyard/profile/page_data.h"

#include <algorithm>
#include <set>

#include "trainyard/profile/packing.h"
#include "trainyard/profile/report_tables.h"
#include "trainyard/profile/source_text.h"

namespace trainyard::profile {

using Json = nlohmann::ordered_json;

namespace {

constexpr int kContext = 30;          // lines around those that a kernel uses
constexpr size_t kWholeFile = 2'000;  // lines up to which a file is shown whole
constexpr uint32_t kNowhere = UINT32_MAX;
constexpr char kSeparator = '\0';  // no name of Python's has one

// By interval: its number on the page; intervals on no lane have none.
std::vector<uint32_t> page_numbers(const Trace& t) {
  std::vector<uint32_t> numbers(t.intervals.size(), kNowhere);
  uint32_t next = 0;
  for (const Lane& lane : t.lanes)
    for (const uint32_t k : lane.intervals) numbers[k] = next++;
  return numbers;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    for (const char c : text) all += c == kSeparator ? ' ' : c;
    all += kSeparator;
  }
  return all;
}

std::string intervals_of(const Trace& t, const std::vector<uint32_t>& numbers) {
  Column gap, busy, tail, label, source, waited, arguments;
  for (const Lane& lane : t.lanes) {
    Picoseconds free = 0;
    for (const uint32_t k : lane.intervals) {
      const Interval& i = t.intervals[k];
      gap.add_signed(i.start - free);
      free = i.freed;
      busy.add_signed(i.freed - i.start);
      tail.add_signed(i.end - i.freed);
      label.add(i.label);
      source.add(i.source);
      const uint32_t other = i.waited_for > 0 ? numbers[i.waited_for - 1] : kNowhere;
      waited.add_signed(other == kNowhere ? 0 : int64_t{numbers[k]} - int64_t{other});
      arguments.add(i.arguments);
    }
  }
  return gap.bytes() + busy.bytes() + tail.bytes() + label.bytes() + source.bytes() +
         waited.bytes() + arguments.bytes();
}

std::string path_of(const Analysis& a, const std::vector<uint32_t>& numbers) {
  Column number, time;
  int64_t before = 0;
  for (const PathStep& step : a.path) {
    const int64_t now = numbers[step.interval];
    number.add_signed(now - before);
    before = now;
    time.add_signed(step.time);
  }
  return number.bytes() + time.bytes();
}

// Those whose instructions are on a lane, by their start.
std::vector<uint32_t> shown_transfers(const Trace& t, const std::vector<uint32_t>& numbers) {
  std::vector<uint32_t> order;
  for (uint32_t n = 0; n < t.transfers.size(); ++n)
    if (numbers[t.transfers[n].interval] != kNowhere) order.push_back(n);
  std::ranges::stable_sort(order, {}, [&](uint32_t n) { return t.transfers[n].start; });
  return order;
}

std::string transfers_of(const Trace& t, const std::vector<uint32_t>& numbers,
                         const std::vector<uint32_t>& order) {
  Column start, time, interval, hbm_bytes, bytes, row_bytes;
  Picoseconds at = 0;
  int64_t before = 0;
  for (const uint32_t n : order) {
    const Transfer& transfer = t.transfers[n];
    start.add_signed(transfer.start - at);
    at = transfer.start;
    time.add_signed(transfer.end - transfer.start);
    interval.add_signed(int64_t{numbers[transfer.interval]} - before);
    before = numbers[transfer.interval];
    hbm_bytes.add_signed(transfer.hbm_bytes);
    bytes.add_signed(transfer.bytes);
    row_bytes.add_signed(transfer.row_bytes);
  }
  return start.bytes() + time.bytes() + interval.bytes() + hbm_bytes.bytes() + bytes.bytes() +
         row_bytes.bytes();
}

std::string tensors_of(const Trace& t) {
  Column memory, core, address, bytes, partition, partitions, first, last, source;
  Picoseconds at = 0;
  for (const Tensor& tensor : t.tensors) {
    memory.add(static_cast<uint64_t>(tensor.memory));
    core.add_signed(tensor.core);
    address.add_signed(tensor.address);
    bytes.add_signed(tensor.bytes);
    partition.add_signed(tensor.partition);
    partitions.add_signed(tensor.partitions);
    first.add_signed(tensor.first - at);
    at = tensor.first;
    last.add_signed(tensor.last - tensor.first);
    source.add(tensor.source);
  }
  return memory.bytes() + core.bytes() + address.bytes() + bytes.bytes() + partition.bytes() +
         partitions.bytes() + first.bytes() + last.bytes() + source.bytes();
}

std::string tensor_names(const Trace& t) {
  std::vector<std::string> names;
  for (const Tensor& tensor : t.tensors)
    names.insert(names.end(), {tensor.id, tensor.name, tensor.type});
  return joined(names);
}

// The lines of each file that a reader may look for: [[number, text], …].
Json files_of(const Trace& t) {
  std::map<std::string, std::set<int>> used;
  for (const Source& s : t.sources)
    if (s.line > 0) used[s.file].insert(s.line);
  Json files = Json::object();
  for (const auto& [file, lines] : used) {
    const SourceText text = read_source(file);
    const auto count = static_cast<int>(text.lines.size());
    std::set<int> shown;
    for (const int line : lines)
      for (int l = std::max(1, line - kContext); l <= std::min(count, line + kContext); ++l)
        shown.insert(l);
    if (text.lines.size() <= kWholeFile)
      for (int l = 1; l <= count; ++l) shown.insert(l);
    Json rows = Json::array();
    for (const int line : shown) rows.push_back({line, text.line(line)});
    files[file] = std::move(rows);
  }
  return files;
}

Json tables_of(const Report& report, const Analysis& a, const std::vector<uint32_t>& numbers,
               size_t transfers) {
  const Trace& t = report.trace;
  Json json = report_tables(report, a);
  for (const char* table : {"stalls", "critical_path"}) {
    Json& rows = json[table].is_array() ? json[table] : json[table]["rows"];
    for (Json& row : rows) row["longest_interval"] = numbers[row["longest_interval"]];
  }
  Json lanes = Json::array(), sources = Json::array();
  for (const Lane& lane : t.lanes)
    lanes.push_back({{"name", lane.name}, {"core", lane.core}, {"count", lane.intervals.size()}});
  for (const Source& s : t.sources) sources.push_back({s.file, s.line});
  json["page"] = {{"lanes", std::move(lanes)}, {"sources", std::move(sources)},
                  {"files", files_of(t)},      {"path", a.path.size()},
                  {"transfers", transfers},    {"tensors", t.tensors.size()},
                  {"cores", t.cores}};
  return json;
}

}  // namespace

void page_data(const Report& report, const PutPiece& put) {
  const Trace& t = report.trace;
  const Analysis a = analyse(t);
  const std::vector<uint32_t> numbers = page_numbers(t);
  const std::vector<uint32_t> shown = shown_transfers(t, numbers);
  const Json tables = tables_of(report, a, numbers, shown.size());
  put("tables", tables.dump(-1, ' ', false, Json::error_handler_t::replace));
  put("labels", packed(joined(t.labels)));
  put("intervals", packed(intervals_of(t, numbers)));
  put("path", packed(path_of(a, numbers)));
  put("transfers", packed(transfers_of(t, numbers, shown)));
  put("tensors", packed(tensors_of(t)));
  put("tensor-names", packed(tensor_names(t)));
  put("arguments", packed(joined(t.arguments)));
}

}  // namespace trainyard::profile
