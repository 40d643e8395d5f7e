// tensor_copy: a tile copied or cast within the core's own memories.

#include "trainyard/isa/indirection.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, src, engine };

constexpr std::string_view kDoc = R"(
dst = src, cast to dst's type.

Memory types: SBUF or PSUM on both sides; SBUF only on GpSimd.
Data types: any. Equal types copy the bits (the Scalar Engine of NeuronCore-v2 goes through
  float32); different types go through float32.
Layout: equal partitions and equal elements per partition; the free shapes may differ.
Cost: max(64, N) cycles; from NeuronCore-v3 the Vector Engine copies 16-bit tiles at four elements
  a cycle from SBUF to SBUF, two if strided or in PSUM.
Engines: where the call leaves it open, Vector or (NeuronCore-v3) Scalar, whichever is free sooner.
NumPy: dst[...] = src.astype(dst.dtype)
Sources: nki.isa.tensor_copy (SDK 2.32); cost ISA26, A3, TRACE.
)";

void check(const Call& c) {
  same_elements(c, {dst, src});
  if (c.operand(dst).dtype() != c.operand(src).dtype()) not_packed(c, {dst, src});
  if (c.engine() == Engine::gpsimd && any_indirect(c))
    throw base::Error(base::Code::E112, "tensor_copy: an indirect view on the GpSimd engine")
        .limit("gpsimd", "vector, scalar", "tensor indirection");
  if (c.engine() == Engine::scalar) needs_version(c, 3, "tensor_copy on the Scalar Engine");
}

void run(Run& r) {
  const Bytes to = r.bytes(dst), from = r.bytes(src);
  if (to.dtype == from.dtype) return copy_bits(to, from);
  // Widened into or narrowed from memory itself where it is packed float32.
  std::vector<std::byte> copy;
  const Bytes source = overlaps_elsewhere(to, from) ? detached(from, copy) : from;
  const int64_t n = to.row_elements();
  const int step = block_rows(to.rows(), n);
  for (int first = 0; first < to.rows(); first += step) {
    const int rows = std::min(step, to.rows() - first);
    float* result = rows_for_writing(to, first, rows, Run::scratch(0, rows * n));
    write_rows(to, first, rows, read_rows(source, first, rows, result), r.rounding);
  }
}

Engine other_engine(const Call& c) {
  const bool open = c.choice<Engine>(engine) == Engine::unknown && c.core().version >= 3 &&
                    !any_indirect(c);  // Scalar scatters to SBUF only
  return open ? Engine::scalar : Engine::unknown;
}

Cost cost(const Call& c) {
  const double n = static_cast<double>(c.operand(dst).free_elements());
  return lane_cost(c, n, copy_rate(c, {dst, src}, true));
}

}  // namespace

INSTRUCTION(tensor_copy) {
  static const Spec spec = {
      .name = "tensor_copy",
      .summary = "Copy or cast a tile within SBUF and PSUM.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the copy goes"},
                 {"src", ParamKind::tensor, Access::read, "", {}, "what is copied"},
                 {"engine", ParamKind::engine, Access::none, "engine.unknown", Value::integer(0),
                  "vector, scalar or gpsimd; open by default"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector, Engine::scalar, Engine::gpsimd},
      .indirect = {dst, src},
      .other_engine = other_engine,
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
