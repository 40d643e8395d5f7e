// nc_transpose: partitions and free dimension exchanged, by the Tensor or the Vector Engine.

#include <fmt/format.h>

#include "trainyard/base/matmul.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/tensor_engine.h"

namespace trainyard::isa {

namespace {

enum { dst, data, engine };

constexpr std::string_view kDoc = R"(
dst[f, p] = data[p, f], all free dimensions of data as one.

Engines: Tensor up to 128 x 128, from SBUF to PSUM; Vector up to 32 x 32, SBUF or PSUM on both
  sides. Open: Vector where the tile is that small, else Tensor.
Data types: any, the same on both sides. Bits are moved, but on the Tensor Engine of NeuronCore-v2,
  where a product with an identity turns everything beside a NaN or an infinity into NaN. 8-bit
  elements leave the Tensor Engine of NeuronCore-v3 as 16 bits, the upper byte zero: dst then has a
  16-bit type, or data's type with a step of two elements.
Layout: dst has one partition for each element of a partition of data.
Cost: Vector max(64, F) cycles; Tensor max(P, min(64, F)) cycles, for float32 twice that (four times
  on NeuronCore-v2).
NumPy: dst[...] = data.reshape(P, F).T
Sources: nki.isa.nc_transpose (SDK 2.32), A3; cost ISA26, TRACE.
)";

bool on_tensor_engine(const Call& c) { return c.engine() == Engine::tensor; }

Engine choose_engine(const Call& c) {
  const OperandView d = c.operand(data);
  const int max = c.core().vector.transpose_max;
  return d.partitions() <= max && d.free_elements() <= max ? Engine::vector : Engine::tensor;
}

void check(const Call& c) {
  const OperandView d = c.operand(data), out = c.operand(dst);
  if (out.partitions() != d.free_elements() || out.free_elements() != d.partitions())
    throw base::Error(base::Code::E110, "nc_transpose: dst does not have data's shape turned")
        .limit(fmt::format("[{}, {}]", out.partitions(), out.free_elements()),
               fmt::format("[{}, {}]", d.free_elements(), d.partitions()), "nc_transpose")
        .note(d.describe());
  if (!on_tensor_engine(c)) {
    same_dtype(c, {data, dst});
    const int max = c.core().vector.transpose_max;
    free_at_most(c, data, max, "core.vector.transpose_max");
    free_at_most(c, dst, max, "core.vector.transpose_max");
    return;
  }
  free_at_most(c, data, c.core().tensor.stationary_free_max, "core.tensor.stationary_free_max");
  check_transposed_dtype(c, dst, data);
  check_bank(c, dst);
}

// As NeuronCore-v2 does it: a matmul with an identity.
void run_identity(Run& r) {
  const Bytes from = r.bytes(data), to = r.bytes(dst);
  const int rows = from.rows(), columns = static_cast<int>(from.row_elements());
  const float* x = read_rows(from, 0, rows, Run::scratch(0, rows * columns));
  std::vector<float> identity(rows * rows);
  for (int i = 0; i < rows; ++i) identity[i * rows + i] = 1;
  float* product = Run::scratch(1, rows * columns);
  const auto view = [](const float* values, int width) {
    return base::MatrixView{DType::fp32, values, static_cast<ptrdiff_t>(width * sizeof(float)),
                            sizeof(float)};
  };
  base::matmul_pass(view(x, columns), view(identity.data(), rows), rows, columns, rows, product,
                    rows, base::Store::overwrite);
  write_rows(to, 0, columns, product, r.rounding);
}

void run(Run& r) {
  const bool exact = !on_tensor_engine(r.call) || r.call.core().version >= 3;
  const DType d = r.call.operand(data).dtype();
  if (exact || !base::is_float(d) || base::is_pack(d)) transpose_bits(r.bytes(dst), r.bytes(data));
  else run_identity(r);
}

Cost cost(const Call& c) {
  const double f = static_cast<double>(c.operand(data).free_elements());
  if (!on_tensor_engine(c)) return lane_cost(c, f);
  const size_t size = base::size_of(c.operand(data).dtype());
  const double p = c.operand(data).partitions();
  const machine::TensorEngine& e = c.core().tensor;
  const double passes = size == 4 ? e.fp32_transpose_passes : 1;
  Cost cost = pass_cost(c, p, f, passes, size == 4 ? e.fp32_transpose_load_passes : 1);
  cost.macs = p * p * f * passes;
  cost.macs_8bit = size == 1;
  return cost;
}

}  // namespace

INSTRUCTION(nc_transpose) {
  static const Spec spec = {
      .name = "nc_transpose",
      .summary = "Transpose a tile: partitions become the free dimension.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "the turned tile"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"engine", ParamKind::engine, Access::none, "engine.unknown", Value::integer(0),
                  "tensor or vector; open by default"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::transposed,
      .engines = {Engine::tensor, Engine::vector},
      .choose_engine = choose_engine,
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
