// topk: the largest values of 16 partitions at a time, and their places, on the GpSimd Engine.

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "trainyard/isa/gpsimd.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { val_dst, idx_dst, src, n };

constexpr int64_t kFewest = 8, kMostValues = 65535, kMostFound = 32767;

constexpr std::string_view kDoc = R"(
Each GpSimd core takes the first n elements of its 16 partitions of src, column by column (element e
lies in partition e % 16, column e // 16), and finds the K largest, where K is val_dst's elements
per partition. They leave in the same winding order, ascending: the j-th smallest of the K goes to
partition j % 16, column j // 16 of val_dst, and its place among the n elements to idx_dst. What the
columns from ceil(K / 16) on, and the rest of the last one, held before stays.

Memory types: SBUF.
Data types: src and val_dst are bfloat16, idx_dst is uint32.
Layout: equal partitions, a multiple of 16; idx_dst has K elements per partition, too.
Limits: n from 8 to 65535, and at most 16 times src's elements per partition; K from 1 to 32767, and
  at most n.
Order: the stub says ascending, and in each partition; that the results wind as the source does
  follows from AWS's gpsimd_topk kernel, which relies on the set of results alone. Which of equal
  values are found is not documented: here the first ones, of which the earlier counts as larger;
  -0.0 equals 0.0; a NaN counts as smaller than everything.
Cost: 4n + K cycles.
NumPy: x = src[:16].flatten("F")[:n]; i = np.argsort(x, stable=True)[-K:]; val = x[i]
Sources: nki.isa.topk (SDK 2.32); nki-library 092a49d, gpsimd_topk.py; cost: its stub.
)";

void check(const Call& c) {
  same_partitions(c, {src, val_dst, idx_dst});
  whole_cores(c, src);
  dtype_in(c, src, {DType::bf16});
  dtype_in(c, val_dst, {DType::bf16});
  dtype_in(c, idx_dst, {DType::u32});
  same_elements(c, {val_dst, idx_dst});
  const int64_t most = std::min(kMostValues, c.operand(src).free_elements() * kCorePartitions);
  if (c.integer(n) < kFewest || c.integer(n) > most)
    refuse_argument(c, n, std::to_string(c.integer(n)), fmt::format("{} to {}", kFewest, most));
  free_at_most(c, val_dst, std::min(c.integer(n), kMostFound), "topk: K, at most n");
}

// Larger keys are better: the order of the values in the upper half, earlier places in the lower.
uint32_t key_of(uint16_t bits, uint32_t place) {
  uint32_t order = 0;  // NaN
  if ((bits & 0x7fff) == 0) order = 0x8000;
  else if ((bits & 0x7fff) <= 0x7f80) order = bits & 0x8000 ? 0xffffu - bits : 0x8000u | bits;
  return order << 16 | (kMostValues - place);
}

void run(Run& r) {
  const Bytes values = r.bytes(val_dst), places = r.bytes(idx_dst), from = r.bytes(src);
  const int64_t count = r.call.integer(n), columns = from.row_elements();
  const int64_t k = values.row_elements(), used = (k + kCorePartitions - 1) / kCorePartitions;
  std::vector<uint16_t> in(kCorePartitions * columns), value_row(k);
  std::vector<uint32_t> keys(count), place_row(k);
  for (int core = 0; core < from.rows(); core += kCorePartitions) {
    gather_bits(from, core, kCorePartitions, reinterpret_cast<std::byte*>(in.data()));
    const auto value_at = [&](int64_t e) {
      return in[e % kCorePartitions * columns + e / kCorePartitions];
    };
    for (int64_t e = 0; e < count; ++e) keys[e] = key_of(value_at(e), static_cast<uint32_t>(e));
    const auto end = keys.begin() + k;
    std::nth_element(keys.begin(), end - 1, keys.end(), std::greater<>());
    std::sort(keys.begin(), end);
    for (int lane = 0; lane < kCorePartitions; ++lane) {
      gather_bits(values, core + lane, 1, reinterpret_cast<std::byte*>(value_row.data()));
      gather_bits(places, core + lane, 1, reinterpret_cast<std::byte*>(place_row.data()));
      for (int64_t column = 0; column < used; ++column) {
        const int64_t j = column * kCorePartitions + lane;
        if (j >= k) break;
        place_row[column] = static_cast<uint32_t>(kMostValues) - (keys[j] & 0xffff);
        value_row[column] = value_at(place_row[column]);
      }
      scatter_bits(values, core + lane, 1, reinterpret_cast<const std::byte*>(value_row.data()));
      scatter_bits(places, core + lane, 1, reinterpret_cast<const std::byte*>(place_row.data()));
    }
  }
}

// A result depends on all n elements of its core.
std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int param) {
  const int64_t k = c.operand(val_dst).free_elements(), columns = c.operand(src).free_elements();
  std::vector<uint8_t> out(c.operand(param).elements());
  if (!masks[param].empty()) out = masks[param];
  for (int core = 0; core < c.operand(src).partitions(); core += kCorePartitions) {
    bool lost = false;
    for (int64_t e = 0; e < c.integer(n) && !masks[src].empty(); ++e)
      lost |= masks[src][(core + e % kCorePartitions) * columns + e / kCorePartitions] != 0;
    for (int64_t j = 0; j < k; ++j)
      out[(core + j % kCorePartitions) * k + j / kCorePartitions] = lost;
  }
  return out;
}

Cost cost(const Call& c) {
  const double found = static_cast<double>(c.operand(val_dst).free_elements());
  return lane_cost(c, 4 * static_cast<double>(c.integer(n)) + found);
}

}  // namespace

INSTRUCTION(topk) {
  static const Spec spec = {
      .name = "topk",
      .summary = "Find the largest values of 16 partitions at a time, and their places.",
      .doc = kDoc,
      .params = {{"val_dst", ParamKind::tensor, Access::update, "", {}, "the values, [P, K]"},
                 {"idx_dst", ParamKind::tensor, Access::update, "", {}, "their places, [P, K]"},
                 {"src", ParamKind::tensor, Access::read, "", {}, "what is searched"},
                 {"n", ParamKind::integer, Access::none, "", {}, "how many of its elements count"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .evidence = Evidence::approximate,
      .engines = {Engine::gpsimd},
      .check = check,
      .run = run,
      .cost = cost,
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
