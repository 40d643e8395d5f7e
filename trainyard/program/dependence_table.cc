// The dependencies of a whole program: what data ask for, and the edges of its kernel.

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "trainyard/program/dependencies.h"

namespace trainyard::program {

using base::Code;
using base::Error;

namespace {

std::string words(const Program& program, InstructionId i) {
  const std::string_view label = program.label(i);
  return fmt::format("%{} {}{}", i, program.spec(i).name,
                     label.empty() ? "" : fmt::format(" \"{}\"", label));
}

// A producer that comes later in the program lies in the same round of the same loop.
void check_backwards(const Program& program, const Edge& edge) {
  for (const Branch& b : program.branches()) {
    if (b.before <= edge.consumer || b.before > edge.producer) continue;
    throw Error(Code::E111,
                fmt::format("{} waits for {}, which a loop comes to only later",
                            words(program, edge.consumer), words(program, edge.producer)))
        .fix("Leave the edge within one round of the loop.")
        .at(program.place(program.instruction(edge.consumer).site));
  }
}

// By tensor.
std::vector<InstructionId> last_uses(const Program& program) {
  std::vector<InstructionId> last(program.tensor_count(), kNone);
  for (InstructionId i = 0; i < program.size(); ++i)
    for (const Operand& o : program.operands(i)) last[o.tensor] = i;
  return last;
}

}  // namespace

DependenceTable::DependenceTable(const Program& program) : begin_(program.size() + 1) {
  std::vector<Edge> edges(program.edges().begin(), program.edges().end());
  std::ranges::sort(edges);
  auto edge = edges.begin();
  bool backwards = false;
  InstructionId meeting = kNone;  // all cores meet in program order, so that none waits forever
  const std::vector<InstructionId> last_use = last_uses(program);
  Dependencies dependencies(program);
  list_.reserve(2 * program.size());  // about what kernels have
  for (InstructionId i = 0; i < program.size(); ++i) {
    dependencies.add(i, list_);
    for (const Operand& o : program.operands(i))
      if (last_use[o.tensor] == i) dependencies.forget(o.tensor);
    for (; edge != edges.end() && edge->consumer == i; ++edge) {
      const auto same = std::find_if(list_.begin() + begin_[i], list_.end(),
                                     [&](const Dependence& d) { return d.id == edge->producer; });
      if (same == list_.end()) list_.push_back({edge->producer, Dependence::Kind::data});
      else same->kind = Dependence::Kind::data;
      if (edge->producer < i) continue;
      backwards = true;
      check_backwards(program, *edge);
    }
    if (program.meets(i)) {
      if (meeting != kNone) list_.push_back({meeting, Dependence::Kind::order});
      meeting = i;
    }
    begin_[i + 1] = static_cast<uint32_t>(list_.size());
  }
  order_.resize(program.size());
  if (backwards) set_order(program);
  else std::iota(order_.begin(), order_.end(), 0);
}

// Depth first in program order: what an instruction waits for comes before it.
void DependenceTable::set_order(const Program& program) {
  enum : uint8_t { untouched, waiting, done };
  std::vector<uint8_t> state(program.size());
  std::vector<std::pair<InstructionId, size_t>> path;  // an instruction, and its next dependence
  order_.clear();
  for (InstructionId first = 0; first < program.size(); ++first) {
    if (state[first] == done) continue;
    path.emplace_back(first, 0);
    while (!path.empty()) {
      auto& [i, next] = path.back();
      state[i] = waiting;
      if (next == of(i).size()) {
        state[i] = done;
        order_.push_back(i);
        path.pop_back();
        continue;
      }
      const InstructionId producer = of(i)[next++].id;
      if (state[producer] == waiting)
        throw Error(Code::E111,
                    "the schedule that the kernel asks for makes instructions wait for "
                    "each other")
            .limit(fmt::format("{} waits for {}", words(program, i), words(program, producer)),
                   "an order in which each can start", "with_schedule and depends_on")
            .fix("Leave out the edge that goes against the order of the data.")
            .at(program.place(program.instruction(i).site));
      if (state[producer] == untouched) path.emplace_back(producer, 0);
    }
  }
}

}  // namespace trainyard::program
