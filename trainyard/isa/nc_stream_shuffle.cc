// nc_stream_shuffle: partitions exchanged within quadrants of 32, on the Vector Engine.

#include <fmt/format.h>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, src, shuffle_mask };

constexpr int kQuadrant = 32;  // partitions of one reshape bank, entries of the mask
constexpr int kUntouched = 255;

constexpr std::string_view kDoc = R"(
In every quadrant of 32 partitions, partition i of dst becomes partition shuffle_mask[i] of src's
quadrant; 255 leaves it as it is. dst may be src. Entries for partitions that dst does not have mean
nothing.

Memory types: SBUF or PSUM on both sides.
Data types: any, the same on both sides. Bits are copied.
Layout: equal elements per partition. With the partition count of the larger side rounded up to a
  multiple of 32, both start at 0 (96 or 128), at 0 or 64 (64), or at a quadrant (32).
Cost: max(64, N) cycles.
NumPy: dst[i] = src[i - i % 32 + shuffle_mask[i % 32]]
Sources: nki.isa.nc_stream_shuffle (SDK 2.32); cost ISA26.
)";

// The partition of src that partition `row` of dst takes, or -1.
int source(const Call& c, int row) {
  const auto entry = static_cast<int>(c.integers(shuffle_mask)[row % kQuadrant]);
  return entry == kUntouched ? -1 : row - row % kQuadrant + entry;
}

void check(const Call& c) {
  const auto mask = c.integers(shuffle_mask);
  if (mask.size() != kQuadrant)
    refuse_argument(c, shuffle_mask, fmt::format("{} entries", mask.size()), "32 entries");
  for (int64_t entry : mask)
    if (entry != kUntouched && (entry < 0 || entry >= kQuadrant))
      refuse_argument(c, shuffle_mask, std::to_string(entry), "0 to 31, or 255");
  same_dtype(c, {dst, src});
  const OperandView d = c.operand(dst), s = c.operand(src);
  free_exactly(c, src, d.free_elements());
  const int active = std::max(d.partitions(), s.partitions());
  for (int p : {dst, src}) check_start_partition(c, p, c.operand(p), active);
  for (int row = 0; row < d.partitions(); ++row)
    if (source(c, row) >= s.partitions())
      throw base::Error(
          base::Code::E110,
          fmt::format("nc_stream_shuffle: partition {} of dst takes partition {} of src", row,
                      source(c, row)))
          .limit(std::to_string(source(c, row)), fmt::format("below {}", s.partitions()),
                 "nc_stream_shuffle")
          .note(s.describe());
}

void run(Run& r) {
  const Bytes to = r.bytes(dst), from = r.bytes(src);
  std::vector<std::byte> rows;
  const Bytes packed = detached(from, rows);  // dst may be src
  for (int row = 0; row < to.rows(); ++row)
    if (const int taken = source(r.call, row); taken >= 0)
      scatter_bits(to, row, 1, packed.row(taken));
}

std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int) {
  const int64_t n = c.operand(dst).free_elements();
  std::vector<uint8_t> out(c.operand(dst).elements());
  for (size_t i = 0; i < out.size(); ++i) {
    const int taken = source(c, static_cast<int>(i / n));
    const std::vector<uint8_t>& mask = masks[taken < 0 ? dst : src];
    if (!mask.empty()) out[i] = mask[taken < 0 ? i : taken * n + i % n];
  }
  return out;
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()));
}

}  // namespace

INSTRUCTION(nc_stream_shuffle) {
  static const Spec spec = {
      .name = "nc_stream_shuffle",
      .summary = "Exchange partitions within quadrants of 32.",
      .doc = kDoc,
      .params =
          {{"dst", ParamKind::tensor, Access::update, "", {}, "where the partitions go"},
           {"src", ParamKind::tensor, Access::read, "", {}, "where they come from"},
           {"shuffle_mask", ParamKind::integers, Access::none, "", {}, "32 source partitions"},
           {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector},
      .check = check,
      .run = run,
      .cost = cost,
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
