// collective_permute: ranks send to the ranks that pairs name.

#include "trainyard/isa/collective.h"

namespace trainyard::isa {

namespace {

enum { source_target_pairs = kCollectiveRest, priority };

constexpr std::string_view kDoc = R"(
For each pair (source, target): dsts of the target = srcs of the source. A rank that is in no pair
as a target keeps its dsts.

Memory types: HBM; one tensor.
Data types: any; the bits are copied.
All ranks of the launch call it, with the same pairs.
Cost: one step; see `ring_cost`.
Sources: nki.collectives.collective_permute (SDK 2.32); time CCI, estimated.
)";

void check(const Call& c) {
  check_collective(c, false);
  check_sizes(c, 1);
  check_priority(c, priority);
  const auto pairs = c.integers(source_target_pairs);
  const int64_t ranks = c.tables().seat().ranks;
  if (c.tensor_count(kSrcs) != 1)
    refuse_argument(c, kSrcs, std::to_string(c.tensor_count(kSrcs)) + " tensors", "one");
  for (size_t i = 0; i < pairs.size(); ++i) {
    if (pairs[i] < 0 || pairs[i] >= ranks)
      refuse_argument(c, source_target_pairs, std::to_string(pairs[i]),
                      "ranks 0 to " + std::to_string(ranks - 1));
    for (size_t other = i + 2; other < pairs.size(); other += 2)
      if (i % 2 == 1 && pairs[i] == pairs[other])
        refuse_argument(c, source_target_pairs, "two sources for rank " + std::to_string(pairs[i]),
                        "each target once");
  }
}

void meet(std::span<Run* const> sides) {
  const auto pairs = sides[0]->call.integers(source_target_pairs);
  std::vector<Parcel> given;
  for (Run* side : sides) {
    const auto theirs = side->call.integers(source_target_pairs);
    if (!std::equal(pairs.begin(), pairs.end(), theirs.begin(), theirs.end()))
      throw base::Error(base::Code::E312, "collective_permute with different pairs");
    given.push_back(pack(*side, side->call.slot(kSrcs)));
  }
  for (size_t i = 0; i + 1 < pairs.size(); i += 2) {
    Run& target = *sides[static_cast<size_t>(pairs[i + 1])];
    unpack(target, target.call.slot(kDsts), given[static_cast<size_t>(pairs[i])]);
  }
}

Cost cost(const Call& c) { return ring_cost(c, 1, sent_bytes(c)); }

}  // namespace

INSTRUCTION(collective_permute) {
  static const Spec spec = collective({
      .name = "collective_permute",
      .summary = "Send tensors to the ranks that pairs name.",
      .doc = kDoc,
      .params = {{"source_target_pairs",
                  ParamKind::pattern,
                  Access::none,
                  "",
                  {},
                  "[[source, target], ...]"}},
      .check = check,
      .cost = cost,
      .meet = meet,
  });
  return spec;
}

}  // namespace trainyard::isa
