// List scheduling: among the instructions that are ready within a window, the one that can start
// first goes first, ties in program order. The vendor's compiler reorders as freely, subject to
// data dependencies; ours bounds how far, so that few tiles are alive at a time. Where even program
// order keeps too many, instructions go by demand.

#include "trainyard/program/schedule.h"

#include <algorithm>
#include <numeric>
#include <queue>

namespace trainyard::program {

std::vector<isa::Cost> costs_of(const Program& program, const machine::Machine& machine) {
  std::vector<isa::Cost> costs(program.size());
  for (InstructionId i = 0; i < program.size(); ++i) {
    const Instruction& in = program.instruction(i);
    const Call call(program.spec(i), program.values(i).data(), program.operands(i).data(), program,
                    machine, in.engine);
    if (program.spec(i).cost) costs[i] = program.spec(i).cost(call);
  }
  return costs;
}

namespace {

// Bytes per partition that are live while tensors wait for their last use.
class Room {
 public:
  Room(const Program& program, int percent) : program_(program), uses_(program.tensor_count()) {
    for (InstructionId i = 0; i < program.size(); ++i)
      for (const Operand& o : program.operands(i)) ++uses_[o.tensor];
    live_.resize(program.tensor_count());
    const machine::Memory& m = program.machine().core.memory;
    // Headroom for what placement loses to fragments.
    left_[0] = (m.sbuf_partition_bytes - m.sbuf_reserved_bytes) * 7 / 8 * percent / 100;
    left_[1] = m.psum_partition_bytes * percent / 100;
  }
  bool fits(InstructionId i) const {
    int64_t need[2] = {};
    for (const Operand& o : program_.operands(i))
      if (!live_[o.tensor]) need[psum(o.tensor)] += bytes(o.tensor);
    return need[0] <= left_[0] && need[1] <= left_[1];
  }
  void issue(InstructionId i) {
    for (const Operand& o : program_.operands(i)) {
      if (!live_[o.tensor]) {
        live_[o.tensor] = 1;
        left_[psum(o.tensor)] -= bytes(o.tensor);
      }
      if (--uses_[o.tensor] == 0) left_[psum(o.tensor)] += bytes(o.tensor);
    }
  }

 private:
  int psum(TensorId id) const { return program_.tensor(id).buffer == isa::Buffer::psum; }
  int64_t bytes(TensorId id) const {
    const isa::Tensor& t = program_.tensor(id);
    if (!isa::is_on_chip(t.buffer) || t.has_address()) return 0;
    // A PSUM tile never crosses a bank, so small ones count at least their share.
    return t.row_bytes();
  }
  const Program& program_;
  std::vector<uint32_t> uses_;
  std::vector<uint8_t> live_;
  int64_t left_[2];
};

// Who waits for how many, and who follows whom.
struct Graph {
  std::vector<uint32_t> waiting, begin, successors;

  Graph(InstructionId n, const DependenceTable& dependencies)
      : waiting(n), begin(n + 1), successors(dependencies.size()) {
    for (InstructionId i = 0; i < n; ++i) {
      waiting[i] = static_cast<uint32_t>(dependencies.of(i).size());
      for (const Dependence& d : dependencies.of(i)) ++begin[d.id + 1];
    }
    std::partial_sum(begin.begin(), begin.end(), begin.begin());
    std::vector<uint32_t> at(begin.begin(), begin.end() - 1);
    for (InstructionId i = 0; i < n; ++i)
      for (const Dependence& d : dependencies.of(i)) successors[at[d.id]++] = i;
  }
};

// Depth first from the instructions that no other follows: a tile that the kernel prepares early
// is prepared when the first result needs it, and dies with the last.
std::vector<InstructionId> by_demand(InstructionId n, const DependenceTable& dependencies) {
  std::vector<std::vector<InstructionId>> needs(n);
  std::vector<uint8_t> followed(n), issued(n);
  for (InstructionId i = 0; i < n; ++i) {
    for (const Dependence& d : dependencies.of(i)) {
      needs[i].push_back(d.id);
      followed[d.id] = 1;
    }
    std::ranges::sort(needs[i]);
  }
  std::vector<InstructionId> order;
  order.reserve(n);
  std::vector<std::pair<InstructionId, size_t>> path;  // an instruction, and its next need
  for (InstructionId result = 0; result < n; ++result) {
    if (followed[result]) continue;
    path.emplace_back(result, 0);
    while (!path.empty()) {
      auto& [i, next] = path.back();
      if (next < needs[i].size()) {
        const InstructionId need = needs[i][next++];
        if (!issued[need]) path.emplace_back(need, 0);
        continue;
      }
      issued[i] = 1;
      order.push_back(i);
      path.pop_back();
    }
  }
  return order;
}

}  // namespace

std::vector<InstructionId> schedule(const Program& program, SchedulePolicy policy,
                                    const DependenceTable& dependencies,
                                    const std::vector<Lane>& lanes,
                                    const std::vector<isa::Cost>& costs, int window, int percent) {
  const auto n = static_cast<InstructionId>(program.size());
  if (policy == SchedulePolicy::demand) return by_demand(n, dependencies);
  std::vector<InstructionId> order(n);
  std::iota(order.begin(), order.end(), 0);
  if (policy == SchedulePolicy::program || n == 0) return order;

  Graph graph(n, dependencies);
  Room room(program, percent);
  std::vector<base::Picoseconds> ready_at(n);
  std::vector<uint8_t> issued(n);
  // Per lane, instructions whose predecessors are issued, in program order.
  using Heap = std::priority_queue<InstructionId, std::vector<InstructionId>, std::greater<>>;
  std::array<Heap, kLaneCount> ready;
  std::array<base::Picoseconds, kLaneCount> free_at{};
  const auto lane_at = [&](InstructionId i) { return static_cast<int>(lanes[i]); };
  InstructionId oldest = 0, admitted = 0;
  const auto admit = [&] {
    while (oldest < n && issued[oldest]) ++oldest;
    for (; admitted < n && admitted < oldest + window; ++admitted)
      if (graph.waiting[admitted] == 0) ready[lane_at(admitted)].push(admitted);
  };
  order.clear();
  while (order.size() < n) {
    admit();
    int best = -1;
    base::Picoseconds best_start = 0;
    for (int lane = 0; lane < kLaneCount; ++lane) {
      if (ready[lane].empty()) continue;
      const InstructionId i = ready[lane].top();
      if (i != oldest && !room.fits(i)) continue;
      const base::Picoseconds start = std::max(free_at[lane], ready_at[i]);
      if (best < 0 || start < best_start || (start == best_start && i < ready[best].top()))
        best = lane, best_start = start;
    }
    // Nothing fits: the oldest instruction goes, as the kernel's author meant it to.
    InstructionId i = oldest;
    if (best >= 0) {
      i = ready[best].top();
      ready[best].pop();
    } else {
      best = lane_at(oldest);
      Heap rest;
      for (; !ready[best].empty(); ready[best].pop())
        if (ready[best].top() != oldest) rest.push(ready[best].top());
      ready[best] = std::move(rest);
      best_start = std::max(free_at[best], ready_at[oldest]);
    }
    issued[i] = 1;
    room.issue(i);
    order.push_back(i);
    free_at[best] = best_start + costs[i].busy;
    const base::Picoseconds done = best_start + costs[i].latency + costs[i].first + costs[i].tail;
    for (uint32_t s = graph.begin[i]; s < graph.begin[i + 1]; ++s) {
      const InstructionId next = graph.successors[s];
      ready_at[next] = std::max(ready_at[next], done);
      if (--graph.waiting[next] == 0 && next < admitted) ready[lane_at(next)].push(next);
    }
  }
  return order;
}

}  // namespace trainyard::program
