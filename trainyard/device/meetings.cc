// Who meets whom, and what to say where they cannot.

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/device/group.h"

namespace trainyard::device {

using base::Code;
using base::Error;
using program::kNone;

std::string Group::name_of(int core) const {
  if (size() == cores_a_rank_) return fmt::format("core {}", core);
  return cores_a_rank_ == 1 ? fmt::format("rank {}", core)
                            : fmt::format("core {} of rank {}", core % cores_a_rank_,
                                          rank_of(static_cast<size_t>(core)));
}

base::Place Group::place_of(int core, size_t n) const {
  const Program& program = *members_[core].program;
  return program.place(program.instruction(members_[core].meetings[n]).site);
}

std::string Group::state_of(int core, size_t met) const {
  const Member& m = members_[core];
  const InstructionId next = meeting(m, met);
  if (next == kNone) return fmt::format("{} does not come to a meeting", name_of(core));
  const base::Place place = place_of(core, met);
  return fmt::format("{} waits in {} at {}:{}", name_of(core), m.program->spec(next).name,
                     place.file.empty() ? "?" : place.file, place.line);
}

Error Group::deadlock() const {
  std::vector<size_t> met;
  for (const Member& m : members_) met.push_back(m.met);
  return deadlock(met);
}

Error Group::deadlock(const std::vector<size_t>& met) const {
  Error e(Code::E311, "the cores wait for each other");
  base::Place place;
  for (int core = 0; core < size(); ++core) {
    e.note(state_of(core, met[core]));
    if (place.file.empty() && meeting(members_[core], met[core]) != kNone)
      place = place_of(core, met[core]);
  }
  return e.at(place);
}

void Group::check_match(const std::vector<int>& cores, const std::vector<size_t>& met) const {
  const auto call_of = [&](int core) {
    return members_[core].program->call(members_[core].meetings[met[core]]);
  };
  const auto refuse = [&](Error e) {
    for (const int core : cores) e.note(state_of(core, met[core]));
    throw e.at(place_of(cores.front(), met[cores.front()]));
  };
  const program::Call first = call_of(cores.front());
  for (const int core : cores) {
    const program::Call mine = call_of(core);
    if (&mine.spec() != &first.spec())
      refuse(Error(Code::E312, fmt::format("{} comes to {}, {} to {}", name_of(cores.front()),
                                           first.spec().name, name_of(core), mine.spec().name)));
    if (!mine.spec().meeting || mine.spec().meeting(mine) == first.spec().meeting(first)) continue;
    refuse(Error(Code::E312, fmt::format("{} on different pipes", mine.spec().name))
               .limit(fmt::format("pipe {}", mine.spec().meeting(mine)),
                      fmt::format("pipe {}", first.spec().meeting(first)), name_of(cores.front())));
  }
}

core::Meetings Group::meetings() const {
  core::Meetings all;
  all.of.resize(members_.size());
  std::vector<size_t> met(members_.size());
  for (bool moved = true; moved;) {
    moved = false;
    for (int core = 0; core < size(); ++core) {
      if (meeting(members_[core], met[core]) == kNone) continue;
      const std::vector<int> cores = participants(core, met[core]);
      const bool here = std::ranges::all_of(cores, [&](int other) {
        return meeting(members_[other], met[other]) != kNone &&
               participants(other, met[other]) == cores;
      });
      if (!here) continue;
      check_match(cores, met);
      for (const int other : cores) {
        all.of[other].push_back(static_cast<uint32_t>(all.cores.size()));
        ++met[other];
      }
      all.cores.push_back(cores);
      moved = true;
    }
  }
  for (int core = 0; core < size(); ++core)
    if (meeting(members_[core], met[core]) != kNone) throw deadlock(met);
  return all;
}

}  // namespace trainyard::device
