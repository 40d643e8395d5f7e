// From queues and counts of semaphores to instructions.

#include "trainyard/profile/capture_links.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

namespace trainyard::profile {

namespace {

constexpr int64_t kSemaphoreBytes = 4;

// "qSyncDynamicHW" is the queue of what Sync starts.
std::string_view queue_of(CaptureLane lane) {
  switch (lane) {
    case CaptureLane::gpsimd: return "qGpSimdDynamic";
    case CaptureLane::scalar: return "qScalarDynamic";
    case CaptureLane::vector: return "qVectorDynamic";
    case CaptureLane::sync: return "qSyncDynamic";
    default: return "qTensorDynamic";
  }
}

// The number at the start of `text`, which is cut off.
std::optional<int64_t> take_number(std::string_view& text) {
  int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return number;
}

// Calls visit(semaphore, rest of the text) where `prefix` and a number stand.
template <class Visit>
void for_each_number(std::string_view text, std::string_view prefix, Visit visit) {
  for (size_t at = text.find(prefix); at != text.npos; at = text.find(prefix, at + 1)) {
    std::string_view rest = text.substr(at + prefix.size());
    if (const auto number = take_number(rest)) visit(*number, rest);
  }
}

// Calls visit(semaphore, amount) for what an instruction adds when it is done, and
// wait(semaphore, count) for what it waits for: " S[5] (Tensor)>=4", " S[4] (Scalar)++@complete",
// " semaphore=8 sem_increment=16".
template <class Add, class Wait>
void read_semaphores(std::string_view operands, Add add, Wait wait) {
  for_each_number(operands, " S[", [&](int64_t id, std::string_view rest) {
    const size_t close = rest.find(')');
    if (!rest.starts_with("] (") || close == rest.npos) return;
    rest.remove_prefix(close + 1);
    if (rest.starts_with("++")) return add(id, int64_t{1});
    if (!rest.starts_with(">=")) return;
    rest.remove_prefix(2);
    if (const auto count = take_number(rest)) wait(id, *count);
  });
  for_each_number(operands, " semaphore=", [&](int64_t id, std::string_view) {
    for_each_number(operands,
                    " sem_increment=", [&](int64_t amount, std::string_view) { add(id, amount); });
  });
}

void link_queue(CapturedCore& core, QueuedPackets& queue) {
  std::vector<uint32_t> dmas;  // of this queue, in order
  for (uint32_t k = 0; k < core.instructions.size(); ++k)
    if (is_dma(core.instructions[k]) && queue.name.starts_with(queue_of(core.instructions[k].lane)))
      dmas.push_back(k);
  std::ranges::stable_sort(queue.packets, {}, &CapturedPacket::start);
  std::map<int, size_t> done;  // by DMA engine: how many DMAs are
  for (CapturedPacket& packet : queue.packets) {
    size_t& dma = done[packet.engine];
    if (dma < dmas.size()) {
      packet.instruction = dmas[dma] + 1;
      CapturedInstruction& in = core.instructions[dmas[dma]];
      in.end = std::max(in.end, packet.start + packet.duration);
    }
    dma += packet.bytes == kSemaphoreBytes;
  }
}

struct Count {
  int64_t value;  // of the semaphore once the instruction is done
  uint32_t instruction;
};
using Counts = std::map<int64_t, std::vector<Count>>;  // by semaphore

Counts count(const CapturedCore& core) {
  Counts counts;
  for (uint32_t k = 0; k < core.instructions.size(); ++k)
    read_semaphores(
        core.instructions[k].operands,
        [&](int64_t id, int64_t amount) {
          std::vector<Count>& all = counts[id];
          const int64_t before = all.empty() ? 0 : all.back().value;
          all.push_back({before + std::clamp<int64_t>(amount, 0, UINT16_MAX), k});
        },
        [](int64_t, int64_t) {});
  return counts;
}

void link_waits(CapturedCore& core, const Counts& counts, uint32_t k) {
  CapturedInstruction& in = core.instructions[k];
  read_semaphores(
      in.operands, [](int64_t, int64_t) {},
      [&](int64_t id, int64_t value) {
        const auto all = counts.find(id);
        if (all == counts.end()) return;
        const auto enough = std::ranges::lower_bound(all->second, value, {}, &Count::value);
        if (enough != all->second.end() && enough->instruction < k)
          in.after.push_back(enough->instruction);
      });
  std::ranges::sort(in.after);
  const auto twice = std::ranges::unique(in.after);
  in.after.erase(twice.begin(), twice.end());
}

}  // namespace

void link_packets(CapturedCore& core, std::vector<QueuedPackets>& queues) {
  for (QueuedPackets& queue : queues) {
    if (queue.core != core.name) continue;
    link_queue(core, queue);
    core.packets.insert(core.packets.end(), queue.packets.begin(), queue.packets.end());
  }
  std::ranges::stable_sort(core.packets, {}, &CapturedPacket::start);
}

int64_t semaphore_of(std::string_view id) {
  if (id.starts_with("S[")) id.remove_prefix(2);
  return take_number(id).value_or(-1);
}

void link_semaphores(CapturedCore& core, const std::vector<SemaphoreUpdate>& updates) {
  const Counts counts = count(core);
  std::map<int64_t, std::vector<const SemaphoreUpdate*>> seen;  // by semaphore
  for (const SemaphoreUpdate& u : updates)
    if (u.core == core.name) seen[u.semaphore].push_back(&u);
  for (const auto& [id, all] : counts) {
    const auto shown = seen.find(id);
    if (shown == seen.end()) continue;
    for (const Count& c : all) {
      CapturedInstruction& in = core.instructions[c.instruction];
      if (!is_dma(in)) continue;
      const auto u = std::ranges::find_if(shown->second, [&](const SemaphoreUpdate* update) {
        return update->time >= in.start && update->value >= c.value;
      });
      if (u != shown->second.end()) in.end = std::max(in.end, (*u)->time);
    }
  }
  for (uint32_t k = 0; k < core.instructions.size(); ++k) link_waits(core, counts, k);
}

}  // namespace trainyard::profile
