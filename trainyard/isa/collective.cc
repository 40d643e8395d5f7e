// The rules and the time of collectives.

#include "trainyard/isa/collective.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace trainyard::isa {

using base::Code;
using base::Error;

namespace {

void check_ranks(const Call& c) {
  const auto ranks = c.integers(kRanks);
  const Seat& seat = c.tables().seat();
  if (seat.ranks == 1)
    throw Error(Code::E305, fmt::format("{}: there is no other rank to meet", c.spec().name))
        .limit("1 rank", "2 or more", "the launch")
        .fix("Launch several: trainyard.run(kernel, ..., ranks=n).");
  for (size_t i = 0; i < ranks.size(); ++i) {
    const bool twice = std::count(ranks.begin(), ranks.end(), ranks[i]) > 1;
    if (ranks[i] >= 0 && ranks[i] < seat.ranks && !twice) continue;
    throw Error(Code::E111, fmt::format("{}: rank {} in the ReplicaGroup", c.spec().name, ranks[i]))
        .limit(twice ? "twice" : std::to_string(ranks[i]),
               fmt::format("0 to {}, each once", seat.ranks - 1), "the launch")
        .fix("Launch as many ranks: trainyard.run(kernel, ..., ranks=n).");
  }
  if (std::ranges::find(ranks, seat.rank) == ranks.end())
    refuse_argument(c, kRanks, fmt::format("[{}]", fmt::join(ranks, ", ")),
                    fmt::format("a list with this rank, {}", seat.rank));
}

std::vector<int64_t> ranks_of(const Call& c) {
  const auto ranks = c.integers(kRanks);
  return {ranks.begin(), ranks.end()};
}

// The link that the instance names first, else the chip's first.
const machine::Link& wired_link(const machine::Machine& m) {
  if (m.instance.links.empty()) return m.chip.links.front();
  const auto wired =
      std::ranges::find(m.chip.links, m.instance.links.front(), &machine::Link::name);
  return *wired;  // machine/check.cc
}

}  // namespace

Spec collective(Spec own) {
  std::vector<Param> params = {
      {"srcs", ParamKind::tensors, Access::read, "", {}, "what this rank gives"},
      {"dsts", ParamKind::tensors, Access::write, "", {}, "what this rank gets"},
      {"ranks", ParamKind::integers, Access::none, "", {}, "its list in the ReplicaGroup"}};
  params.insert(params.end(), own.params.begin(), own.params.end());
  params.push_back(
      {"priority", ParamKind::integer, Access::none, "None", {}, "0 to 3, from NeuronCore-v4"});
  params.push_back({"name", ParamKind::name, Access::none, "None"});
  own.params = std::move(params);
  own.engines = {Engine::dma};
  own.ranks = ranks_of;
  own.module = "nki.collectives";
  return own;
}

void check_collective(const Call& c, bool sbuf) {
  const int n = c.tensor_count(kSrcs);
  if (n != c.tensor_count(kDsts))
    throw Error(Code::E111,
                fmt::format("{}: {} sources, {} results", c.spec().name, n, c.tensor_count(kDsts)));
  const bool on_chip = c.operand(kSrcs).on_chip();
  for (int i = 0; i < n; ++i) {
    for (const int param : {static_cast<int>(kSrcs), static_cast<int>(kDsts)}) {
      const OperandView v = c.operand(param, i);
      const bool allowed = v.on_chip() ? sbuf && v.buffer() == Buffer::sbuf && n == 1 : true;
      if (allowed && v.on_chip() == on_chip) continue;
      throw Error(Code::E107, fmt::format("{}: {} is in {}", c.spec().name,
                                          c.spec().params[param].name, name_of(v.buffer())))
          .limit(std::string(name_of(v.buffer())),
                 sbuf ? "all in HBM, or one source and one result in SBUF" : "HBM",
                 std::string(c.spec().name))
          .note(v.describe());
    }
    if (c.operand(kSrcs, i).dtype() != c.operand(kDsts, i).dtype())
      throw Error(Code::E106,
                  fmt::format("{}: source and result have different types", c.spec().name))
          .note(c.operand(kSrcs, i).describe())
          .note(c.operand(kDsts, i).describe());
  }
  check_ranks(c);
}

void check_sizes(const Call& c, int64_t factor, bool divided) {
  for (int i = 0; i < c.tensor_count(kSrcs); ++i) {
    const OperandView s = c.operand(kSrcs, i), d = c.operand(kDsts, i);
    const bool right =
        divided ? d.elements() * factor == s.elements() : d.elements() == s.elements() * factor;
    if (right) continue;
    throw Error(Code::E103, fmt::format("{}: the result has {} elements, the source {}",
                                        c.spec().name, d.elements(), s.elements()))
        .limit(std::to_string(d.elements()),
               divided ? fmt::format("a {}-th of the source", factor)
                       : fmt::format("{} times the source", factor),
               fmt::format("{} of {} ranks", c.spec().name, rank_count(c)))
        .note(d.describe())
        .note(s.describe());
  }
}

void check_reduction(const Call& c, int op) {
  op_in(c, op, {Operator::add, Operator::minimum, Operator::maximum});
}

void check_dimension(const Call& c, int dim, bool columns) {
  const int64_t most = columns && c.operand(kSrcs).on_chip() ? 1 : 0;
  if (c.integer(dim) >= 0 && c.integer(dim) <= most) return;
  refuse_argument(c, dim, std::to_string(c.integer(dim)), most ? "0 or 1" : "0");
}

void check_channels(const Call& c, int channel_ids) {
  const auto ids = c.integers(channel_ids);
  const int64_t node = c.tables().seat().ranks;
  const size_t most = rank_count(c) == node ? 4 : 2;
  bool right = ids.size() <= most && static_cast<int>(ids.size()) == c.tensor_count(kSrcs);
  for (size_t i = 0; i < ids.size(); ++i) right &= ids[i] == static_cast<int64_t>(i);
  if (right) return;
  refuse_argument(c, channel_ids, fmt::format("[{}]", fmt::join(ids, ", ")),
                  fmt::format("0, 1, ..., one for each of {} tensors, at most {}",
                              c.tensor_count(kSrcs), most));
}

void not_packed_view(const Call& c, const OperandView& v) {
  if (!base::is_pack(v.dtype())) return;
  throw Error(Code::E105, fmt::format("{}: packed types cannot be combined", c.spec().name))
      .note(v.describe());
}

std::vector<Parcel> pack_all(std::span<Run* const> sides, int param, int i) {
  std::vector<Parcel> given;
  for (Run* side : sides) given.push_back(pack(*side, side->call.slot(param, i)));
  return given;
}

int64_t rank_count(const Call& c) { return static_cast<int64_t>(c.integers(kRanks).size()); }

int64_t ranks_a_chip(const Call& c) {
  return std::max(1, c.machine().chip.cores / c.tables().cores());
}

int64_t sent_bytes(const Call& c) {
  int64_t bytes = 0;
  for (int i = 0; i < c.tensor_count(kSrcs); ++i) bytes += c.operand(kSrcs, i).bytes();
  return bytes;
}

Cost ring_cost(const Call& c, int64_t steps, int64_t bytes) {
  const machine::Chip& chip = c.machine().chip;
  const machine::Dma& dma = c.core().dma;
  double gb_s = dma.engines * dma.engine_gb_s;
  double hop_ns = dma.tail_ns + dma.hwdge_load_first_ns;
  if (rank_count(c) > ranks_a_chip(c) && !chip.links.empty()) {
    const machine::Link& link = wired_link(c.machine());
    gb_s = std::min(gb_s, link.gb_s * link.count / 2 /
                              static_cast<double>(ranks_a_chip(c)));  // half of them go onward
    hop_ns = link.latency_ns;
  }
  Cost cost;
  cost.ring_bytes = steps * bytes;
  cost.off_chip = rank_count(c) > ranks_a_chip(c);
  const double step_ns = hop_ns + static_cast<double>(bytes) / gb_s;
  cost.busy = cost.latency =
      base::ns_to_ps(chip.collective_launch_ns + static_cast<double>(steps) * step_ns);
  return cost;
}

}  // namespace trainyard::isa
