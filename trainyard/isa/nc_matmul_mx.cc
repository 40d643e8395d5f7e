// nc_matmul_mx: one pass of the systolic array over microscaling blocks.

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "trainyard/isa/indirection.h"
#include "trainyard/isa/mx.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/tensor_engine.h"

namespace trainyard::isa {

namespace {

enum {
  dst,
  stationary,
  moving,
  stationary_scale,
  moving_scale,
  tile_position,
  tile_size,
  accumulate
};

constexpr std::string_view kDoc = R"(
dst[M, N] (+)= the sum over partitions k and lanes l of
  stationary[k, M, l] * moving[k, N, l] * 2^(the blocks' scale codes - 254).

The contraction runs over the partitions and over the four lanes of each pack, 512 values at most.
accumulate: as in nc_matmul.
Memory types: inputs and scales in SBUF, dst in PSUM.
Data types: float8_e4m3fn_x4, float8_e5m2_x4, float4_e2m1fn_x4, mixed as you like; scales
  float8_e8m0fnu or uint8 (code - 127 is the exponent; 255 makes its block NaN); dst float32 or
  bfloat16.
Layout: as quantize_mx leaves it. stationary [K, M], M even, up to 128; moving [K, N], N up to all
  of PSUM; K, partitions, a multiple of 32. Scales of a tile of 32 partitions [4, columns], else
  [K, columns] with four rows used in each quadrant, from partition 0, 4, 8 or 12 of it on.
tile_position, tile_size: rows of the array only, 32, 64 or 128; the column tile is (0, 128).
Accumulation order: a chain of fused multiply-adds over ascending partitions, in each over ascending
  lanes, in float32 from values that were scaled without rounding; then one add into PSUM. The
  chip's own order is not public.
Cost: max(64, N) Tensor Engine cycles, as 16-bit types: four times their rate (A4, an estimate).
NumPy: dst[...] = np.einsum("kml,knl->mn", stationary * stationary_scale, moving * moving_scale)
Sources: nki.isa.nc_matmul_mx (SDK 2.32), A4, MX; OCP Microscaling Formats 1.0.
)";

// Packs and their scales are one tensor: both have the same index, or none.
void check_indirect_pair(const Call& c, int data, int scale) {
  const bool both = is_indirect(c, data);
  bool same = both == is_indirect(c, scale);
  if (same && both) {
    const Operand &a = c.raw(c.slot(data) + 1), &b = c.raw(c.slot(scale) + 1);
    same = a.tensor == b.tensor && a.layout == b.layout && a.offset == b.offset;
  }
  if (same) return;
  refuse_argument(c, scale, both ? "without the index of its data" : "an indirect view",
                  "indirect as its data is, with the same index");
}

void check(const Call& c) {
  for (int p : {stationary, moving})
    dtype_in(c, p, {DType::fp8_e5m2_x4, DType::fp8_e4m3fn_x4, DType::fp4_e2m1_x4});
  dtype_in(c, dst, {DType::fp32, DType::bf16});
  same_partitions(c, {stationary, moving});
  check_mx_data(c, stationary);
  check_mx_data(c, moving);
  const int64_t m = c.operand(stationary).free_elements(), n = c.operand(moving).free_elements();
  if (m % 2 != 0)
    throw base::Error(base::Code::E110, fmt::format("nc_matmul_mx: stationary has {} columns", m))
        .limit(std::to_string(m), "an even number", "nc_matmul_mx")
        .note(c.operand(stationary).describe());
  check_product(c, dst, m, n);
  check_mx_scales(c, stationary_scale, stationary);
  check_mx_scales(c, moving_scale, moving);
  check_tiling(c, {tile_position, tile_size, stationary, moving, dst}, m);
  check_indirect_pair(c, stationary, stationary_scale);
  check_indirect_pair(c, moving, moving_scale);
  check_indirect_tile(c, tile_position);
  const int columns = c.core().tensor.columns;
  const auto size = c.integers(tile_size);
  if (!size.empty() && size[1] != columns)
    refuse_argument(c, tile_size, fmt::format("({}, {})", size[0], size[1]),
                    fmt::format("a column tile of {}", columns));
}

// A tile as the array sees it: one row for each lane of each partition, scaled without rounding.
template <class T>
struct Scaled {
  std::vector<T> values;
  int k = 0, n = 0;
  bool in_range = true;  // no scaled value exceeds T
};

template <class T>
Scaled<T> scaled(const Bytes& data, const Bytes& scale) {
  const int n = static_cast<int>(data.row_elements());
  Scaled<T> out{std::vector<T>(data.elements() * kBlockLanes), data.rows() * kBlockLanes, n};
  std::vector<std::byte> packs(n * data.element);
  std::vector<float> lanes(n * kBlockLanes), scales(n);
  std::vector<uint8_t> codes(n);
  T* row = out.values.data();
  for (int p = 0; p < data.rows(); ++p) {
    gather_bits(data, p, 1, packs.data());
    base::unpack_fp32(data.dtype, packs.data(), lanes.data(), n);
    load_scale_codes(scale, p, codes.data());
    base::to_fp32(DType::fp8_e8m0, codes.data(), scales.data(), n);
    for (int lane = 0; lane < kBlockLanes; ++lane, row += n)
      for (int j = 0; j < n; ++j) {
        const float x = lanes[kBlockLanes * j + lane];
        row[j] = static_cast<T>(x) * static_cast<T>(scales[j]);
        out.in_range &= !std::isinf(row[j]) || std::isinf(x);
      }
  }
  return out;
}

base::MatrixView view_of(const Scaled<float>& a) {
  const auto row = static_cast<ptrdiff_t>(a.n * sizeof(float));
  return {DType::fp32, a.values.data(), row, sizeof(float)};
}

// The chain of matmul_pass where a scaled value exceeds float32. A product of elements has 8
// significant bits, so that rounding the sum to double first never changes the float32 it gives.
void multiply_beyond(const Scaled<double>& s, const Scaled<double>& m, float* to, ptrdiff_t row,
                     base::Store store) {
  for (int i = 0; i < s.n; ++i)
    for (int j = 0; j < m.n; ++j) {
      float sum = 0;
      for (int k = 0; k < s.k; ++k)
        sum = static_cast<float>(s.values[k * s.n + i] * m.values[k * m.n + j] + sum);
      if (store == base::Store::add) sum = to[i * row + j] + sum;
      to[i * row + j] = std::isnan(sum) ? std::numeric_limits<float>::quiet_NaN() : sum;
    }
}

void run(Run& r) {
  const Bytes s = r.bytes(stationary), s_scale = r.bytes(stationary_scale);
  const Bytes m = r.bytes(moving), m_scale = r.bytes(moving_scale);
  const auto left = scaled<float>(s, s_scale), right = scaled<float>(m, m_scale);
  store_product(
      r, dst, accumulate, left.n, right.n, [&](float* to, ptrdiff_t row, base::Store store) {
        if (left.in_range && right.in_range)
          return base::matmul_pass(view_of(left), view_of(right), left.k, left.n, right.n, to, row,
                                   store);
        multiply_beyond(scaled<double>(s, s_scale), scaled<double>(m, m_scale), to, row, store);
      });
}

std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int) {
  const auto scales = [&](int data, int scale) {
    return undefined_scales(c, data, scale, masks[scale]);
  };
  return undefined_product(c.operand(stationary).free_elements(), c.operand(moving).free_elements(),
                           {masks[stationary], scales(stationary, stationary_scale)},
                           {masks[moving], scales(moving, moving_scale)});
}

Cost cost(const Call& c) {
  const double n = static_cast<double>(c.operand(moving).free_elements());
  const double m = static_cast<double>(c.operand(stationary).free_elements());
  Cost cost = pass_cost(c, n, m, c.core().tensor.mx_factor);
  cost.macs = kBlockLanes * c.operand(stationary).partitions() * m * n;
  cost.macs_8bit = true;
  cost.flops = 2 * cost.macs;
  return cost;
}

}  // namespace

INSTRUCTION(nc_matmul_mx) {
  static const Spec spec = {
      .name = "nc_matmul_mx",
      .summary = "Multiply MXFP8 and MXFP4 tiles with their scales on the Tensor Engine.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::update, "", {}, "the result, in PSUM"},
                 {"stationary", ParamKind::tensor, Access::read, "", {}, "[K, M] packs of four"},
                 {"moving", ParamKind::tensor, Access::read, "", {}, "[K, N] packs of four"},
                 {"stationary_scale", ParamKind::tensor, Access::read, "", {}, "its scales"},
                 {"moving_scale", ParamKind::tensor, Access::read, "", {}, "its scales"},
                 {"tile_position", ParamKind::integers, Access::none, "None", {}, "(row, 0)"},
                 {"tile_size", ParamKind::integers, Access::none, "None", {}, "(rows, 128)"},
                 {"accumulate",
                  ParamKind::boolean,
                  Access::none,
                  "None",
                  {},
                  "overwrite (False), add (True), or by what was written (None)"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::everything,
      .evidence = Evidence::order_defined,
      .engines = {Engine::tensor},
      .version = 4,
      .indirect = {dst, stationary, moving, stationary_scale, moving_scale},
      .own_start = {stationary_scale, moving_scale},
      .check = check,
      .run = run,
      .cost = cost,
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
