// Races: the accesses of two cores to shared HBM between the same two meetings.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "trainyard/base/diagnostics.h"
#include "trainyard/device/group.h"
#include "trainyard/program/region.h"

namespace trainyard::device {

using base::Code;
using base::Error;
using program::Region;

namespace {

struct Access {
  Region region;
  InstructionId instruction;
  bool writes;
  bool exact;  // the region is what is touched, no more
};

// By the shared tensor's number and how many meetings the core has behind it.
using Accesses = std::map<std::pair<uint32_t, uint32_t>, std::vector<Access>>;

Accesses accesses_of(const Program& program, const std::vector<TensorId>& shared) {
  constexpr uint32_t kNot = program::kNone;
  std::vector<uint32_t> number(program.tensor_count(), kNot);
  for (uint32_t n = 0; n < shared.size(); ++n) number[shared[n]] = n;
  Accesses found;
  uint32_t met = 0;
  for (InstructionId i = 0; i < program.size(); ++i) {
    if (program.meets(i)) {  // with the cores that share this memory, or with others
      if (!program.spec(i).ranks) ++met;
      continue;
    }
    const program::Call call = program.call(i);
    program::for_each_operand(call, [&](int slot, isa::Access kind) {
      const isa::OperandView v = call.view(slot);
      if (number[v.id] == kNot) return;
      const bool direct = v.layout->indirect == isa::Indirect::none;
      const Region region = program::region_of(*v.layout, v.offset, program::frame_of(*v.tensor));
      // A region without gaps that is as large as the access has no byte too many.
      const bool solid = region.period == 0 &&
                         (region.row1 - region.row0) * (region.byte1 - region.byte0) == v.bytes();
      found[{number[v.id], met}].push_back({region, i, kind != isa::Access::read, direct && solid});
    });
  }
  for (auto& [key, list] : found)
    std::ranges::sort(list, {}, [](const Access& a) { return a.region.row0; });
  return found;
}

// Calls visit(a, b) for accesses of two cores that may touch the same bytes, one of them writing.
template <class Visit>
void for_each_conflict(const std::vector<Access>& mine, const std::vector<Access>& theirs,
                       Visit visit) {
  for (const Access& a : mine) {
    for (const Access& b : theirs) {
      if (b.region.row0 >= a.region.row1) break;
      if ((a.writes || b.writes) && program::may_overlap(a.region, b.region)) visit(a, b);
    }
  }
}

base::Place place_at(const Program& program, InstructionId i) {
  return program.place(program.instruction(i).site);
}

}  // namespace

std::vector<Group::Finding> Group::find_races() const {
  std::vector<Finding> findings;
  std::set<std::tuple<size_t, size_t, uint32_t, uint32_t>> told;  // cores and sites
  const auto site_of = [&](size_t core, const Access& a) {
    return members_[core].program->instruction(a.instruction).site;
  };
  std::vector<Accesses> all;
  for (const Member& m : members_) all.push_back(accesses_of(*m.program, m.shared));
  for (size_t first = 0; first < all.size(); ++first) {
    for (size_t second = first + 1; second < all.size(); ++second) {
      if (rank_of(first) != rank_of(second)) continue;
      for (const auto& [key, mine] : all[first]) {
        const auto theirs = all[second].find(key);
        if (theirs == all[second].end()) continue;
        const std::string& name = shared_[rank_of(first)][key.first].tensor.name;
        for_each_conflict(mine, theirs->second, [&](const Access& a, const Access& b) {
          const base::Place here = place_at(*members_[first].program, a.instruction);
          const base::Place there = place_at(*members_[second].program, b.instruction);
          if (!told.insert({first, second, site_of(first, a), site_of(second, b)}).second) return;
          const std::string text =
              fmt::format("{} {} {} in shared HBM while {} {} it at {}:{}",
                          name_of(static_cast<int>(first)), a.writes ? "writes" : "reads",
                          name.empty() ? "a tensor" : name, name_of(static_cast<int>(second)),
                          b.writes ? "writes" : "reads", there.file, there.line);
          if (a.exact && b.exact && a.writes != b.writes) throw Error(Code::E313, text).at(here);
          findings.push_back(
              {text + (a.writes == b.writes ? "; the later one stays" : ", perhaps the same bytes"),
               here, there});
        });
      }
    }
  }
  return findings;
}

}  // namespace trainyard::device
