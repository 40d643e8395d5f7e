// Collectives of unequal parts: their metadata, and the exchange.

#include "trainyard/isa/collective_v.h"

#include <fmt/format.h>

#include <cstring>

namespace trainyard::isa {

using base::Code;
using base::Error;

namespace {

enum Row { kSendCounts, kSendDispls, kRecvCounts, kRecvDispls };

int64_t metadata_rows(const Call& c) { return c.flag(kHasRdispls) ? 4 : 3; }

/// One rank's metadata and tensors while the parts are exchanged.
class Side {
 public:
  Side(Run& run, int64_t ranks)
      : src(pack(run, run.call.slot(kSrcs))),
        dst(pack(run, run.call.slot(kDsts))),
        run_(run),
        metadata_(pack(run, run.call.slot(kMetadata))),
        ranks_(ranks) {}

  int64_t read(Row row, int64_t rank) const {
    const auto i = static_cast<size_t>(row * ranks_ + rank);
    if (!metadata_.undefined.empty() && metadata_.undefined[i])
      throw Error(Code::E211, fmt::format("{}: row {} of metadata_tensor is undefined for rank {}",
                                          run_.call.spec().name, static_cast<int>(row), rank));
    uint32_t value;
    std::memcpy(&value, metadata_.bits.data() + i * sizeof value, sizeof value);
    return value;
  }

  void write_received(int64_t rank, int64_t count) {
    const auto i = static_cast<size_t>(kRecvCounts * ranks_ + rank);
    const auto value = static_cast<uint32_t>(count);
    std::memcpy(metadata_.bits.data() + i * sizeof value, &value, sizeof value);
    if (!metadata_.undefined.empty()) metadata_.undefined[i] = 0;
  }

  /// Where the part of `rank` goes, and how many elements fit there.
  std::pair<int64_t, int64_t> slot(int64_t rank) const {
    const auto n = static_cast<int64_t>(dst.elements());
    if (!run_.call.flag(kHasRdispls)) return {n / ranks_ * rank, n / ranks_};
    const int64_t start = read(kRecvDispls, rank);
    return {start, n - start};
  }

  void finish() {
    unpack(run_, run_.call.slot(kDsts), dst);
    if (!run_.call.flag(kRecvCountsKnown)) unpack(run_, run_.call.slot(kMetadata), metadata_);
  }

  Parcel src, dst;

 private:
  Run& run_;
  Parcel metadata_;
  int64_t ranks_;
};

void check_inside(const Call& c, std::string_view what, int64_t from, int64_t to, int64_t count,
                  int64_t allowed) {
  if (count <= allowed) return;
  throw Error(Code::E212, fmt::format("{}: {} elements from rank {} to rank {} of the list, {}",
                                      c.spec().name, count, from, to, what))
      .limit(std::to_string(count), std::to_string(std::max<int64_t>(allowed, 0)),
             "metadata_tensor")
      .fix("Correct the counts and displacements in the metadata, or use larger tensors.");
}

}  // namespace

std::vector<Param> collective_v_params() {
  return {{"metadata_tensor",
           ParamKind::tensor,
           Access::update,
           "",
           {},
           "counts and displacements, rows x ranks"},
          {"recv_counts_known", ParamKind::boolean, Access::none, "False", Value::boolean(false),
           "leave the row of receive counts alone"},
          {"has_rdispls", ParamKind::boolean, Access::none, "False", Value::boolean(false),
           "the metadata say where each part goes"}};
}

void check_collective_v(const Call& c) {
  check_collective(c, false);
  if (c.tables().cores() != 2)
    throw Error(Code::E111, fmt::format("{} on ranks of one core each", c.spec().name))
        .limit("1", "2", "cores of a logical core")
        .fix("Launch the kernel as kernel[2].");
  if (c.tensor_count(kSrcs) != 1)
    refuse_argument(c, kSrcs, std::to_string(c.tensor_count(kSrcs)) + " tensors", "one");
  dtype_in(c, kMetadata, {DType::u32});
  const OperandView m = c.operand(kMetadata);
  const int64_t rows = metadata_rows(c), ranks = rank_count(c);
  if (m.elements() != rows * ranks || (m.on_chip() && m.partitions() != 1))
    throw Error(Code::E110, fmt::format("{}: the shape of metadata_tensor", c.spec().name))
        .limit(m.describe(),
               m.on_chip() ? fmt::format("[1, {}, {}]", rows, ranks)
                           : fmt::format("[{}, {}]", rows, ranks),
               fmt::format("{} of {} ranks", c.spec().name, ranks));
  if (m.on_chip() && m.buffer() != Buffer::sbuf)
    refuse_argument(c, kMetadata, std::string(name_of(m.buffer())), "HBM or SBUF");
  check_priority(c, kVPriority);
}

void exchange_parts(std::span<Run* const> sides, bool one_part) {
  const auto n = static_cast<int64_t>(sides.size());
  const Call& call = sides[0]->call;
  std::vector<Side> all;
  for (Run* side : sides) all.emplace_back(*side, n);
  for (int64_t from = 0; from < n; ++from) {
    for (int64_t to = 0; to < n; ++to) {
      const int64_t column = one_part ? 0 : to;
      const int64_t count = all[from].read(kSendCounts, column);
      const int64_t first = all[from].read(kSendDispls, column);
      const auto [start, room] = all[to].slot(from);
      check_inside(call, "more than the source has there", from, to, count,
                   static_cast<int64_t>(all[from].src.elements()) - first);
      check_inside(call, "more than fit into the result there", from, to, count, room);
      all[to].dst.replace(static_cast<size_t>(start), all[from].src, static_cast<size_t>(first),
                          static_cast<size_t>(count));
      all[to].write_received(from, count);
    }
  }
  for (Side& side : all) side.finish();
}

Cost collective_v_cost(const Call& c) {
  const int64_t n = rank_count(c);
  return ring_cost(c, n - 1, c.operand(kDsts).bytes() / n);
}

}  // namespace trainyard::isa
