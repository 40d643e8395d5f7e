// dma_copy: data moved between HBM and SBUF by the DMA engines, statically, at a register's offset,
// or row by row through an index tile.

#include <fmt/format.h>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, src, priority, oob_mode, dge_mode, engine };

constexpr std::string_view kDoc = R"(
dst = src, element by element in row-major order of both access patterns.

Memory types: HBM or SBUF on both sides.
Data types: any; different types convert through float32 (not with dge_mode.hwdge).
Layout: equal element counts; the shapes may differ.
Dynamic addresses: `.ap(scalar_offset=…)` on either side; `.ap(vector_offset=…)` gathers or scatters
  rows of an HBM tensor (software descriptors only). oob_mode.error refuses an index outside the
  tensor, oob_mode.skip leaves that row alone.
Cost: descriptors of one contiguous run each, spread over the DMA engines of the core:
  issue + first element + ceil(elements / engines) x (2.9 ns + bytes / 27 GB/s) + tail on
  NeuronCore-v3.
NumPy: dst.ravel()[...] = src.ravel()
Sources: nki.isa.dma_copy (SDK 2.32); cost TRACE, DMABW.
)";

void check(const Call& c) {
  const OperandView d = c.operand(dst), s = c.operand(src);
  if (d.elements() != s.elements())
    throw base::Error(base::Code::E103, fmt::format("dma_copy: dst has {} elements, src has {}",
                                                    d.elements(), s.elements()))
        .limit(std::to_string(d.elements()), std::to_string(s.elements()), "dma_copy")
        .note(d.describe())
        .note(s.describe());
  const auto mode = c.choice<DgeMode>(dge_mode);
  const bool gathers = d.layout->indirect == Indirect::vector || s.layout->indirect == Indirect::vector;
  const bool dynamic = d.layout->indirect != Indirect::none || s.layout->indirect != Indirect::none;
  const auto refuse = [&](std::string message, std::string found, std::string allowed) {
    throw base::Error(base::Code::E111, "dma_copy: " + std::move(message))
        .limit(std::move(found), std::move(allowed), "dma_copy");
  };
  if (mode == DgeMode::hwdge) {
    needs_version(c, 3, "dge_mode.hwdge");
    if (gathers) refuse("hardware descriptors cannot gather or scatter", "hwdge", "swdge or unknown");
    if (d.dtype() != s.dtype())
      throw base::Error(base::Code::E106, "dma_copy: hardware descriptors move bytes and cannot cast")
          .limit(fmt::format("{} to {}", base::name_of(s.dtype()), base::name_of(d.dtype())),
                 "equal types", "dge_mode.hwdge");
  }
  if (mode == DgeMode::none && dynamic)
    refuse("descriptors made before the run cannot have dynamic addresses", "none", "swdge or hwdge");
  const auto trigger = c.choice<Engine>(engine);
  if (trigger != Engine::unknown) {
    if (mode != DgeMode::hwdge)
      refuse("engine chooses who triggers hardware descriptors", "another dge_mode", "hwdge");
    if (trigger != Engine::sync && trigger != Engine::scalar)
      refuse("engine", std::string(name_of(trigger)), "sync or scalar");
  }
  if (c.has(priority)) {
    needs_version(c, 4, "priority");
    if (c.integer(priority) < 0 || c.integer(priority) > 3)
      refuse("priority", std::to_string(c.integer(priority)), "0 to 3");
  }
  for (int p : {dst, src}) {
    const OperandView v = c.operand(p);
    if (v.layout->indirect == Indirect::vector && v.on_chip())
      throw base::Error(base::Code::E107, label(c, p) + " is gathered by vector_offset but not in HBM")
          .limit(std::string(name_of(v.buffer())), "HBM", "dma_copy");
  }
  if (base::is_pack(d.dtype()) != base::is_pack(s.dtype()) ||
      (base::is_pack(d.dtype()) && d.dtype() != s.dtype()))
    same_dtype(c, {dst, src});
}

// Both sides as one list of rows whose elements correspond; a side is split to the other's rows
// only where it can be, else everything is packed.
void copy(const Bytes& to, const Bytes& from, const base::Rounding& rounding) {
  if (to.dtype == from.dtype) return copy_bits(to, from);
  const int64_t n = from.elements();
  float* values = Run::scratch(0, n);
  const float* read = read_rows(from, 0, from.rows(), values);
  write_rows(to, 0, to.rows(), read, rounding);
}

void run(Run& r) {
  const Call& c = r.call;
  const OperandView d = c.operand(dst), s = c.operand(src);
  const bool scatter = d.layout->indirect == Indirect::vector;
  const bool gather = s.layout->indirect == Indirect::vector;
  Bytes to = r.bytes(dst), from = r.bytes(src);
  if (!to.data || !from.data) return;  // a scalar offset out of bounds, skipped
  if (!scatter && !gather) return copy(to, from, r.rounding);

  // One transfer a row: the indexed side jumps to its row, the other side walks on.
  const Bytes indexed = gather ? from : to;
  Bytes plain = gather ? to : from;
  const std::vector<int64_t> rows = r.memory.index_rows(c, c.slot(gather ? src : dst));
  if (plain.rows() != indexed.rows() || plain.row_elements() != indexed.row_elements())
    throw base::Error(base::Code::E110, "dma_copy: the gathered and the plain side differ in rows")
        .limit(fmt::format("{} rows of {}", plain.rows(), plain.row_elements()),
               fmt::format("{} rows of {}", indexed.rows(), indexed.row_elements()), "dma_copy");
  Bytes one_indexed = indexed, one_plain = plain;
  one_indexed.dims[0].count = one_plain.dims[0].count = 1;
  for (int i = 0; i < indexed.rows(); ++i) {
    if (rows[i] < 0) continue;
    one_indexed.data = indexed.data + rows[i];
    one_plain.data = plain.row(i);
    gather ? copy(one_plain, one_indexed, r.rounding) : copy(one_indexed, one_plain, r.rounding);
  }
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
                 {"priority", ParamKind::integer, Access::none, "None", {},
                  "0 (highest) to 3, NeuronCore-v4"},
                 {"oob_mode", ParamKind::oob_mode, Access::none, "oob_mode.error", Value::integer(0),
                  "what an index outside the tensor does"},
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
