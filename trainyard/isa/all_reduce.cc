// all_reduce: every rank gets the sum (minimum, maximum) of what all ranks give.

#include "trainyard/isa/collective.h"

namespace trainyard::isa {

namespace {

enum { op = kCollectiveRest, priority };

constexpr std::string_view kDoc = R"(
dsts[i] = srcs[i] of all ranks, combined element by element.

Memory types: HBM, or one tensor in SBUF.
Data types: any but packed ones; the combination is float32, in the order of the ranks in their
  list, and rounded once. The chip's order depends on its algorithm, which is not documented.
Cost: a ring of 2 (n - 1) steps with an n-th of the bytes each; see `ring_cost`.
NumPy: dst[...] = sum(src_of[rank] for rank in ranks)
Sources: nki.collectives.all_reduce (SDK 2.32); time CCI, estimated.
)";

void check(const Call& c) {
  check_collective(c, true);
  check_sizes(c, 1);
  check_reduction(c, op);
  for (int i = 0; i < c.tensor_count(kSrcs); ++i) not_packed_view(c, c.operand(kSrcs, i));
  check_priority(c, priority);
}

void meet(std::span<Run* const> sides) {
  for (int i = 0; i < sides[0]->call.tensor_count(kSrcs); ++i) {
    const std::vector<Parcel> given = pack_all(sides, kSrcs, i);
    for (Run* side : sides)
      unpack(*side, side->call.slot(kDsts, i),
             reduce(given, side->call.op(op), sides[0]->rounding));
  }
}

Cost cost(const Call& c) {
  const int64_t n = rank_count(c);
  return ring_cost(c, 2 * (n - 1), sent_bytes(c) / n);
}

}  // namespace

INSTRUCTION(all_reduce) {
  static const Spec spec = collective({
      .name = "all_reduce",
      .summary = "Combine the tensors of all ranks, for all ranks.",
      .doc = kDoc,
      .params = {reduction_param()},
      .evidence = Evidence::order_defined,
      .check = check,
      .cost = cost,
      .meet = meet,
  });
  return spec;
}

}  // namespace trainyard::isa
