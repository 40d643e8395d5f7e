// nc_matmul: one pass of the systolic array, accumulating into PSUM.

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "trainyard/base/matmul.h"
#include "trainyard/isa/indirection.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/tensor_engine.h"

namespace trainyard::isa {

namespace {

enum {
  dst,
  stationary,
  moving,
  is_stationary_onezero,
  is_moving_onezero,
  is_transpose,
  accumulate,
  tile_position,
  tile_size,
  perf_mode
};

constexpr std::string_view kDoc = R"(
dst[M, N] (+)= stationary[K, M].T @ moving[K, N], the contraction K on partitions.

accumulate: False overwrites, True adds onto what a matmul put there (refused where nothing was
  written), None overwrites elements not yet written since their tensor was declared and adds onto
  the others.
Memory types: inputs in SBUF, dst in PSUM.
Data types: float8_e4m3, float8_e5m2, bfloat16, float16, tfloat32, float32 (float8_e4m3fn on
  NeuronCore-v4, not together with float8_e4m3). float32 and tfloat32 pair only with each other.
  dst is float32 (or bfloat16 on NeuronCore-v4). Products and sums are float32.
Limits: K <= 128, M <= 128, N <= 512 in one bank of PSUM (NeuronCore-v4: all of PSUM).
is_transpose: stationary turned, bit by bit, with an identity (or a permutation) as moving; dst has
  the type of stationary, and 8-bit elements come out as 16 bits with a zero upper byte. On
  NeuronCore-v2 it only labels the instruction, which multiplies.
perf_mode double_row: 8-bit floats, the first free dimension of both inputs is 2, K up to 256.
tile_position, tile_size: a part of the array, rows and columns of 32 (NeuronCore-v3), 64 or 128;
  its rows are the partitions of the inputs, its columns those of dst.
Structured sparsity (4:16 to 1:2, from NeuronCore-v3) has no parameter in NKI up to 0.6, so that a
  stationary is dense here; core.tensor.sparse_ratio_max states its rate.
Accumulation order: each output is a chain of fused multiply-adds over ascending k, then one add
  into PSUM (docs/numbers.md); the chip's own order is not public.
Cost: max(64, N) Tensor Engine cycles for 16- and 8-bit types; float32 takes four passes, two with
  a onezero hint.
NumPy: dst[...] = stationary.T @ moving (+ dst)
Sources: nki.isa.nc_matmul (SDK 2.32); cost ISA26, TRACE.
)";

bool double_row(const Call& c) { return c.choice<PerfMode>(perf_mode) == PerfMode::double_row; }

// Transpose mode moves bits; NeuronCore-v2 only takes note of it and multiplies.
bool passes_through(const Call& c) { return c.flag(is_transpose) && c.core().version >= 3; }

bool is_fp8(DType d) {
  return d == DType::fp8_e4m3 || d == DType::fp8_e5m2 || d == DType::fp8_e4m3fn;
}

// Rows of the result: stationary columns, without double_row's leading pair.
int64_t columns(const Call& c, int param) {
  return c.operand(param).free_elements() / (double_row(c) ? 2 : 1);
}

void check_dtypes(const Call& c) {
  const DType s = c.operand(stationary).dtype(), m = c.operand(moving).dtype();
  const auto wide = [](DType d) { return d == DType::fp32 || d == DType::tf32; };
  if (c.flag(is_transpose)) {  // bits pass through, but those of the other operand are multiplied
    not_packed(c, {moving});
    if (!passes_through(c)) not_packed(c, {stationary});
  } else {
    for (int p : {stationary, moving})
      dtype_in(c, p,
               {DType::fp8_e4m3, DType::fp8_e5m2, DType::fp8_e4m3fn, DType::bf16, DType::fp16,
                DType::tf32, DType::fp32});
  }
  if (wide(s) != wide(m))
    refuse(c, base::Error(base::Code::E106, fmt::format("nc_matmul: stationary is {}, moving is {}",
                                                        base::name_of(s), base::name_of(m)))
                  .limit(fmt::format("{} with {}", base::name_of(s), base::name_of(m)),
                         "float32 or tfloat32 only with each other", "nc_matmul"));
  for (DType d : {s, m})
    if (d == DType::fp8_e4m3fn) needs_version(c, 4, "float8_e4m3fn");
  if ((s == DType::fp8_e4m3 && m == DType::fp8_e4m3fn) ||
      (s == DType::fp8_e4m3fn && m == DType::fp8_e4m3))
    refuse(c,
           base::Error(base::Code::E106, "nc_matmul: float8_e4m3 and float8_e4m3fn in one matmul")
               .limit("both", "one of the two", "nc_matmul"));
  const DType d = c.operand(dst).dtype();
  if (passes_through(c)) return check_transposed_dtype(c, dst, stationary);
  if (c.flag(is_transpose) && d == s) return;  // written by a product with an identity
  if (d == DType::bf16) needs_version(c, 4, "a bfloat16 result");
  else dtype_in(c, dst, {DType::fp32});
}

void check_indirect(const Call& c) {
  for (int p : {dst, stationary, moving})
    if (is_indirect(c, p))
      dtype_in(c, p,
               {DType::fp16, DType::bf16, DType::fp8_e4m3, DType::fp8_e5m2, DType::fp8_e4m3fn});
  if (is_indirect(c, moving) && c.flag(is_transpose))
    refuse_argument(c, is_transpose, "True with an indirect moving", "False");
  check_indirect_tile(c, tile_position);
}

void check(const Call& c) {
  if (double_row(c) && c.flag(is_transpose))
    refuse_argument(c, is_transpose, "True with double_row", "False");
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
  const int64_t m = columns(c, stationary), n = columns(c, moving);
  check_product(c, dst, m, n);
  check_tiling(c, {tile_position, tile_size, stationary, moving, dst}, m);
  check_indirect(c);
  if (double_row(c) && !c.integers(tile_size).empty() && c.integers(tile_size)[1] != e.columns)
    refuse_argument(c, tile_size, "a column tile with double_row", std::to_string(e.columns));
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
  return {{a.dtype, storage.data(), static_cast<ptrdiff_t>(n * a.element), a.element},
          k,
          static_cast<int>(n)};
}

// The one row of a permutation's column that is not zero, or -1; anything else is refused.
std::vector<int> permutation(const Bytes& m) {
  const int rows = m.rows(), columns = static_cast<int>(m.row_elements());
  std::vector<float> storage(rows * columns);
  const float* values = read_rows(m, 0, rows, storage.data());
  std::vector<int> source(columns, -1);
  for (int i = 0; i < rows; ++i)
    for (int n = 0; n < columns; ++n) {
      const float v = values[i * columns + n];
      if (v == 0) continue;
      if (source[n] >= 0 || v != 1)
        throw base::Error(base::Code::E111,
                          "nc_matmul: is_transpose with a moving that does not permute")
            .limit(fmt::format("column {} has other values than a single 1", n), "an identity",
                   "nc_matmul");
      source[n] = i;
    }
  return source;
}

// dst[:, n] = the row of stationary that column n of moving picks; bits.
void run_transpose(Run& r) {
  const Bytes s = r.bytes(stationary), d = r.bytes(dst);
  const std::vector<int> source = permutation(r.bytes(moving));
  std::vector<std::byte> rows(source.size() * s.row_elements() * s.element), packed;
  const Bytes all = detached(s, packed);
  Bytes picked = all;
  picked.data = rows.data();
  picked.dims[0].count = static_cast<int64_t>(source.size());
  for (size_t n = 0; n < source.size(); ++n)
    if (source[n] >= 0) std::memcpy(picked.row(n), all.row(source[n]), all.dims[0].step);
  transpose_bits(d, picked);
}

void run(Run& r) {
  const Call& c = r.call;
  if (passes_through(c)) return run_transpose(r);
  thread_local std::vector<std::byte> packed_stationary, packed_moving;
  const Matrix s = matrix(r.bytes(stationary), double_row(c), packed_stationary);
  const Matrix m = matrix(r.bytes(moving), double_row(c), packed_moving);
  store_product(r, dst, accumulate, s.n, m.n, [&](float* to, ptrdiff_t row, base::Store store) {
    base::matmul_pass(s.view, m.view, s.k, s.n, m.n, to, row, store);
  });
}

std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int) {
  return undefined_product(columns(c, stationary), columns(c, moving), {masks[stationary]},
                           {masks[moving]});
}

Cost cost(const Call& c) {
  const machine::TensorEngine& e = c.core().tensor;
  const double n = static_cast<double>(columns(c, moving));
  const double m = static_cast<double>(columns(c, stationary));
  double passes = 1, loads = 1;
  int instructions = 1;
  if (c.operand(stationary).dtype() == DType::fp32) {
    const bool onezero = c.flag(is_stationary_onezero) || c.flag(is_moving_onezero);
    passes = passes_through(c) ? e.fp32_transpose_passes : e.fp32_passes;
    loads = passes_through(c) ? e.fp32_transpose_load_passes : e.fp32_load_passes;
    if (onezero) passes /= 2;
    else if (!passes_through(c)) instructions = 2;  // the low and the high half of the weights
  }
  if (double_row(c)) passes = e.double_row_factor;
  Cost cost = pass_cost(c, n, m, passes, loads, instructions);
  cost.flops = c.flag(is_transpose)
                   ? 0
                   : 2.0 * c.operand(stationary).partitions() * (double_row(c) ? 2 : 1) * m * n;
  cost.macs = c.operand(stationary).partitions() * m * n * (double_row(c) ? 2 : passes);
  cost.macs_8bit = base::size_of(c.operand(stationary).dtype()) == 1 &&
                   base::size_of(c.operand(moving).dtype()) == 1;
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
                 {"is_transpose", ParamKind::boolean, Access::none, "False", no,
                  "pass-through mode"},
                 {"accumulate",
                  ParamKind::boolean,
                  Access::none,
                  "None",
                  {},
                  "overwrite (False), add (True), or by what was written (None)"},
                 {"tile_position", ParamKind::integers, Access::none, "()", {}, "(row, column)"},
                 {"tile_size", ParamKind::integers, Access::none, "()", {}, "(rows, columns)"},
                 {"perf_mode", ParamKind::perf_mode, Access::none, "matmul_perf_mode.none",
                  Value::integer(0), "none or double_row"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::everything,
      .engines = {Engine::tensor},
      .indirect = {dst, stationary, moving},
      .check = check,
      .run = run,
      .cost = cost,
      .evidence_of =
          [](const Call& c) {
            return passes_through(c) ? Evidence::exact : Evidence::order_defined;
          },
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
