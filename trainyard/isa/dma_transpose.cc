// dma_transpose: the first and last dimension exchanged on the way into SBUF, of a tile or of rows
// that an index tile chooses.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstring>

#include "trainyard/isa/dma.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, src, axes, priority, dge_mode, oob_mode };

constexpr std::string_view kDoc = R"(
dst = src with its first and last dimension exchanged: axes (1, 0) for two dimensions, (2, 1, 0) for
three, (3, 1, 2, 0) for four. The bits do not change.

Memory types: dst in SBUF; src in HBM or SBUF (in HBM if it is indexed).
Data types: of 2 or 4 bytes, equal on both sides.
Layout: dst has exactly the exchanged shape of src, of the same rank.
dge_mode: unknown, none or hwdge. hwdge (NeuronCore-v3) takes 2-byte types, a last dimension of at
  most 128, and a first dimension of 16, or from three dimensions on 1, 2, 4, 8 or 16 such that it
  times the last dimension but one is a multiple of 16.
Indexed rows (`src.ap(vector_offset=…)`, NeuronCore-v3): dge_mode unknown or swdge; 2-byte types; a
  last dimension of at most 128; a number of rows that is a multiple of 16; one of the two middle
  dimensions is 1. The uint32 index tile is [16, 32, … 128; 1] or [128, columns], holds one index a
  row at least and is read column by column. oob_mode.skip leaves the columns of dst whose index is
  outside the tensor as they are.
Cost: as dma_copy at a share of its rate, which the machine states for either source memory.
NumPy: dst[...] = src.transpose(axes); dst[...] = src[index.T.ravel()[:rows]].transpose(axes)
Sources: nki.isa.dma_transpose (SDK 2.32); types and cost A3.
)";

constexpr int64_t kLastMax = 128;  // of the hardware's and software's transposing descriptors

[[noreturn]] void refuse(base::Code code, std::string message, std::string found,
                         std::string allowed, std::string_view whose) {
  throw base::Error(code, "dma_transpose: " + std::move(message))
      .limit(std::move(found), std::move(allowed), std::string(whose));
}

// What both kinds of descriptor demand of the source.
void check_descriptors(const Call& c, std::string_view whose) {
  needs_version(c, 3, whose);
  const OperandView s = c.operand(src);
  if (base::size_of(s.dtype()) != 2)
    refuse(base::Code::E105, fmt::format("src is {}", base::name_of(s.dtype())),
           std::string(base::name_of(s.dtype())), "a type of 2 bytes", whose);
  const int64_t last = s.shape().back();
  if (last > kLastMax)
    refuse(base::Code::E104, fmt::format("src has a last dimension of {}", last),
           std::to_string(last), std::to_string(kLastMax), whose);
}

void check_direct(const Call& c) {
  const auto mode = c.choice<DgeMode>(dge_mode);
  // The document has unknown and hwdge; nki-library's compiled kernels pass none too.
  if (mode == DgeMode::swdge)
    refuse(base::Code::E111, "dge_mode of a transpose without indices", "swdge",
           "unknown, hwdge or none", "dma_transpose");
  if (c.choice<OobMode>(oob_mode) == OobMode::skip && !is_dynamic(c.operand(src)))
    refuse(base::Code::E111, "oob_mode.skip without an index", "skip", "error", "dma_transpose");
  if (mode != DgeMode::hwdge) return;
  check_descriptors(c, "dge_mode.hwdge");
  const std::vector<int64_t> shape = c.operand(src).shape();
  const int64_t first = shape[0];
  // NKI 0.6 relaxed two limits.
  const bool relaxed = !c.tables().strictness.before(6);
  if (!relaxed && shape.back() != kLastMax)
    refuse(base::Code::E110, fmt::format("src has a last dimension of {}", shape.back()),
           std::to_string(shape.back()), std::to_string(kLastMax), "dge_mode.hwdge before NKI 0.6");
  if (!relaxed && first != 16)
    refuse(base::Code::E110, fmt::format("src has a first dimension of {}", first),
           std::to_string(first), "16", "dge_mode.hwdge before NKI 0.6");
  if (shape.size() == 2 && first != 16)
    refuse(base::Code::E110, fmt::format("src has a first dimension of {}", first),
           std::to_string(first), "16", "dge_mode.hwdge");
  if (16 % first != 0)
    refuse(base::Code::E110, fmt::format("src has a first dimension of {}", first),
           std::to_string(first), "1, 2, 4, 8 or 16", "dge_mode.hwdge");
  const int64_t rows = first * shape[shape.size() - 2];
  if (shape.size() > 2 && rows % 16 != 0)
    refuse(base::Code::E110, "src's first dimension times its last but one", std::to_string(rows),
           "a multiple of 16", "dge_mode.hwdge");
}

void check_indexed_rows(const Call& c) {
  const auto mode = c.choice<DgeMode>(dge_mode);
  constexpr std::string_view whose = "dma_transpose with vector_offset";
  if (mode == DgeMode::hwdge || mode == DgeMode::none)
    refuse(base::Code::E111, "dge_mode of a transpose with indices",
           mode == DgeMode::none ? "none" : "hwdge", "unknown or swdge", whose);
  check_indexed(c, src);
  check_descriptors(c, whose);
  const std::vector<int64_t> shape = c.operand(src).shape();
  if (shape.size() == 4 && shape[1] != 1 && shape[2] != 1)
    refuse(base::Code::E110, "neither middle dimension of src is 1",
           fmt::format("{} and {}", shape[1], shape[2]), "1 for one of them", whose);
  if (shape[0] % 16 != 0)
    refuse(base::Code::E110, fmt::format("src has {} rows", shape[0]), std::to_string(shape[0]),
           "a multiple of 16", whose);
  const OperandView index = c.index_of(src);
  if (index.dtype() != DType::u32)
    refuse(base::Code::E105, fmt::format("the index tile is {}", base::name_of(index.dtype())),
           std::string(base::name_of(index.dtype())), "uint32", whose);
  const int64_t partitions = index.partitions(), columns = index.free_elements();
  const bool whole = columns > 1 ? partitions == 128 : partitions >= 16 && partitions <= 128;
  if (index.layout->ndim != 2 || partitions % 16 != 0 || !whole)
    refuse(base::Code::E110, "the index tile's shape", fmt::format("{}", index.shape()),
           "[a multiple of 16 up to 128, 1] or [128, columns]", whose);
  if (partitions * columns < shape[0])
    refuse(base::Code::E110, "the index tile has fewer indices than src has rows",
           std::to_string(partitions * columns), std::to_string(shape[0]), whose);
}

void check(const Call& c) {
  const OperandView d = c.operand(dst), s = c.operand(src);
  buffer_in(c, dst, {Buffer::sbuf});
  same_dtype(c, {dst, src});
  const size_t size = base::size_of(s.dtype());
  if (size != 2 && size != 4)
    refuse(base::Code::E105, fmt::format("src is {}", base::name_of(s.dtype())),
           std::string(base::name_of(s.dtype())), "a type of 2 or 4 bytes", "dma_transpose");
  std::vector<int64_t> shape = s.shape();
  if (shape.size() < 2 || shape.size() > 4)
    refuse(base::Code::E110, fmt::format("src has {} dimensions", shape.size()),
           std::to_string(shape.size()), "2 to 4", "dma_transpose");
  std::vector<int64_t> order = {1, 0};
  if (shape.size() == 3) order = {2, 1, 0};
  if (shape.size() == 4) order = {3, 1, 2, 0};
  const auto given = c.integers(axes);
  if (c.has(axes) && !std::equal(given.begin(), given.end(), order.begin(), order.end()))
    refuse(base::Code::E111, "axes", fmt::format("({})", fmt::join(given, ", ")),
           fmt::format("({}) for {} dimensions", fmt::join(order, ", "), shape.size()),
           "dma_transpose");
  std::swap(shape.front(), shape.back());
  if (d.shape() != shape)
    throw base::Error(base::Code::E110, "dma_transpose: dst does not have the exchanged shape")
        .limit(fmt::format("{}", d.shape()), fmt::format("{}", shape), "dma_transpose")
        .note(d.describe())
        .note(s.describe());
  check_priority(c, priority);
  if (is_indexed(d)) refuse(base::Code::E111, "vector_offset", "on dst", "on src", "dma_transpose");
  is_indexed(s) ? check_indexed_rows(c) : check_direct(c);
}

// to[j][i] = rows[i][from + j], block by block through a copy: rows of either side often lie a
// power of two apart, so that a block of them does not stay in the first-level cache.
template <class T>
void transpose(std::byte* to, ptrdiff_t to_row, ptrdiff_t to_column,
               const std::vector<const std::byte*>& rows, ptrdiff_t from, ptrdiff_t from_column,
               int64_t columns) {
  constexpr int64_t kBlock = 32;
  T block[kBlock][kBlock];
  const auto n = static_cast<int64_t>(rows.size());
  for (int64_t i0 = 0; i0 < n; i0 += kBlock) {
    const int64_t height = std::min(n - i0, kBlock);
    for (int64_t j0 = 0; j0 < columns; j0 += kBlock) {
      const int64_t width = std::min(columns - j0, kBlock);
      for (int64_t i = 0; i < height; ++i) {
        if (!rows[i0 + i]) continue;  // skipped
        const std::byte* row = rows[i0 + i] + from + j0 * from_column;
        for (int64_t j = 0; j < width; ++j)
          std::memcpy(&block[i][j], row + j * from_column, sizeof(T));
      }
      for (int64_t j = 0; j < width; ++j) {
        std::byte* row = to + (j0 + j) * to_row + i0 * to_column;
        for (int64_t i = 0; i < height; ++i)
          if (rows[i0 + i]) std::memcpy(row + i * to_column, &block[i][j], sizeof(T));
      }
    }
  }
}

void run(Run& r) {
  const Call& c = r.call;
  const Bytes to = r.bytes(dst), from = r.bytes(src);
  if (!to.data || !from.data) return;  // a scalar offset out of bounds, skipped
  std::vector<const std::byte*> rows(from.rows());
  if (is_indexed(c.operand(src))) {
    const std::vector<int64_t> offsets = r.memory.index_rows(c, c.slot(src));
    for (int i = 0; i < from.rows(); ++i)
      rows[i] = offsets[i] < 0 ? nullptr : from.data + offsets[i];
  } else {
    for (int i = 0; i < from.rows(); ++i) rows[i] = from.row(i);
  }
  const int last = from.ndim - 1;
  const int64_t outer = from.ndim == 4 ? from.dims[1].count : 1;
  const int64_t inner = from.ndim >= 3 ? from.dims[last - 1].count : 1;
  const auto exchange = to.element == 2 ? transpose<uint16_t> : transpose<uint32_t>;
  for (int64_t a = 0; a < outer; ++a) {
    for (int64_t b = 0; b < inner; ++b) {
      const auto middle = [&](const Bytes& x) {
        return (outer > 1 ? a * x.dims[1].step : 0) + (inner > 1 ? b * x.dims[last - 1].step : 0);
      };
      exchange(to.data + middle(to), to.dims[0].step, to.dims[last].step, rows, middle(from),
               from.dims[last].step, from.dims[last].count);
    }
  }
}

Cost cost(const Call& c) {
  const OperandView s = c.operand(src);
  const machine::Dma& dma = c.core().dma;
  return dma_cost(c, c.operand(dst), s, dge_mode_of(c, dge_mode),
                  s.on_chip() ? dma.transpose_rate_sbuf : dma.transpose_rate_hbm);
}

}  // namespace

INSTRUCTION(dma_transpose) {
  static const Spec spec = {
      .name = "dma_transpose",
      .summary = "Transpose a tile on its way into SBUF.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "the result, in SBUF"},
                 {"src", ParamKind::tensor, Access::read, "", {}, "what is transposed"},
                 {"axes",
                  ParamKind::integers,
                  Access::none,
                  "None",
                  {},
                  "(1, 0), (2, 1, 0) or (3, 1, 2, 0)"},
                 {"priority",
                  ParamKind::integer,
                  Access::none,
                  "None",
                  {},
                  "0 (highest) to 3, NeuronCore-v4"},
                 {"dge_mode", ParamKind::dge_mode, Access::none, "dge_mode.unknown",
                  Value::integer(0), "who makes the descriptors"},
                 {"oob_mode", ParamKind::oob_mode, Access::none, "oob_mode.error",
                  Value::integer(0), "what an index outside the tensor does"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::transposed,
      .engines = {Engine::dma},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
