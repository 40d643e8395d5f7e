// What the collectives of nki.collectives share: their rules, and the law of their time.
#pragma once

#include "trainyard/isa/dma.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/parcel.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

/// The parameters that every collective begins with: what is sent, what is received, and the ranks
/// that take part, in the order of their list in the ReplicaGroup.
enum CollectiveParam { kSrcs, kDsts, kRanks, kCollectiveRest };

inline Param dimension_param() {
  return {"collective_dim",
          ParamKind::integer,
          Access::none,
          "",
          {},
          "the dimension that is cut or joined"};
}
inline Param reduction_param() {
  return {"op", ParamKind::op, Access::none, "", {}, "add, minimum or maximum"};
}
/// The Spec of a collective from what is its own; `params` are those between the ranks and the
/// priority.
Spec collective(Spec own);

/// Tensors all in HBM, or (if `sbuf`) one source and one result in SBUF (E107); as many results as
/// sources, of one type (E106); this rank is among `ranks`, and each of them once (E111).
void check_collective(const Call& call, bool sbuf);
/// Each result has `factor` times (if `divided`, one `factor`-th of) the elements of its source
/// (E103).
void check_sizes(const Call& call, int64_t factor, bool divided = false);
/// add, minimum or maximum (E109).
void check_reduction(const Call& call, int op);
/// 0 (E111); in SBUF also 1 if `columns`.
void check_dimension(const Call& call, int dim, bool columns);

/// Channel ids 0, 1, ..., one a tensor, at most 4 for a whole node and 2 otherwise (E111).
void check_channels(const Call& call, int channel_ids);
/// What every side gives: tensor `i` of its parameter.
std::vector<Parcel> pack_all(std::span<Run* const> sides, int param, int i);

/// No packed type (E105).
void not_packed_view(const Call& call, const OperandView& view);

int64_t rank_count(const Call& call);
/// Ranks that have their cores on one chip.
int64_t ranks_a_chip(const Call& call);

/// A ring of `steps` steps in each of which every rank passes `bytes` on. Estimate: the launch, and
/// for each step a hop and the time of the bytes on the slowest part of the way (between chips
/// their links, which the ranks of a chip share; within one the DMA engines of a core).
Cost ring_cost(const Call& call, int64_t steps, int64_t bytes);
/// Bytes of all sources.
int64_t sent_bytes(const Call& call);

}  // namespace trainyard::isa
