// What the collectives of unequal parts share: how many elements go from which rank to which is in
// a tensor of metadata that each rank brings.
#pragma once

#include "trainyard/isa/collective.h"

namespace trainyard::isa {

/// The parameters of such a collective after those that every collective begins with.
enum CollectiveVParam { kMetadata = kCollectiveRest, kRecvCountsKnown, kHasRdispls, kVPriority };

std::vector<Param> collective_v_params();

/// One source and one result in HBM, of one type; the metadata are uint32, a row of as many columns
/// as ranks for each of send counts, send displacements, receive counts and, with has_rdispls,
/// receive displacements, in HBM or on one partition of SBUF; ranks have 2 cores (E105, E107, E110,
/// E111).
void check_collective_v(const Call& call);

/// Copies from each rank to each, and writes the counts received unless they are known. The result
/// keeps what no part covers. `one_part`: every rank gets the same part, that of the first column.
/// A part that reaches outside its tensor or slot is E212, undefined metadata E211.
void exchange_parts(std::span<Run* const> sides, bool one_part);

/// A ring in which every slot of the result is full. Estimate: the counts are only known when the
/// instruction runs, and smaller parts take less.
Cost collective_v_cost(const Call& call);

}  // namespace trainyard::isa
