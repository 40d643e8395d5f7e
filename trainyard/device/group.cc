// Running the values of several cores: each up to its next meeting, then the meeting itself.

#include "trainyard/device/group.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace trainyard::device {

using base::Code;
using base::Error;
using program::kNone;

namespace {

std::string words(const isa::Tensor& t) {
  return fmt::format("{}[{}]", base::name_of(t.dtype), fmt::join(t.shape, ", "));
}

}  // namespace

Group::Group(int ranks, int cores_a_rank)
    : cores_a_rank_(cores_a_rank),
      members_(static_cast<size_t>(ranks) * cores_a_rank),
      shared_(static_cast<size_t>(ranks)) {}

void Group::join(int core, const Program& program, core::Values* values) {
  members_[core].program = &program;
  members_[core].values = values;
}

void Group::share(int core, TensorId id, std::shared_ptr<core::Storage> storage, bool values) {
  Member& m = members_[core];
  std::vector<SharedTensor>& shared = shared_[rank_of(core)];
  const size_t n = m.shared.size();
  m.shared.push_back(id);
  const isa::Tensor& mine = m.program->tensor(id);
  if (n == shared.size()) {
    if (values && !storage) {
      m.values->memory().begin_window();
      m.values->memory().prepare(id, false);
      storage = m.values->memory().shared_storage(id);
    }
    shared.push_back({mine, core, std::move(storage)});
    return;
  }
  const SharedTensor& theirs = shared[n];
  if (mine.shape != theirs.tensor.shape || mine.dtype != theirs.tensor.dtype)
    throw Error(Code::E110, fmt::format("the cores declare different tensors in shared HBM as "
                                        "their number {}",
                                        n + 1))
        .limit(words(mine), words(theirs.tensor), name_of(theirs.core))
        .at(m.program->place(mine.site));
  if (values) m.values->memory().bind(id, theirs.storage);
}

InstructionId Group::meeting(const Member& m, size_t n) {
  for (; m.searched < m.program->size(); ++m.searched)
    if (m.program->meets(m.searched)) m.meetings.push_back(m.searched);
  return n < m.meetings.size() ? m.meetings[n] : kNone;
}

std::vector<int> Group::participants(int core, size_t n) const {
  const Program& program = *members_[core].program;
  const program::Call call = program.call(members_[core].meetings[n]);
  std::vector<int> cores;
  if (call.spec().ranks) {
    for (const int64_t rank : call.spec().ranks(call))
      cores.push_back(static_cast<int>(rank) * cores_a_rank_ + program.seat().core);
    return cores;
  }
  for (int c = 0; c < cores_a_rank_; ++c) cores.push_back(rank_of(core) * cores_a_rank_ + c);
  return cores;
}

bool Group::run(int core, InstructionId end) {
  Member& self = members_[core];
  for (;;) {
    self.values->run(std::min(end, meeting(self, self.met)), self.keep);
    if (self.values->done() >= end) return true;
    if (!hold_meeting(core)) return false;
  }
}

// Others may have meetings of their own to hold before they come; whoever is waiting himself
// cannot.
bool Group::hold_meeting(int core) {
  Member& self = members_[core];
  if (self.waiting) return false;
  self.waiting = true;
  const std::vector<int> cores = participants(core, self.met);
  const bool all = std::ranges::all_of(cores, [&](int other) {
    Member& m = members_[other];
    for (;;) {
      const InstructionId next = meeting(m, m.met);
      if (next == kNone) return false;
      m.values->run(next, m.keep);
      if (participants(other, m.met) == cores) return true;
      if (!hold_meeting(other)) return false;
    }
  });
  self.waiting = false;
  if (all) meet(cores);
  return all;
}

void Group::meet(const std::vector<int>& cores) {
  std::vector<size_t> met;
  for (const Member& m : members_) met.push_back(m.met);
  check_match(cores, met);
  std::vector<std::unique_ptr<core::Values::Side>> sides;
  std::vector<isa::Run*> runs;
  for (const int core : cores) {
    sides.push_back(members_[core].values->begin_meeting());
    runs.push_back(&sides.back()->run);
  }
  try {
    sides.front()->call.spec().meet(runs);
  } catch (Error& e) {
    for (const int core : cores) e.note(state_of(core, met[core]));
    throw e.at(place_of(cores.front(), met[cores.front()]));
  }
  for (const int core : cores) {
    members_[core].values->end_meeting(members_[core].keep);
    ++members_[core].met;
  }
}

void Group::run_in_step() {
  for (bool all_done = false; !all_done;) {
    all_done = true;
    bool moved = false;
    for (int core = 0; core < size(); ++core) {
      const Member& m = members_[core];
      const InstructionId at = m.values->done();
      if (at == m.program->size()) continue;
      all_done = false;
      run(core, at + 1);
      moved |= m.values->done() > at;
    }
    if (!moved && !all_done) throw deadlock();
  }
}

}  // namespace trainyard::device
