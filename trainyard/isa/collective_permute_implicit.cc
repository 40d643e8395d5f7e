// collective_permute_implicit: every rank sends to its successor in the ring.

#include "trainyard/isa/collective.h"

namespace trainyard::isa {

namespace {

enum { channel_ids = kCollectiveRest, priority };

constexpr std::string_view kDoc = R"(
dsts[channel] = srcs[channel] of the rank before this one in the list; the first follows the last.

Memory types: HBM; one tensor a channel.
Data types: any; the bits are copied.
Channels: their ids count from 0; at most 4 if the ranks are those of a whole node, else 2.
Cost: one step, in which the channels share the way; see `ring_cost`.
Sources: nki.collectives.collective_permute_implicit (SDK 2.32); time CCI, estimated.
)";

void check(const Call& c) {
  check_collective(c, false);
  check_sizes(c, 1);
  check_channels(c, channel_ids);
  check_priority(c, priority);
}

void meet(std::span<Run* const> sides) {
  for (int i = 0; i < sides[0]->call.tensor_count(kSrcs); ++i) {
    const std::vector<Parcel> given = pack_all(sides, kSrcs, i);
    for (size_t rank = 0; rank < sides.size(); ++rank)
      unpack(*sides[rank], sides[rank]->call.slot(kDsts, i),
             given[(rank + sides.size() - 1) % sides.size()]);
  }
}

Cost cost(const Call& c) { return ring_cost(c, 1, sent_bytes(c)); }

}  // namespace

INSTRUCTION(collective_permute_implicit) {
  static const Spec spec = collective({
      .name = "collective_permute_implicit",
      .summary = "Send tensors to the next rank of a ring.",
      .doc = kDoc,
      .params = {{"channel_ids", ParamKind::integers, Access::none, "", {}, "0, 1, ..."}},
      .check = check,
      .cost = cost,
      .meet = meet,
  });
  return spec;
}

}  // namespace trainyard::isa
