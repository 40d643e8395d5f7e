// nc_matmul: one pass of the systolic array, accumulating into PSUM.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "trainyard/base/matmul.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, stationary, moving, is_stationary_onezero, is_moving_onezero, is_transpose, accumulate,
       tile_position, tile_size, perf_mode };

constexpr std::string_view kDoc = R"(
dst[M, N] (+)= stationary[K, M].T @ moving[K, N], the contraction K on partitions.

accumulate: False overwrites, True adds onto what a matmul put there, None overwrites elements not
  yet written since their tensor was declared and adds onto the others.
Memory types: inputs in SBUF, dst in PSUM.
Data types: float8_e4m3, float8_e5m2, bfloat16, float16, tfloat32, float32 (float8_e4m3fn on
  NeuronCore-v4, not together with float8_e4m3). float32 and tfloat32 pair only with each other.
  dst is float32 (or bfloat16 on NeuronCore-v4). Products and sums are float32.
Limits: K <= 128, M <= 128, N <= 512 (NeuronCore-v4: the whole PSUM).
is_transpose: exact pass-through of moving against an identity (NeuronCore-v3); dst has the type of
  the data.
perf_mode double_row: 8-bit floats, the first free dimension of both inputs is 2, K up to 256.
tile_position, tile_size: a part of the array, rows and columns of 32 (NeuronCore-v3), 64 or 128.
Accumulation order: each output is a chain of fused multiply-adds over ascending k, then one add
  into PSUM (docs/numbers.md); the chip's own order is not public.
Cost: max(64, N) Tensor Engine cycles for 16- and 8-bit types; float32 takes four passes, two with
  a onezero hint.
NumPy: dst[...] = stationary.T @ moving (+ dst)
Sources: nki.isa.nc_matmul (SDK 2.32); cost ISA26, TRACE.
)";

bool double_row(const Call& c) { return c.choice<PerfMode>(perf_mode) == PerfMode::double_row; }

bool is_fp8(DType d) {
  return d == DType::fp8_e4m3 || d == DType::fp8_e5m2 || d == DType::fp8_e4m3fn;
}

// Rows of the result: stationary columns, without double_row's leading pair.
int64_t columns(const Call& c, int param) {
  return c.operand(param).free_elements() / (double_row(c) ? 2 : 1);
}

void refuse(const Call& c, base::Code code, std::string message, std::string found,
            std::string allowed, std::string_view key) {
  throw base::Error(code, "nc_matmul: " + std::move(message))
      .limit(std::move(found), std::move(allowed), whose(c, key));
}

void check_dtypes(const Call& c) {
  const DType s = c.operand(stationary).dtype(), m = c.operand(moving).dtype();
  const auto wide = [](DType d) { return d == DType::fp32 || d == DType::tf32; };
  if (!c.flag(is_transpose)) {
    for (int p : {stationary, moving})
      dtype_in(c, p, {DType::fp8_e4m3, DType::fp8_e5m2, DType::fp8_e4m3fn, DType::bf16, DType::fp16,
                      DType::tf32, DType::fp32});
  }
  if (wide(s) != wide(m))
    throw base::Error(base::Code::E106, fmt::format("nc_matmul: stationary is {}, moving is {}",
                                                    base::name_of(s), base::name_of(m)))
        .limit(fmt::format("{} with {}", base::name_of(s), base::name_of(m)),
               "float32 or tfloat32 only with each other", "nc_matmul");
  for (DType d : {s, m})
    if (d == DType::fp8_e4m3fn) needs_version(c, 4, "float8_e4m3fn");
  if ((s == DType::fp8_e4m3 && m == DType::fp8_e4m3fn) ||
      (s == DType::fp8_e4m3fn && m == DType::fp8_e4m3))
    throw base::Error(base::Code::E106, "nc_matmul: float8_e4m3 and float8_e4m3fn in one matmul")
        .limit("both", "one of the two", "nc_matmul");
  const DType d = c.operand(dst).dtype();
  if (c.flag(is_transpose)) return;
  if (d == DType::bf16) needs_version(c, 4, "a bfloat16 result");
  else dtype_in(c, dst, {DType::fp32});
}

void check_tiling(const Call& c, int64_t k, int64_t m) {
  const auto position = c.integers(tile_position), size = c.integers(tile_size);
  if (position.empty() && size.empty()) return;
  if (position.size() != 2 || size.size() != 2)
    refuse(c, base::Code::E111, "tile_position and tile_size are set together, two numbers each",
           fmt::format("{} and {} numbers", position.size(), size.size()), "2 and 2", "tiling");
  const machine::TensorEngine& e = c.core().tensor;
  const struct { const char* what; int64_t start, extent, used; int min, full; } axes[] = {
      {"row", position[0], size[0], k, e.row_tile_min, e.rows},
      {"column", position[1], size[1], m, e.column_tile_min ? e.column_tile_min : e.columns,
       e.columns}};
  for (const auto& a : axes) {
    const bool legal = (a.extent == 32 || a.extent == 64 || a.extent == 128) &&
                       a.extent >= a.min && a.extent <= a.full;
    if (!legal)
      refuse(c, base::Code::E111, fmt::format("a {} tile of {}", a.what, a.extent),
             std::to_string(a.extent), fmt::format("a power of two from {} to {}", a.min, a.full),
             fmt::format("core.tensor.{}_tile_min", a.what));
    if (a.start % a.extent != 0 || a.start < 0 || a.start >= a.full)
      refuse(c, base::Code::E111, fmt::format("a {} tile of {} at {}", a.what, a.extent, a.start),
             std::to_string(a.start), fmt::format("a multiple of {} below {}", a.extent, a.full),
             "tiling");
    if (a.used > a.extent)
      refuse(c, base::Code::E104, fmt::format("{} {}s in a tile of {}", a.used, a.what, a.extent),
             std::to_string(a.used), std::to_string(a.extent), "tiling");
  }
  if (double_row(c) && size[1] != e.columns)
    refuse(c, base::Code::E111, "double_row with column tiling", std::to_string(size[1]),
           std::to_string(e.columns), "tiling");
}

void check(const Call& c) {
  check_dtypes(c);
  same_partitions(c, {stationary, moving});
  const machine::TensorEngine& e = c.core().tensor;
  if (double_row(c)) {
    needs_version(c, 3, "perf_mode double_row");
    for (int p : {stationary, moving}) {
      const OperandView v = c.operand(p);
      if (!is_fp8(v.dtype())) dtype_in(c, p, {DType::fp8_e4m3, DType::fp8_e5m2});
      if (v.layout->ndim < 3 || v.layout->dims[1].count != 2)
        throw base::Error(base::Code::E110, label(c, p) + " in double_row mode")
            .limit(v.describe(), "[K, 2, …]", "nc_matmul")
            .note(v.describe());
    }
  }
  if (c.flag(is_transpose) && c.core().version >= 3)
    dtype_in(c, dst, {c.operand(moving).dtype(), c.operand(stationary).dtype()});
  const int64_t m = columns(c, stationary), n = columns(c, moving);
  if (m > e.stationary_free_max)
    refuse(c, base::Code::E104, fmt::format("stationary has {} columns", m), std::to_string(m),
           std::to_string(e.stationary_free_max), "core.tensor.stationary_free_max");
  const bool bf16 = c.operand(dst).dtype() == DType::bf16 && e.moving_free_max_bf16;
  const int n_max = bf16 ? e.moving_free_max_bf16 : e.moving_free_max;
  if (n > n_max)
    refuse(c, base::Code::E104, fmt::format("moving has {} columns", n), std::to_string(n),
           std::to_string(n_max),
           bf16 ? "core.tensor.moving_free_max_bf16" : "core.tensor.moving_free_max");
  const OperandView d = c.operand(dst);
  if (d.partitions() != m || d.free_elements() != n)
    throw base::Error(base::Code::E110, "nc_matmul: dst does not have the result's shape")
        .limit(fmt::format("[{}, {}]", d.partitions(), d.free_elements()),
               fmt::format("[{}, {}] (columns of stationary, columns of moving)", m, n),
               "nc_matmul")
        .note(d.describe());
  check_tiling(c, c.operand(stationary).partitions(), m);
}

// A [K, M] operand as the array sees it; in double_row mode [K, 2, M] stacks to 2K rows.
struct Matrix {
  base::MatrixView view;
  int k, n;
};

// Operands with one strided column run are read in place; others are packed first.
Matrix matrix(const Bytes& a, bool pairs, std::vector<std::byte>& storage) {
  const int64_t n = a.row_elements() / (pairs ? 2 : 1);
  const int k = a.rows() * (pairs ? 2 : 1);
  const bool single_run = !pairs && (a.ndim == 2 || a.row_packed());
  if (single_run) {
    const ptrdiff_t step = a.row_packed() ? a.element : a.dims[1].step;
    return {{a.dtype, a.data, a.dims[0].step, step}, k, static_cast<int>(n)};
  }
  storage.resize(a.elements() * a.element);
  gather_bits(a, 0, a.rows(), storage.data());
  return {{a.dtype, storage.data(), static_cast<ptrdiff_t>(n * a.element), a.element}, k,
          static_cast<int>(n)};
}

// Adds the finished products onto the elements that were written before, and overwrites the rest.
void combine(const float* product, float* values, const std::vector<uint8_t>& written, bool add_all,
             size_t n) {
  for (size_t i = 0; i < n; ++i)
    values[i] = add_all || (!written.empty() && written[i]) ? values[i] + product[i] : product[i];
}

void run_transpose(Run& r) {
  // Pass-through mode moves bits: dst = stationary^T through an identity, or moving through one.
  const Bytes s = r.bytes(stationary), m = r.bytes(moving), d = r.bytes(dst);
  std::vector<std::byte> s_bits(s.elements() * s.element), m_bits(m.elements() * m.element);
  gather_bits(s, 0, s.rows(), s_bits.data());
  gather_bits(m, 0, m.rows(), m_bits.data());
  const int k = s.rows(), rows = static_cast<int>(s.row_elements()),
            cols = static_cast<int>(m.row_elements());
  std::vector<float> identity(m.elements());
  base::to_fp32(m.dtype, m_bits.data(), identity.data(), identity.size());
  std::vector<std::byte> out(static_cast<size_t>(rows) * cols * d.element);
  for (int n = 0; n < cols; ++n) {
    int source = -1;  // the one row of the identity's column n that is not zero
    for (int i = 0; i < k; ++i) {
      const float v = identity[static_cast<size_t>(i) * cols + n];
      if (v == 0) continue;
      if (source >= 0 || v != 1)
        throw base::Error(base::Code::E111, "nc_matmul: is_transpose needs a 0/1 permutation as moving")
            .limit(fmt::format("column {} has more than one non-zero or a value other than 1", n),
                   "one 1 a column", "nc_matmul");
      source = i;
    }
    for (int i = 0; i < rows; ++i) {
      std::byte* to = out.data() + (static_cast<size_t>(i) * cols + n) * d.element;
      std::memset(to, 0, d.element);
      if (source >= 0)
        std::memcpy(to, s_bits.data() + (static_cast<size_t>(source) * rows + i) * s.element,
                    std::min(s.element, d.element));
    }
  }
  scatter_bits(d, 0, d.rows(), out.data());
}

void run(Run& r) {
  const Call& c = r.call;
  const Bytes d = r.bytes(dst);
  if (c.flag(is_transpose) && c.core().version >= 3 && d.dtype == r.bytes(stationary).dtype)
    return run_transpose(r);
  thread_local std::vector<std::byte> packed_stationary, packed_moving;
  const Matrix s = matrix(r.bytes(stationary), double_row(c), packed_stationary);
  const Matrix m = matrix(r.bytes(moving), double_row(c), packed_moving);

  bool all = c.has(accumulate) && c.flag(accumulate);
  std::vector<uint8_t> written;
  if (!c.has(accumulate)) written = r.memory.written(c, c.slot(dst), all);
  const bool in_place = d.dtype == DType::fp32 && d.row_packed() && (all || written.empty());
  if (in_place) {
    base::matmul_pass(s.view, m.view, s.k, s.n, m.n, reinterpret_cast<float*>(d.data),
                      d.dims[0].step / d.element, all ? base::Store::add : base::Store::overwrite);
    return;
  }
  const size_t n = static_cast<size_t>(s.n) * m.n;
  float* product = Run::scratch(0, n);
  base::matmul_pass(s.view, m.view, s.k, s.n, m.n, product, m.n, base::Store::overwrite);
  float* values = Run::scratch(1, n);
  const float* old = read_rows(d, 0, d.rows(), values);
  if (old != values) std::copy_n(old, n, values);
  combine(product, values, written, all, n);
  write_rows(d, 0, d.rows(), values, r.rounding);
}

Cost cost(const Call& c) {
  const machine::TensorEngine& e = c.core().tensor;
  const double n = static_cast<double>(columns(c, moving));
  const double m = static_cast<double>(columns(c, stationary));
  const DType s = c.operand(stationary).dtype();
  double passes = 1;
  if (s == DType::fp32) {
    passes = c.flag(is_transpose) ? e.fp32_transpose_passes : e.fp32_passes;
    if (c.flag(is_stationary_onezero) || c.flag(is_moving_onezero)) passes /= 2;
  }
  if (double_row(c)) passes = e.double_row_factor;
  const double stream = passes * std::max({n, std::min(e.issue_min_cycles, m)});
  Cost cost;
  cost.busy = base::cycles_to_ps(stream + e.issue_overhead_cycles, e.clock_ghz);
  cost.latency = base::cycles_to_ps(stream + e.latency_cycles, e.clock_ghz);
  cost.flops = c.flag(is_transpose)
                   ? 0
                   : 2.0 * c.operand(stationary).partitions() * (double_row(c) ? 2 : 1) * m * n;
  return cost;
}

}  // namespace

INSTRUCTION(nc_matmul) {
  const Value no = Value::boolean(false);
  static const Spec spec = {
      .name = "nc_matmul",
      .summary = "Multiply a stationary by a moving tile on the Tensor Engine.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::update, "", {}, "the result, in PSUM"},
                 {"stationary", ParamKind::tensor, Access::read, "", {}, "[K, M] in SBUF"},
                 {"moving", ParamKind::tensor, Access::read, "", {}, "[K, N] in SBUF"},
                 {"is_stationary_onezero", ParamKind::boolean, Access::none, "False", no,
                  "a hint: stationary holds only zeros and ones"},
                 {"is_moving_onezero", ParamKind::boolean, Access::none, "False", no,
                  "a hint: moving holds only zeros and ones"},
                 {"is_transpose", ParamKind::boolean, Access::none, "False", no, "pass-through mode"},
                 {"accumulate", ParamKind::boolean, Access::none, "None", {},
                  "overwrite (False), add (True), or by what was written (None)"},
                 {"tile_position", ParamKind::integers, Access::none, "()", {}, "(row, column)"},
                 {"tile_size", ParamKind::integers, Access::none, "()", {}, "(rows, columns)"},
                 {"perf_mode", ParamKind::perf_mode, Access::none, "matmul_perf_mode.none",
                  Value::integer(0), "none or double_row"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::everything,
      .evidence = Evidence::order_defined,
      .engines = {Engine::tensor},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
