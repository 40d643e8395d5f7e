// Reading the JSON that `neuron-profile view --output-format json` writes. Keys come in any order;
// what is missing, or of another type than the export has, is refused by its name.

#include "trainyard/profile/capture.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>

#include "trainyard/base/diagnostics.h"
#include "trainyard/profile/capture_links.h"

namespace trainyard::profile {

namespace {

using simdjson::dom::array;
using simdjson::dom::element;

constexpr int64_t kDataVersion = 8;             // of the export, in its metadata
constexpr int64_t kLongest = int64_t{1} << 40;  // nanoseconds, about 18 minutes
constexpr Picoseconds kNanosecond = 1000;

class Reader {
 public:
  Reader(std::string_view text, std::string file) : file_(std::move(file)) {
    if (const auto problem = parser_.parse(text.data(), text.size()).get(root_))
      refuse(fmt::format("it is no JSON ({})", simdjson::error_message(problem)));
    if (!root_.is_object()) refuse("its JSON is no object");
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw base::Error(base::Code::E006, fmt::format("cannot read {} as a capture: {}", file_, why))
        .fix("export one with `neuron-profile view --output-format json`");
  }

  array list(const char* key) const {
    array found;
    const auto problem = root_[key].get(found);
    if (problem == simdjson::NO_SUCH_FIELD) refuse(fmt::format("it has no list \"{}\"", key));
    if (problem) refuse(fmt::format("\"{}\" is no list", key));
    return found;
  }
  /// The only entry of a list.
  element one(const char* key) const {
    const array all = list(key);
    if (all.size() == 0) refuse(fmt::format("\"{}\" is empty", key));
    return all.at(0);
  }

  std::string_view text(const element& entry, const char* key) const {
    std::string_view found;
    if (entry[key].get(found)) missing(key, "a text");
    return found;
  }
  double number(const element& entry, const char* key) const {
    double found = 0;
    if (entry[key].get(found)) missing(key, "a number");
    return found;
  }
  /// Some exports write integers as texts.
  int64_t integer(const element& entry, const char* key) const {
    int64_t found = 0;
    if (!entry[key].get(found)) return found;
    std::string_view digits;
    if (entry[key].get(digits) || digits.empty() || digits.size() > 18) missing(key, "an integer");
    for (const char c : digits) {
      if (c < '0' || c > '9') missing(key, "an integer");
      found = found * 10 + (c - '0');
    }
    return found;
  }
  Picoseconds time(const element& entry, const char* key) const {
    const int64_t ns = integer(entry, key);
    if (ns < 0 || ns > kLongest)
      refuse(fmt::format("\"{}\" is {} ns, not within 0 to {}", key, ns, kLongest));
    return ns * kNanosecond;
  }

 private:
  [[noreturn]] void missing(const char* key, const char* what) const {
    refuse(fmt::format("an entry has no \"{}\" that is {}", key, what));
  }

  std::string file_;
  simdjson::dom::parser parser_;
  element root_;
};

CaptureLane lane_of(const Reader& reader, std::string_view label) {
  constexpr std::array<std::string_view, kCaptureLaneCount> labels = {
      "TensorMatrix", "Tensor", "Vector", "Scalar", "GpSimd", "Sync"};
  const auto found = std::ranges::find(labels, label);
  if (found == labels.end())
    reader.refuse(fmt::format("it has an engine \"{}\", none of {}", label,
                              "Tensor, TensorMatrix, Vector, Scalar, GpSimd and Sync"));
  return static_cast<CaptureLane>(found - labels.begin());
}

// The core of that name; made when it is first met.
CapturedCore& core_of(Capture& capture, std::string_view name) {
  for (CapturedCore& core : capture.cores)
    if (core.name == name) return core;
  capture.cores.emplace_back().name = name;
  return capture.cores.back();
}

void read_instructions(const Reader& reader, Capture& capture) {
  for (const element i : reader.list("instruction")) {
    CapturedInstruction in;
    in.start = reader.time(i, "timestamp");
    in.duration = reader.time(i, "duration");
    in.end = in.start + in.duration;
    in.pc = reader.integer(i, "pc");
    in.lane = lane_of(reader, reader.text(i, "label"));
    in.opcode = reader.text(i, "opcode");
    in.function = reader.text(i, "activation_fn");
    in.operands = reader.text(i, "operands");
    core_of(capture, reader.text(i, "subgraph")).instructions.push_back(std::move(in));
  }
  if (capture.cores.empty()) reader.refuse("it has no instructions");
  for (CapturedCore& core : capture.cores)
    std::ranges::stable_sort(core.instructions, {}, &CapturedInstruction::start);
  std::ranges::sort(capture.cores, {}, &CapturedCore::name);
}

std::vector<QueuedPackets> read_packets(const Reader& reader, Capture& capture) {
  std::vector<QueuedPackets> queues;
  for (const element p : reader.list("dma")) {
    const std::string_view core = reader.text(p, "subgraph");
    const int64_t queue = reader.integer(p, "dma_queue");
    CapturedPacket packet;
    packet.start = reader.time(p, "timestamp");
    packet.duration = reader.time(p, "duration");
    packet.bytes = reader.integer(p, "transfer_size");
    packet.engine = static_cast<int>(reader.integer(p, "dma_engine"));
    auto found = std::ranges::find_if(
        queues, [&](const QueuedPackets& q) { return q.core == core && q.queue == queue; });
    if (found == queues.end())
      found = queues.insert(queues.end(), {std::string(core), "", queue, {}});
    found->packets.push_back(packet);
  }
  for (const element q : reader.list("dma_queues_info"))
    for (QueuedPackets& queue : queues)
      if (queue.core == reader.text(q, "subgraph") && queue.queue == reader.integer(q, "q_idx"))
        queue.name = reader.text(q, "q_name");
  for (QueuedPackets& queue : queues) core_of(capture, queue.core);
  return queues;
}

std::vector<SemaphoreUpdate> read_updates(const Reader& reader) {
  std::vector<SemaphoreUpdate> updates;
  for (const element u : reader.list("semaphore_update"))
    updates.push_back({std::string(reader.text(u, "subgraph")), semaphore_of(reader.text(u, "id")),
                       reader.time(u, "timestamp"), reader.integer(u, "value")});
  std::ranges::stable_sort(updates, {}, &SemaphoreUpdate::time);
  return updates;
}

void read_limits(const Reader& reader, Capture& capture) {
  for (const element h : reader.list("ham"))
    core_of(capture, reader.text(h, "subgraph"))
        .limits.push_back({reader.time(h, "timestamp"), reader.time(h, "duration"),
                           static_cast<int>(reader.integer(h, "k")),
                           static_cast<int>(reader.integer(h, "n"))});
  for (CapturedCore& core : capture.cores)
    std::ranges::sort(core.limits, {}, &CapturedLimit::start);
}

void read_header(const Reader& reader, Capture& capture) {
  const element about = reader.one("metadata");
  const int64_t version = reader.integer(about, "data_version");
  if (version != kDataVersion)
    reader.refuse(fmt::format("it has version {} of the export's data; only {} is known", version,
                              kDataVersion));
  capture.span = reader.time(about, "last_hw_timestamp");
  capture.tensor_ghz = reader.number(about, "pe_clock_freq");
  capture.other_ghz = reader.number(about, "pe_clock_others");
  capture.hbm_gb_s = reader.number(about, "hbm_ddr_bandwidth") / 1e9;
  capture.rows = static_cast<int>(reader.integer(about, "pe_num_rows"));
  capture.columns = static_cast<int>(reader.integer(about, "pe_num_cols"));
  const element summary = reader.one("summary");
  capture.instance = reader.text(summary, "instance_type");
  capture.profiler = reader.text(summary, "profiler_version");
  capture.hbm_bytes =
      reader.integer(summary, "hbm_read_bytes") + reader.integer(summary, "hbm_write_bytes");
  capture.flops = reader.number(summary, "hardware_flops");
  std::string_view network = reader.text(reader.one("neff_header"), "network_name");
  if (network.ends_with(".neff")) network.remove_suffix(std::string_view(".neff").size());
  capture.kernel = network;
}

}  // namespace

Capture parse_capture(std::string_view text, const std::string& file) {
  const Reader reader(text, file);
  Capture capture;
  read_header(reader, capture);
  read_instructions(reader, capture);
  std::vector<QueuedPackets> queues = read_packets(reader, capture);
  const std::vector<SemaphoreUpdate> updates = read_updates(reader);
  read_limits(reader, capture);
  for (CapturedCore& core : capture.cores) {
    link_packets(core, queues);
    link_semaphores(core, updates);
    for (const CapturedInstruction& i : core.instructions)
      capture.span = std::max(capture.span, i.end);
  }
  return capture;
}

}  // namespace trainyard::profile
