// all_to_all_v: every rank gives each other one a part of its own size.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "trainyard/isa/collective_v.h"

namespace trainyard::isa {

namespace {

constexpr std::string_view kDoc = R"(
Tensors are flat lists of elements. Rank s sends src[displ[r] : displ[r] + count[r]] to rank r, who
finds it at the start of slot s, of dst.size / n elements, or with has_rdispls at its own
displacement for s. What nothing reaches stays as it was.

metadata_tensor is uint32, with a column a rank: row 0 the counts to send, row 1 where they begin in
src, row 2 gets the counts received unless recv_counts_known, row 3 (with has_rdispls) where they go
in dst.

Memory types: HBM; metadata_tensor (rows, n) in HBM or (1, rows, n) in SBUF.
Data types: any; the bits are copied.
Layout: on a machine whose chips hang on a switch, 2 cores a rank, and lists of whole chips, more
  than one. Elsewhere the ranks must be on different instances, which one process does not run.
Cost: n - 1 steps with a slot each, however full: an estimate.
NumPy: dst[s * slot :][: count[s, r]] = src_of[s][displ[s, r] : displ[s, r] + count[s, r]]
Sources: nki.collectives.all_to_all_v (SDK 2.32); time CCI, estimated.
)";

void check_whole_chips(const Call& c) {
  const int64_t chip = ranks_a_chip(c);
  const auto ranks = c.integers(kRanks);
  const auto n = static_cast<int64_t>(ranks.size());
  bool whole = n > chip && n % chip == 0 && ranks[0] % chip == 0;
  for (int64_t i = 0; i < n; ++i) whole &= ranks[static_cast<size_t>(i)] == ranks[0] + i;
  if (!whole)
    refuse_argument(c, kRanks, fmt::format("[{}]", fmt::join(ranks, ", ")),
                    fmt::format("successive ranks, all {} of each of at least two chips", chip));
}

void check(const Call& c) {
  check_collective_v(c);
  if (c.machine().instance.topology != "switched")
    throw base::Error(base::Code::U001, "all_to_all_v between instances")
        .limit(c.machine().name, "a machine whose chips hang on a switch, such as trn3",
               "ranks of one process are those of one instance");
  check_whole_chips(c);
}

void meet(std::span<Run* const> sides) { exchange_parts(sides, false); }

}  // namespace

INSTRUCTION(all_to_all_v) {
  static const Spec spec = collective({
      .name = "all_to_all_v",
      .summary = "Exchange parts between all ranks, each of its own size.",
      .doc = kDoc,
      .params = collective_v_params(),
      .check = check,
      .cost = collective_v_cost,
      .meet = meet,
  });
  return spec;
}

}  // namespace trainyard::isa
