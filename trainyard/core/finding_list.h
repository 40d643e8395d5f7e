// Findings that are made in the order of the program, one for each pair of lines.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "trainyard/profile/sanitizer.h"
#include "trainyard/program/program.h"

namespace trainyard::core {

class FindingList {
 public:
  explicit FindingList(const program::Program& program) : program_(program) {}

  /// Once more what `kind` names: made where site `made` is, it hurts at instruction `i`, or at
  /// `hurts` if that is another site. `tell` fills in the words of the first.
  template <class Tell>
  void add(const char* kind, uint32_t made, program::InstructionId i, Tell tell,
           base::Picoseconds cost = 0, uint32_t hurts = program::kNone) {
    if (hurts == program::kNone) hurts = program_.instruction(i).site;
    const auto [it, fresh] = index_.try_emplace({kind, made, hurts}, findings_.size());
    if (fresh) {
      profile::SanitizerFinding f;
      f.kind = kind;
      f.first = i;
      f.count = 0;
      f.made = source(made);
      f.hurts = source(hurts);
      tell(f);
      findings_.push_back(std::move(f));
    }
    ++findings_[it->second].count;
    findings_[it->second].cost += cost;
  }

  profile::Source source(uint32_t site) const {
    const base::Place place = program_.place(site);
    return {place.file, place.line};
  }
  std::vector<profile::SanitizerFinding> take() { return std::move(findings_); }

 private:
  const program::Program& program_;
  std::map<std::tuple<std::string, uint32_t, uint32_t>, size_t> index_;
  std::vector<profile::SanitizerFinding> findings_;
};

}  // namespace trainyard::core
