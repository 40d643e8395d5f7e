// all_to_all: every rank gives each other one a part.

#include "trainyard/isa/collective.h"

namespace trainyard::isa {

namespace {

enum { collective_dim = kCollectiveRest, priority };

constexpr std::string_view kDoc = R"(
dsts[i] = part r of srcs[i] of each rank, joined, where r is the position of this rank in the list.

Memory types: HBM.
Data types: any; the bits are copied.
Cost: n - 1 steps with an n-th of the bytes each; see `ring_cost`.
NumPy: dst[...] = np.concatenate([np.split(src_of[rank], n)[r] for rank in ranks])
Sources: nki.collectives.all_to_all (SDK 2.32); time CCI, estimated.
)";

void check(const Call& c) {
  check_collective(c, false);
  check_sizes(c, 1);
  check_dimension(c, collective_dim, false);
  const int64_t n = rank_count(c);
  for (int i = 0; i < c.tensor_count(kSrcs); ++i) {
    const int64_t rows = c.operand(kSrcs, i).layout->dims[0].count;
    if (rows % n != 0)
      throw base::Error(base::Code::E110, "all_to_all: dimension 0 cannot be cut into equal parts")
          .limit(std::to_string(rows), "a multiple of " + std::to_string(n), "the ranks")
          .note(c.operand(kSrcs, i).describe());
  }
  check_priority(c, priority);
}

void meet(std::span<Run* const> sides) {
  for (int i = 0; i < sides[0]->call.tensor_count(kSrcs); ++i) {
    const std::vector<Parcel> given = pack_all(sides, kSrcs, i);
    const size_t part = given[0].elements() / sides.size();
    for (size_t rank = 0; rank < sides.size(); ++rank) {
      Parcel mine{given[0].dtype, {}, {}};
      for (const Parcel& p : given) mine.append(p, rank * part, part);
      unpack(*sides[rank], sides[rank]->call.slot(kDsts, i), mine);
    }
  }
}

Cost cost(const Call& c) {
  const int64_t n = rank_count(c);
  return ring_cost(c, n - 1, sent_bytes(c) / n);
}

}  // namespace

INSTRUCTION(all_to_all) {
  static const Spec spec = collective({
      .name = "all_to_all",
      .summary = "Exchange parts of tensors between all ranks.",
      .doc = kDoc,
      .params = {dimension_param()},
      .check = check,
      .cost = cost,
      .meet = meet,
  });
  return spec;
}

}  // namespace trainyard::isa
