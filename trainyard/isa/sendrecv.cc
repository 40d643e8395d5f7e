// sendrecv: the cores of a logical core exchange tiles.

#include <fmt/format.h>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/parcel.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst = 1, src = 0, send_to_rank = 2, recv_from_rank, pipe_id, dma_engine };

constexpr std::string_view kDoc = R"(
Every core of the logical core sends its src to dst of core send_to_rank and receives the src of
core recv_from_rank in its own dst. All of them must call it, with equal pipe_id and matching ranks
(E312); none goes on before all have come.

Memory types: SBUF on both sides.
Data types: any; src and dst have the same. The bits are copied.
Layout: src and dst of the same shape, here and on the other core.
dma_engine: dma, or gpsimd_dma for at most 1024 bytes a partition of 32-bit types, 512 of 16-bit
  and 256 of 8-bit types; GpSimd then waits until the exchange is over.
Cost: estimate, none is published. dma: a DMA from SBUF to SBUF after both cores have come.
  gpsimd_dma: the GpSimd Engine streams the tile once.
Matching: the n-th meeting of one core goes together with the n-th of the other; different pipes
  may be under way at the same time.
NumPy: dst[core][...] = src[recv_from_rank[core]]
Sources: nki.isa.sendrecv (SDK 2.32).
)";

bool by_gpsimd(const Call& c) { return c.choice<DmaEngine>(dma_engine) == DmaEngine::gpsimd_dma; }

Engine choose_engine(const Call& c) { return by_gpsimd(c) ? Engine::gpsimd : Engine::dma; }

void check(const Call& c) {
  check_meets(c);
  buffer_in(c, src, {Buffer::sbuf});
  buffer_in(c, dst, {Buffer::sbuf});
  same_dtype(c, {src, dst});
  same_elements(c, {src, dst});
  if (c.operand(src).shape() != c.operand(dst).shape())
    throw base::Error(base::Code::E110, "sendrecv: src and dst have different shapes")
        .limit(fmt::format("{}", c.operand(src).shape()), fmt::format("{}", c.operand(dst).shape()),
               "sendrecv");
  for (int tile : {src, dst})
    if (c.tables().strictness.before(4) && c.operand(tile).partitions() % 16 != 0)
      throw base::Error(base::Code::E110, label(c, tile) + " has no multiple of 16 partitions")
          .limit(std::to_string(c.operand(tile).partitions()), "a multiple of 16",
                 "sendrecv before NKI 0.4");
  for (int rank : {send_to_rank, recv_from_rank}) {
    if (c.integer(rank) < 0 || c.integer(rank) >= c.tables().cores())
      refuse_argument(c, rank, std::to_string(c.integer(rank)),
                      fmt::format("0 to {}", c.tables().cores() - 1));
  }
  if (!by_gpsimd(c)) return;
  const auto size = static_cast<int64_t>(base::size_of(c.operand(src).dtype()));
  free_at_most(c, src, size == 4 ? 1024 / 4 : 256, "dma_engine.gpsimd_dma");
}

void meet(std::span<Run* const> sides) {
  for (size_t core = 0; core < sides.size(); ++core) {
    const auto from = static_cast<size_t>(sides[core]->call.integer(recv_from_rank));
    const Call& sender = sides[from]->call;
    const OperandView sent = sender.operand(src), wanted = sides[core]->call.operand(dst);
    if (sender.integer(send_to_rank) != static_cast<int64_t>(core))
      throw base::Error(base::Code::E312,
                        fmt::format("sendrecv: core {} receives from core {}, which sends to core "
                                    "{}",
                                    core, from, sender.integer(send_to_rank)));
    if (sent.dtype() != wanted.dtype() || sent.shape() != wanted.shape())
      throw base::Error(base::Code::E312, "sendrecv: the tile sent is not the tile received")
          .note(fmt::format("core {} sends {}", from, sent.describe()))
          .note(fmt::format("core {} receives {}", core, wanted.describe()));
  }
  std::vector<Parcel> parcels;  // before anybody writes
  for (Run* side : sides) parcels.push_back(pack(*side, side->call.slot(src)));
  for (Run* side : sides)
    unpack(*side, side->call.slot(dst),
           parcels[static_cast<size_t>(side->call.integer(recv_from_rank))]);
}

int64_t meeting(const Call& c) { return c.integer(pipe_id); }

Cost cost(const Call& c) {
  const OperandView s = c.operand(src);
  if (by_gpsimd(c)) return lane_cost(c, static_cast<double>(s.free_elements()));
  return dma_cost(c, c.operand(dst), s, DgeMode::none);
}

}  // namespace

INSTRUCTION(sendrecv) {
  static const Spec spec = {
      .name = "sendrecv",
      .summary = "Exchange tiles between the two cores of a logical core.",
      .doc = kDoc,
      .params =
          {{"src", ParamKind::tensor, Access::read, "", {}, "the tile that is sent"},
           {"dst", ParamKind::tensor, Access::write, "", {}, "where the other's tile goes"},
           {"send_to_rank", ParamKind::integer, Access::none, "", {}, "core that gets src"},
           {"recv_from_rank", ParamKind::integer, Access::none, "", {}, "core whose src comes"},
           {"pipe_id", ParamKind::integer, Access::none, "", {}, "equal on all cores"},
           {"dma_engine", ParamKind::dma_engine, Access::none, "dma_engine.dma", Value::integer(1),
            "dma or gpsimd_dma"},
           {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::dma, Engine::gpsimd},
      .version = 3,
      .choose_engine = choose_engine,
      .check = check,
      .cost = cost,
      .meet = meet,
      .meeting = meeting,
  };
  return spec;
}

}  // namespace trainyard::isa
