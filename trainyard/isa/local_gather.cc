// local_gather: elements of 16 partitions at a time, picked by indices that these share, on the
// GpSimd Engine.

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/isa/gather.h"
#include "trainyard/isa/gpsimd.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, src_buffer, index, num_elem_per_idx, num_valid_indices };

constexpr int64_t kMostIndices = 4096;  // of one GpSimd core
constexpr int64_t kWord = 4;            // bytes that a core moves at once

constexpr std::string_view kDoc = R"(
Each GpSimd core gathers from its 16 partitions with one list of indices: those of its partitions of
`index`, column by column (partition j % 16, column j / 16). In each of its partitions,
dst[p, j * e : (j + 1) * e] = src_buffer[p, list[j] : list[j] + e], with e = num_elem_per_idx; an
index counts the elements of a partition in order, whatever the free shape and e.

Memory types: SBUF.
Data types: any; dst has src_buffer's type, and bits are copied. index is uint16.
Layout: equal partitions, a multiple of 16. dst has num_valid_indices * e elements per partition.
Limits: e is 1, 2, 4, 8, 16 or 32. num_valid_indices, by default all of a core, is at most 4096. The
  run of elements of an index outside src_buffer is refused while values are computed (the chip's
  result is undefined); an index that nobody has written gives undefined elements.
Cost: 150 + n * (7 + e) / min(4 / size, e) cycles for n indices and elements of `size` bytes: the
  published formula with its C read as cycles an element. As printed it divides by C, and longer
  runs and smaller types would take longer.
NumPy: per 16 partitions, dst = src[:, index.flatten("F")[:n, None] + np.arange(e)]
Sources: nki.isa.local_gather (SDK 2.32); cost ISA26.
)";

int64_t valid_indices(const Call& c) {
  return c.has(num_valid_indices) ? c.integer(num_valid_indices)
                                  : c.operand(index).free_elements() * kCorePartitions;
}

void check(const Call& c) {
  same_partitions(c, {src_buffer, index, dst});
  whole_cores(c, src_buffer);
  same_dtype(c, {src_buffer, dst});
  dtype_in(c, index, {DType::u16});
  const int64_t e = c.integer(num_elem_per_idx), n = valid_indices(c);
  if (e < 1 || e > 32 || (e & (e - 1)) != 0)
    refuse_argument(c, num_elem_per_idx, std::to_string(e), "1, 2, 4, 8, 16 or 32");
  const int64_t most =
      std::min(kMostIndices, c.operand(index).free_elements() * int64_t{kCorePartitions});
  if (n < 1 || n > most)
    refuse_argument(c, num_valid_indices, std::to_string(n), fmt::format("1 to {}", most));
  free_exactly(c, dst, n * e);
}

void run(Run& r) {
  const Bytes to = r.bytes(dst), from = r.bytes(src_buffer);
  const Indices list(r.call, r.memory, index);
  const int64_t e = r.call.integer(num_elem_per_idx), n = valid_indices(r.call);
  const int64_t end = from.row_elements();
  const int size = from.element;
  std::vector<std::byte> row_in(end * size), row_out(n * e * size), copy;
  const Bytes source = overlaps_elsewhere(to, from) ? detached(from, copy) : from;
  for (int row = 0; row < to.rows(); ++row) {
    const int core = row - row % kCorePartitions;
    gather_bits(source, row, 1, row_in.data());
    for (int64_t j = 0; j < n; ++j) {
      const int64_t at =
          list.checked(core + static_cast<int>(j % kCorePartitions), j / kCorePartitions, e, end);
      copy_elements(&row_out[j * e * size], row_in.data(), at, e, size);
    }
    scatter_bits(to, row, 1, row_out.data());
  }
}

std::vector<uint8_t> undefined(const Call& c, Memory& memory, const UndefinedMasks& masks, int) {
  const Indices list(c, memory, index);
  const int64_t e = c.integer(num_elem_per_idx), n = valid_indices(c);
  const int64_t end = c.operand(src_buffer).free_elements();
  const bool overwritten = c.operand(dst).id == c.operand(index).id;  // what was picked is lost
  std::vector<uint8_t> out;
  for (int row = 0; row < c.operand(dst).partitions(); ++row)
    for (int64_t j = 0; j < n; ++j) {
      const int holder = row - row % kCorePartitions + static_cast<int>(j % kCorePartitions);
      const int64_t at = list(holder, j / kCorePartitions);
      const bool lost = list.undefined(holder, j / kCorePartitions) || overwritten || at + e > end;
      for (int64_t k = 0; k < e; ++k)
        out.push_back(lost ||
                      (!masks[src_buffer].empty() && masks[src_buffer][row * end + at + k]));
    }
  return out;
}

Cost cost(const Call& c) {
  const double e = static_cast<double>(c.integer(num_elem_per_idx));
  const double n = static_cast<double>(valid_indices(c));
  const double size = static_cast<double>(base::size_of(c.operand(src_buffer).dtype()));
  return lane_cost(c, n * (lane_engine(c).gather_index_cycles + e), std::min(kWord / size, e));
}

}  // namespace

INSTRUCTION(local_gather) {
  static const Spec spec = {
      .name = "local_gather",
      .summary = "Pick elements of 16 partitions at a time by indices that they share.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the elements go"},
                 {"src_buffer", ParamKind::tensor, Access::read, "", {}, "where they come from"},
                 {"index", ParamKind::tensor, Access::read, "", {}, "which ones, uint16"},
                 {"num_elem_per_idx", ParamKind::integer, Access::none, "1", Value::integer(1),
                  "elements in a row from each index"},
                 {"num_valid_indices",
                  ParamKind::integer,
                  Access::none,
                  "None",
                  {},
                  "how many indices of each core count; None: all"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::gpsimd},
      .check = check,
      .run = run,
      .cost = cost,
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
