// dma_compute: tensors added up by the DMA engines on their way, or added onto rows that an index
// tile chooses.

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "trainyard/isa/dma.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, srcs, reduce_op, scales, unique_indices, oob_mode };

constexpr std::string_view kDoc = R"(
dst = srcs[0] + srcs[1] + …, element by element; one source alone is copied.

Memory types: HBM or SBUF everywhere.
Data types: any but packed ones; the sum is float32, in the order of srcs, and converts to dst.
Layout: equal element counts; the shapes may differ. At most 16 sources.
Only reduce_op=nl.add, and scales of 1.0 each (or None), exist.
Indexed rows (`.ap(vector_offset=…)` on a tensor in HBM, one index a row) read, modify and write,
  with exactly two sources, one of which is dst itself, through the same access pattern:
  scatter: dst and that source are the indexed HBM tensor, the other source is in SBUF;
  gather: dst and that source are in SBUF, the other source is the indexed HBM tensor.
  unique_indices must be True. The chip does not define what equal indices do; here each row is
  added in order. oob_mode.skip leaves a row alone whose index is outside the tensor.
  Other dynamic addresses are not possible.
Descriptors: software ones for indexed rows, else made before the run.
Cost: as a dma_copy; each source beyond the first takes another, at a share of the copy rate that
  the machine states.
NumPy: dst[...] = sum(srcs); dst[index] += src; dst += src[index]
Sources: nki.isa.dma_compute (SDK 2.32); cost A3, A4.
)";

constexpr int kSourcesMax = 16;

[[noreturn]] void refuse(base::Code code, std::string message, std::string found,
                         std::string allowed) {
  throw base::Error(code, "dma_compute: " + std::move(message))
      .limit(std::move(found), std::move(allowed), "dma_compute");
}

bool same(const Operand& a, const Operand& b) {
  return a.tensor == b.tensor && a.layout == b.layout && a.offset == b.offset;
}

// Whether source `i` is dst through the same access pattern, index tile included.
bool is_dst(const Call& c, int i) {
  const int d = c.slot(dst), s = c.slot(srcs, i);
  if (!same(c.raw(d), c.raw(s))) return false;
  return !is_indexed(c.operand(dst)) || same(c.raw(d + 1), c.raw(s + 1));
}

// The source that is added onto dst's rows; -1 without an index tile.
int added_source(const Call& c) {
  bool indexed = is_indexed(c.operand(dst));
  for (int i = 0; i < c.tensor_count(srcs); ++i) indexed |= is_indexed(c.operand(srcs, i));
  return !indexed ? -1 : is_dst(c, 0) ? 1 : 0;
}

void check_indexed_rows(const Call& c) {
  const int n = c.tensor_count(srcs);
  if (n != 2)
    refuse(base::Code::E111, fmt::format("{} sources with vector_offset", n), std::to_string(n),
           "2, one of them dst");
  if (!is_dst(c, 0) && !is_dst(c, 1))
    refuse(base::Code::E111, "no source is dst through the same access pattern", "another tensor",
           "dst itself, with the same pattern, offset and index");
  const int added = added_source(c);
  const bool scatters = is_indexed(c.operand(dst));
  if (scatters == is_indexed(c.operand(srcs, added)))
    refuse(base::Code::E111, "vector_offset", "on both sides", "on dst or on the source added");
  const OperandView plain = scatters ? c.operand(srcs, added) : c.operand(dst);
  if (plain.buffer() != Buffer::sbuf)
    throw base::Error(base::Code::E107, "dma_compute: the side without vector_offset is in HBM")
        .limit(std::string(name_of(plain.buffer())), "sbuf", "dma_compute")
        .note(plain.describe());
  if (!c.flag(unique_indices))
    refuse(base::Code::E111, "unique_indices with vector_offset", "False", "True");
  check_indexed(c, dst);
  check_index_column(c, dst);
  check_indexed(c, srcs, added);
  check_index_column(c, srcs, added);
}

void check(const Call& c) {
  const int n = c.tensor_count(srcs);
  if (n > kSourcesMax)
    refuse(base::Code::E111, fmt::format("{} sources", n), std::to_string(n),
           std::to_string(kSourcesMax));
  op_in(c, reduce_op, {Operator::add});
  const auto factors = c.integers(scales);
  if (c.has(scales) && factors.size() != static_cast<size_t>(n))
    refuse(base::Code::E111, fmt::format("{} scales for {} sources", factors.size(), n),
           std::to_string(factors.size()), std::to_string(n));
  for (int64_t bits : factors)
    if (std::bit_cast<double>(bits) != 1.0)
      refuse(base::Code::E111, "scales", fmt::format("{}", std::bit_cast<double>(bits)), "1.0");
  const OperandView d = c.operand(dst);
  for (int i = -1; i < n; ++i) {
    const OperandView v = i < 0 ? d : c.operand(srcs, i);
    if (v.elements() != d.elements())
      throw base::Error(base::Code::E103,
                        fmt::format("dma_compute: srcs[{}] has {} elements, dst {}", i,
                                    v.elements(), d.elements()))
          .limit(std::to_string(v.elements()), std::to_string(d.elements()), "dma_compute")
          .note(d.describe())
          .note(v.describe());
    if (base::is_pack(v.dtype()))
      refuse(base::Code::E105, "a packed type", std::string(base::name_of(v.dtype())),
             "a type that converts to float32");
    if (v.layout->indirect == Indirect::scalar)
      refuse(base::Code::E111, "a dynamic address", "scalar_offset", "vector_offset or none");
  }
  if (added_source(c) >= 0) return check_indexed_rows(c);
  if (c.choice<OobMode>(oob_mode) == OobMode::skip)
    refuse(base::Code::E111, "oob_mode.skip without vector_offset", "skip", "error");
}

// Adds up rows [first, first + rows) of all sources, in order.
void add_rows(Run& r, const std::vector<Bytes>& from, const Bytes& to, int first, int rows,
              bool whole) {
  const auto n = static_cast<size_t>(rows * to.row_elements());
  float* sum = Run::scratch(0, n);
  for (size_t s = 0; s < from.size(); ++s) {
    const int count = whole ? from[s].rows() : rows;
    float* scratch = Run::scratch(s == 0 ? 0 : 1, n);
    const float* values = read_rows(from[s], first, count, scratch);
    if (s > 0) {
      for (size_t i = 0; i < n; ++i) sum[i] += values[i];
    } else if (values != sum) {
      std::copy_n(values, n, sum);
    }
  }
  write_rows(to, first, rows, sum, r.rounding);
}

void run(Run& r) {
  const Call& c = r.call;
  const int added = added_source(c);
  if (added >= 0) {
    const bool scatters = is_indexed(c.operand(dst));
    const int data = c.slot(srcs, added), own = c.slot(dst);
    for_each_indexed_row(r, scatters ? own : data, scatters ? data : own, !scatters,
                         [&](const Bytes& indexed, const Bytes& plain, int row) {
                           const Bytes& to = scatters ? indexed : plain;
                           const Bytes& from = scatters ? plain : indexed;
                           add_rows(r, {to, from}, to, row, 1, false);
                         });
    return;
  }
  const Bytes to = r.bytes(dst);
  std::vector<Bytes> from;
  bool same_rows = true;
  for (int i = 0; i < c.tensor_count(srcs); ++i) {
    from.push_back(r.bytes(srcs, i));
    same_rows &= from[i].rows() == to.rows();
  }
  const int step = same_rows ? block_rows(to.rows(), to.row_elements()) : to.rows();
  for (int first = 0; first < to.rows(); first += step)
    add_rows(r, from, to, first, std::min(step, to.rows() - first), !same_rows);
}

// The slowest source sets the pace; each one beyond the first is another pass at the adders' rate.
Cost cost(const Call& c) {
  const DgeMode mode = added_source(c) >= 0 ? DgeMode::swdge : DgeMode::none;
  const OperandView d = c.operand(dst);
  const int n = c.tensor_count(srcs);
  const auto time = [](const Cost& x) { return x.element_ps * static_cast<double>(x.elements); };
  Cost slowest;
  int64_t hbm_bytes = d.on_chip() ? 0 : d.bytes();
  for (int i = 0; i < n; ++i) {
    const OperandView s = c.operand(srcs, i);
    if (!s.on_chip()) hbm_bytes += s.bytes();
    const Cost copy = dma_cost(c, d, s, mode);
    if (i == 0 || time(copy) > time(slowest)) slowest = copy;
  }
  slowest.hbm_bytes = hbm_bytes;
  if (n > 1) slowest.element_ps *= (n - 1) / c.core().dma.compute_rate;
  return slowest;
}

}  // namespace

INSTRUCTION(dma_compute) {
  static const Spec spec = {
      .name = "dma_compute",
      .summary = "Add up tensors inside the DMA engines.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the sum goes"},
                 {"srcs", ParamKind::tensors, Access::read, "", {}, "what is added up"},
                 {"reduce_op", ParamKind::op, Access::none, "", {}, "nl.add"},
                 {"scales", ParamKind::numbers, Access::none, "None", {}, "1.0 for each source"},
                 {"unique_indices", ParamKind::boolean, Access::none, "True", Value::boolean(true),
                  "that no two indices are equal"},
                 {"oob_mode", ParamKind::oob_mode, Access::none, "oob_mode.error",
                  Value::integer(0), "what an index outside the tensor does"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .evidence = Evidence::order_defined,
      .engines = {Engine::dma},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
