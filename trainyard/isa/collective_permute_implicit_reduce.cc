// collective_permute_implicit_reduce: every rank combines two tensors and sends the result on in
// the ring.

#include "trainyard/isa/collective.h"

namespace trainyard::isa {

namespace {

enum { srcs1 = kCollectiveRest, op, channel_ids, priority };

constexpr std::string_view kDoc = R"(
dsts[channel] = op(srcs[channel], srcs1[channel]) of the rank before this one in the list.

Memory types: HBM; one tensor a channel on each side.
Data types: any but packed ones; the combination is float32.
Channels: their ids count from 0; at most 4 if the ranks are those of a whole node, else 2.
Cost: one step, in which the channels share the way; see `ring_cost`.
Sources: nki.collectives.collective_permute_implicit_reduce (SDK 2.32); time CCI, estimated.
)";

void check(const Call& c) {
  check_collective(c, false);
  check_sizes(c, 1);
  check_reduction(c, op);
  check_channels(c, channel_ids);
  check_priority(c, priority);
  if (c.tensor_count(srcs1) != c.tensor_count(kSrcs))
    refuse_argument(c, srcs1, std::to_string(c.tensor_count(srcs1)) + " tensors",
                    std::to_string(c.tensor_count(kSrcs)));
  for (int i = 0; i < c.tensor_count(kSrcs); ++i) {
    const OperandView a = c.operand(kSrcs, i), b = c.operand(srcs1, i);
    not_packed_view(c, a);
    if (b.on_chip()) refuse_argument(c, srcs1, std::string(name_of(b.buffer())), "HBM");
    if (a.elements() != b.elements() || a.dtype() != b.dtype())
      throw base::Error(base::Code::E103, "collective_permute_implicit_reduce: operands differ")
          .note(a.describe())
          .note(b.describe());
  }
}

void meet(std::span<Run* const> sides) {
  for (int i = 0; i < sides[0]->call.tensor_count(kSrcs); ++i) {
    std::vector<Parcel> given;
    for (Run* side : sides)
      given.push_back(
          reduce({pack(*side, side->call.slot(kSrcs, i)), pack(*side, side->call.slot(srcs1, i))},
                 side->call.op(op), side->rounding));
    for (size_t rank = 0; rank < sides.size(); ++rank)
      unpack(*sides[rank], sides[rank]->call.slot(kDsts, i),
             given[(rank + sides.size() - 1) % sides.size()]);
  }
}

Cost cost(const Call& c) { return ring_cost(c, 1, sent_bytes(c)); }

}  // namespace

INSTRUCTION(collective_permute_implicit_reduce) {
  static const Spec spec = collective({
      .name = "collective_permute_implicit_reduce",
      .summary = "Combine tensors and send the result to the next rank of a ring.",
      .doc = kDoc,
      .params = {{"srcs1", ParamKind::tensors, Access::read, "", {}, "the right operands"},
                 reduction_param(),
                 {"channel_ids", ParamKind::integers, Access::none, "", {}, "0, 1, ..."}},
      .evidence = Evidence::order_defined,
      .check = check,
      .cost = cost,
      .meet = meet,
  });
  return spec;
}

}  // namespace trainyard::isa
