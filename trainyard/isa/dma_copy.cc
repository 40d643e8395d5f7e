// dma_copy: data moved between HBM and SBUF by the DMA engines, statically, at a register's offset,
// or row by row through an index tile.

#include <fmt/format.h>

#include "trainyard/isa/dma.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, src, priority, oob_mode, dge_mode, engine };

constexpr std::string_view kDoc = R"(
dst = src, element by element in row-major order of both access patterns.

Memory types: HBM or SBUF on both sides.
Data types: any; different types convert through float32 (not with dge_mode.hwdge); packed types
  only to themselves.
Layout: equal element counts; the shapes may differ.
Dynamic addresses: `.ap(scalar_offset=…)` on either side, a register or an integer tile of one
  element; `.ap(vector_offset=…)` on one side gathers or scatters rows of an HBM tensor, one index a
  row from an integer tile [rows, 1] in SBUF. Rows are moved in order, so that the last of several
  scattered to one place stays; the chip's order is not documented.
  oob_mode.error refuses an index outside the tensor (negative ones included), oob_mode.skip leaves
  what that transfer would have written as it is.
dge_mode: hwdge (NeuronCore-v3) moves bytes, without casts and indices; none takes no dynamic
  addresses; indices need swdge.
engine: sync or scalar trigger hardware descriptors. priority: 0 to 3, NeuronCore-v4.
Cost: descriptors of one contiguous run each, spread over the DMA engines of the core:
  issue + first element + ceil(elements / engines) x (2.9 ns + bytes / 27 GB/s) + tail on
  NeuronCore-v3.
NumPy: dst.ravel()[...] = src.ravel(); dst[...] = src[index]; dst[index] = src
Sources: nki.isa.dma_copy (SDK 2.32), nki-dge.rst, nki-aps.rst; cost TRACE, DMABW.
)";

[[noreturn]] void refuse(std::string message, std::string found, std::string allowed) {
  throw base::Error(base::Code::E111, "dma_copy: " + std::move(message))
      .limit(std::move(found), std::move(allowed), "dma_copy");
}

void check_descriptors(const Call& c, const OperandView& d, const OperandView& s) {
  const auto mode = c.choice<DgeMode>(dge_mode);
  if (mode == DgeMode::hwdge) {
    needs_version(c, 3, "dge_mode.hwdge");
    if (is_indexed(d) || is_indexed(s))
      refuse("hardware descriptors cannot gather or scatter", "hwdge", "swdge or unknown");
    if (d.dtype() != s.dtype())
      isa::refuse(
          c, base::Error(base::Code::E106, "dma_copy: hardware descriptors move bytes, no casts")
                 .limit(fmt::format("{} to {}", base::name_of(s.dtype()), base::name_of(d.dtype())),
                        "equal types", "dge_mode.hwdge"));
  }
  if (mode == DgeMode::none && (is_dynamic(d) || is_dynamic(s)))
    refuse("descriptors made before the run have no dynamic addresses", "none", "swdge or hwdge");
  const auto trigger = c.choice<Engine>(engine);
  if (trigger == Engine::unknown) return;
  if (mode != DgeMode::hwdge)
    refuse("engine chooses who triggers hardware descriptors", "another dge_mode", "hwdge");
  if (trigger != Engine::sync && trigger != Engine::scalar)
    refuse("engine", std::string(name_of(trigger)), "sync or scalar");
}

void check(const Call& c) {
  const OperandView d = c.operand(dst), s = c.operand(src);
  if (d.elements() != s.elements())
    throw base::Error(base::Code::E103, fmt::format("dma_copy: dst has {} elements, src has {}",
                                                    d.elements(), s.elements()))
        .limit(std::to_string(d.elements()), std::to_string(s.elements()), "dma_copy")
        .note(d.describe())
        .note(s.describe());
  check_descriptors(c, d, s);
  check_priority(c, priority);
  for (int p : {dst, src}) {
    check_indexed(c, p);
    check_index_column(c, p);
  }
  if (is_indexed(d) && is_indexed(s)) refuse("vector_offset", "on both sides", "on one side");
  if (base::is_pack(d.dtype()) || base::is_pack(s.dtype())) same_dtype(c, {dst, src});
}

// Row by row if the shapes agree, else through one packed copy.
void copy(const Bytes& to, const Bytes& from, const base::Rounding& rounding) {
  if (to.dtype == from.dtype) return copy_bits(to, from);
  const int64_t n = from.row_elements();
  const bool same_rows = to.rows() == from.rows() && to.row_elements() == n;
  const int step = same_rows ? block_rows(from.rows(), n) : from.rows();
  for (int first = 0; first < from.rows(); first += step) {
    const int rows = std::min(step, from.rows() - first);
    const float* values = read_rows(from, first, rows, Run::scratch(0, rows * n));
    write_rows(to, first, same_rows ? rows : to.rows(), values, rounding);
  }
}

void run(Run& r) {
  const Call& c = r.call;
  const bool scatters = is_indexed(c.operand(dst)), gathers = is_indexed(c.operand(src));
  if (!scatters && !gathers) {
    const Bytes to = r.bytes(dst), from = r.bytes(src);
    if (to.data && from.data) copy(to, from, r.rounding);  // else skipped: out of bounds
    return;
  }
  for_each_indexed_row(r, c.slot(gathers ? src : dst), c.slot(gathers ? dst : src), gathers,
                       [&](const Bytes& indexed, const Bytes& plain, int row) {
                         const Bytes& to = gathers ? plain : indexed;
                         const Bytes& from = gathers ? indexed : plain;
                         if (to.dtype == from.dtype) return copy_bits(to, from);
                         write_rows(to, row, 1,
                                    read_rows(from, row, 1, Run::scratch(0, from.row_elements())),
                                    r.rounding);
                       });
}

Cost cost(const Call& c) {
  const OperandView d = c.operand(dst), s = c.operand(src);
  return dma_cost(c, d, s, dge_mode_of(c, dge_mode));
}

}  // namespace

INSTRUCTION(dma_copy) {
  static const Spec spec = {
      .name = "dma_copy",
      .summary = "Move data between HBM and SBUF, with casts, gathers and scatters.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the data goes"},
                 {"src", ParamKind::tensor, Access::read, "", {}, "what is copied"},
                 {"priority",
                  ParamKind::integer,
                  Access::none,
                  "None",
                  {},
                  "0 (highest) to 3, NeuronCore-v4"},
                 {"oob_mode", ParamKind::oob_mode, Access::none, "oob_mode.error",
                  Value::integer(0), "what an index outside the tensor does"},
                 {"dge_mode", ParamKind::dge_mode, Access::none, "dge_mode.unknown",
                  Value::integer(0), "who makes the descriptors"},
                 {"engine", ParamKind::engine, Access::none, "engine.unknown", Value::integer(0),
                  "sync or scalar, with hwdge"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::dma},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
