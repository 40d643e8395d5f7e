// quantize_mx: blocks of 32 values to 8-bit floats under one scale, on the Vector Engine.

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/mx.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, src, dst_scale };

constexpr std::string_view kDoc = R"(
dst, dst_scale = src in microscaling blocks: 8 partitions by 4 elements under one power of two.

Scale: code = exponent field of the block's largest magnitude - (Emax - headroom), from 0, as
  float8_e8m0fnu; Emax is 8 (float8_e4m3fn) or 15 (float8_e5m2). headroom is the machine's
  core.vector.mx_scale_headroom: 1 as documented since NKI 0.5, twice the scale of the OCP sample,
  which nothing then saturates; 0 is the OCP sample, as in NKI 0.4 and in nki-library's references.
  Blocks of zeros, and blocks too small for their scale, have code 0, 2^-127.
Elements: src / scale, clipped to the finite range, to the nearest even 8-bit float, also when
  rounding is stochastic. An infinity has the exponent field 255 and becomes the largest finite
  number; NaN stays NaN (the document leaves both open).
Memory types: SBUF on all sides.
Data types: src bfloat16 or float16; dst float8_e4m3fn_x4 or float8_e5m2_x4; dst_scale
  float8_e8m0fnu or uint8.
Layout: src [P, F], P a multiple of 32, F of 4; dst [P, F/4], element 4j of src in the lowest bits
  of pack j. dst_scale [P/8, F/4] if P is 32, else [P, F/4]: row 32q + i has the scales of
  partitions 32q + 8i to 32q + 8i + 7, the other rows keep what they hold. It may start at partition
  0, 4, 8 or 12 of the quadrant of src.
Cost: four elements a cycle (A4); the fixed part is an estimate, as that of tensor_copy.
NumPy: scale = 2.0 ** (np.floor(np.log2(amax)) - (Emax - 1)); dst = (src / scale).astype(fp8)
Sources: nki.isa.quantize_mx (SDK 2.32), A4, MX; OCP Microscaling Formats 1.0.
)";

void check(const Call& c) {
  dtype_in(c, src, {DType::bf16, DType::fp16});
  dtype_in(c, dst, {DType::fp8_e4m3fn_x4, DType::fp8_e5m2_x4});
  check_mx_data(c, src);
  buffer_in(c, dst, {Buffer::sbuf});
  same_partitions(c, {src, dst});
  const OperandView s = c.operand(src), d = c.operand(dst);
  if (s.free_elements() != kBlockLanes * d.free_elements())
    throw base::Error(base::Code::E103,
                      fmt::format("quantize_mx: {} elements a partition in {} packs",
                                  s.free_elements(), d.free_elements()))
        .limit(std::to_string(s.free_elements()),
               fmt::format("{}, four a pack", kBlockLanes * d.free_elements()), "quantize_mx")
        .note(s.describe())
        .note(d.describe());
  check_mx_scales(c, dst_scale, dst);
}

int exponent_field(float x) { return static_cast<int>(std::bit_cast<uint32_t>(x) >> 23 & 0xff); }

// How a block becomes 8-bit floats of one format.
struct Format {
  DType pack;
  float largest;
  int target;  // exponent that the largest magnitude of a block has after division

  Format(const Call& c, DType pack)
      : pack(pack), largest(static_cast<float>(base::max_finite(base::pack_element(pack)))) {
    target = exponent_field(largest) - kBlockBias - c.core().vector.mx_scale_headroom;
  }
  uint8_t code(int field) const {
    return static_cast<uint8_t>(std::clamp(field - target, 0, 2 * kBlockBias));
  }
  float clipped(float x) const {
    return x > largest ? largest : x < -largest ? -largest : x;  // NaN is neither
  }
};

void run(Run& r) {
  const Bytes to = r.bytes(dst), scales = r.bytes(dst_scale);
  Bytes from = r.bytes(src);
  std::vector<std::byte> copy;
  if (overlaps_elsewhere(to, from) || overlaps_elsewhere(scales, from)) from = detached(from, copy);
  const Format format(r.call, to.dtype);
  const int64_t n = from.row_elements(), packs = to.row_elements();
  std::vector<uint8_t> codes(packs);
  std::vector<float> inverses(packs);  // of the scales, exact
  std::vector<std::byte> packed(packs * to.element);
  float* quotients = Run::scratch(1, n);
  for (int first = 0; first < from.rows(); first += kBlockPartitions) {
    const float* x =
        read_rows(from, first, kBlockPartitions, Run::scratch(0, n * kBlockPartitions));
    for (int64_t j = 0; j < packs; ++j) {
      int field = 0;
      for (int p = 0; p < kBlockPartitions; ++p)
        for (int lane = 0; lane < kBlockLanes; ++lane)
          field = std::max(field, exponent_field(x[p * n + kBlockLanes * j + lane]));
      codes[j] = format.code(field);
      const auto inverse = static_cast<uint8_t>(2 * kBlockBias - codes[j]);
      inverses[j] = base::to_fp32(DType::fp8_e8m0, &inverse);
    }
    for (int p = 0; p < kBlockPartitions; ++p) {
      for (int64_t i = 0; i < n; ++i)
        quotients[i] = format.clipped(x[p * n + i] * inverses[i / kBlockLanes]);
      base::pack_fp32(to.dtype, quotients, packed.data(), packs);
      scatter_bits(to, first + p, 1, packed.data());
    }
    scatter_bits(scales, scale_row(first), 1, reinterpret_cast<const std::byte*>(codes.data()));
  }
}

// A block is undefined if one of its values is; rows of dst_scale without a block keep their state.
std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int output) {
  const OperandView d = c.operand(dst), s = c.operand(dst_scale);
  const int64_t packs = d.free_elements(), n = kBlockLanes * packs;
  const std::vector<uint8_t>& in = masks[src];
  const auto block = [&](int first, int64_t j) {
    bool any = false;
    for (int p = first; p < first + kBlockPartitions && !in.empty(); ++p)
      for (int lane = 0; lane < kBlockLanes; ++lane) any |= in[p * n + kBlockLanes * j + lane];
    return any;
  };
  std::vector<uint8_t> out(c.operand(output).elements());
  if (output == dst_scale && !masks[dst_scale].empty()) out = masks[dst_scale];
  for (int first = 0; first < d.partitions(); first += kBlockPartitions)
    for (int64_t j = 0; j < packs; ++j) {
      const uint8_t any = block(first, j);
      if (output == dst_scale) out[scale_row(first) * s.free_elements() + j] = any;
      else
        for (int p = 0; p < kBlockPartitions; ++p) out[(first + p) * packs + j] = any;
    }
  return out;
}

Cost cost(const Call& c) {
  const double n = static_cast<double>(c.operand(src).free_elements());
  return lane_cost(c, n, c.core().vector.fast4_rate);
}

}  // namespace

INSTRUCTION(quantize_mx) {
  static const Spec spec = {
      .name = "quantize_mx",
      .summary = "Quantize a tile to MXFP8: 8-bit floats and the scales of their blocks.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "[P, F/4] packs of four"},
                 {"src", ParamKind::tensor, Access::read, "", {}, "[P, F], 16-bit floats"},
                 {"dst_scale", ParamKind::tensor, Access::update, "", {}, "the blocks' scales"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector},
      .version = 4,
      .own_start = {dst_scale},
      .check = check,
      .run = run,
      .cost = cost,
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
