// all_gather: every rank gets what all ranks give, one after another.

#include "trainyard/isa/collective.h"

namespace trainyard::isa {

namespace {

enum { collective_dim = kCollectiveRest, priority };

constexpr std::string_view kDoc = R"(
dsts[i] = srcs[i] of all ranks, joined along collective_dim in the order of their list.

Memory types: HBM, or one tensor in SBUF (then collective_dim may be 1).
Data types: any; the bits are copied.
Cost: a ring of n - 1 steps with the bytes of a source each; see `ring_cost`.
NumPy: dst[...] = np.concatenate([src_of[rank] for rank in ranks], collective_dim)
Sources: nki.collectives.all_gather (SDK 2.32); time CCI, estimated.
)";

void check(const Call& c) {
  check_collective(c, true);
  check_sizes(c, rank_count(c));
  check_dimension(c, collective_dim, true);
  check_priority(c, priority);
}

void meet(std::span<Run* const> sides) {
  for (int i = 0; i < sides[0]->call.tensor_count(kSrcs); ++i) {
    const Call& call = sides[0]->call;
    const OperandView s = call.operand(kSrcs, i);
    // Before the dimension that is joined, and from it on.
    const auto outer =
        static_cast<size_t>(call.integer(collective_dim) == 0 ? 1 : s.layout->dims[0].count);
    const size_t chunk = static_cast<size_t>(s.elements()) / outer;
    const std::vector<Parcel> given = pack_all(sides, kSrcs, i);
    Parcel all{s.dtype(), {}, {}};
    for (size_t row = 0; row < outer; ++row)
      for (const Parcel& p : given) all.append(p, row * chunk, chunk);
    for (Run* side : sides) unpack(*side, side->call.slot(kDsts, i), all);
  }
}

Cost cost(const Call& c) { return ring_cost(c, rank_count(c) - 1, sent_bytes(c)); }

}  // namespace

INSTRUCTION(all_gather) {
  static const Spec spec = collective({
      .name = "all_gather",
      .summary = "Join the tensors of all ranks, for all ranks.",
      .doc = kDoc,
      .params = {dimension_param()},
      .check = check,
      .cost = cost,
      .meet = meet,
  });
  return spec;
}

}  // namespace trainyard::isa
