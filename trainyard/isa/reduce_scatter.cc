// reduce_scatter: the sum (minimum, maximum) of what all ranks give, each rank a part of it.

#include "trainyard/isa/collective.h"

namespace trainyard::isa {

namespace {

enum { collective_dim = kCollectiveRest, op, priority };

constexpr std::string_view kDoc = R"(
dsts[i] = this rank's part, along dimension 0, of srcs[i] of all ranks combined.

Memory types: HBM, or one tensor in SBUF.
Data types: any but packed ones; the combination is float32, in the order of the ranks in their
  list, and rounded once. The chip's order depends on its algorithm, which is not documented.
Cost: a ring of n - 1 steps with an n-th of the bytes each; see `ring_cost`.
NumPy: dst[...] = np.split(sum(src_of[rank] for rank in ranks), n)[position of this rank]
Sources: nki.collectives.reduce_scatter (SDK 2.32); time CCI, estimated.
)";

void check(const Call& c) {
  check_collective(c, true);
  check_sizes(c, rank_count(c), true);
  check_dimension(c, collective_dim, false);
  check_reduction(c, op);
  for (int i = 0; i < c.tensor_count(kSrcs); ++i) not_packed_view(c, c.operand(kSrcs, i));
  check_priority(c, priority);
}

void meet(std::span<Run* const> sides) {
  for (int i = 0; i < sides[0]->call.tensor_count(kSrcs); ++i) {
    const std::vector<Parcel> given = pack_all(sides, kSrcs, i);
    const Parcel sum = reduce(given, sides[0]->call.op(op), sides[0]->rounding);
    const size_t part = sum.elements() / sides.size();
    for (size_t rank = 0; rank < sides.size(); ++rank) {
      Parcel mine{sum.dtype, {}, {}};
      mine.append(sum, rank * part, part);
      unpack(*sides[rank], sides[rank]->call.slot(kDsts, i), mine);
    }
  }
}

Cost cost(const Call& c) {
  const int64_t n = rank_count(c);
  return ring_cost(c, n - 1, sent_bytes(c) / n);
}

}  // namespace

INSTRUCTION(reduce_scatter) {
  static const Spec spec = collective({
      .name = "reduce_scatter",
      .summary = "Combine the tensors of all ranks, and give each a part.",
      .doc = kDoc,
      .params = {dimension_param(), reduction_param()},
      .evidence = Evidence::order_defined,
      .check = check,
      .cost = cost,
      .meet = meet,
  });
  return spec;
}

}  // namespace trainyard::isa
