// all_gather_v: every rank gets a part of what each rank gives, of that rank's own size.

#include "trainyard/isa/collective_v.h"

namespace trainyard::isa {

namespace {

constexpr std::string_view kDoc = R"(
Tensors are flat lists of elements. dst has a slot of dst.size / n elements for each rank of the
list; slot s begins with src[displacement : displacement + count] of rank s, and keeps the rest.

metadata_tensor is uint32, with a column a rank: row 0 the count (first column), row 1 the
displacement (first column), row 2 gets the counts received unless recv_counts_known.

Memory types: HBM; metadata_tensor (3, n) in HBM or (1, 3, n) in SBUF.
Data types: any; the bits are copied.
Layout: as many ranks as a chip has, of 2 cores each. has_rdispls is not there yet, on the chip
either.
Cost: a ring of n - 1 steps with a slot each, however full: an estimate.
NumPy: dst[s * slot :][: count[s]] = src_of[s][displ[s] : displ[s] + count[s]]
Sources: nki.collectives.all_gather_v (SDK 2.32); time CCI, estimated.
)";

void check(const Call& c) {
  check_collective_v(c);
  if (c.flag(kHasRdispls)) refuse_argument(c, kHasRdispls, "True", "False");
  if (rank_count(c) != ranks_a_chip(c))
    refuse_argument(c, kRanks, std::to_string(rank_count(c)) + " ranks",
                    std::to_string(ranks_a_chip(c)) + ", those of a chip");
}

void meet(std::span<Run* const> sides) { exchange_parts(sides, true); }

}  // namespace

INSTRUCTION(all_gather_v) {
  static const Spec spec = collective({
      .name = "all_gather_v",
      .summary = "Give every rank a part of each rank's tensor, each of its own size.",
      .doc = kDoc,
      .params = collective_v_params(),
      .check = check,
      .cost = collective_v_cost,
      .meet = meet,
  });
  return spec;
}

}  // namespace trainyard::isa
