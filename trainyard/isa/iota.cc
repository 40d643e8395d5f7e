// iota: an affine pattern of integers written to a tile.

#include "trainyard/isa/affine.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, pattern, offset, channel_multiplier };

constexpr std::string_view kDoc = R"(
dst[p, w, z, y, x] = offset + p * channel_multiplier + w * step_w + z * step_z + y * step_y
  + x * step_x, where pattern is up to four pairs [[step_w, count_w], …, [step_x, count_x]].

Memory types: dst in SBUF.
Data types: the values are 32-bit integers, which wrap around; int32 and uint32 tiles take their
  bits, other types convert them through float32, and integer types of fewer bits saturate.
Layout: the product of the counts is dst's elements per partition; the free shape may differ.
Cost: 150 + N GpSimd cycles.
NumPy: dst[...] = offset + channel_multiplier * arange(P)[:, None] + (steps * indices).sum()
Sources: nki.isa.iota (SDK 2.32); cost ISA26.
)";

void check(const Call& c) {
  check_affine(c, pattern, offset, channel_multiplier, dst);
  const DType d = c.operand(dst).dtype();
  if (base::is_pack(d))
    throw base::Error(base::Code::E105, label(c, dst) + " is packed")
        .limit(std::string(base::name_of(d)), "a type that integers convert to", "iota");
}

void run(Run& r) {
  const Bytes to = r.bytes(dst);
  const std::vector<int32_t> first = affine_values(r.call, pattern, offset);
  const auto n = static_cast<int64_t>(first.size());
  const bool words = to.dtype == DType::i32 || to.dtype == DType::u32;
  for (int row = 0; row < to.rows(); ++row) {
    const int32_t shift = affine_shift(r.call, channel_multiplier, row);
    if (words) {
      auto* out = reinterpret_cast<int32_t*>(Run::scratch(0, n));
      for (int64_t i = 0; i < n; ++i) out[i] = wrapping_add(first[i], shift);
      scatter_bits(to, row, 1, reinterpret_cast<const std::byte*>(out));
    } else {
      float* out = rows_for_writing(to, row, 1, Run::scratch(0, n));
      for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(wrapping_add(first[i], shift));
      write_rows(to, row, 1, out, r.rounding);
    }
  }
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()));
}

}  // namespace

INSTRUCTION(iota) {
  static const Spec spec = {
      .name = "iota",
      .summary = "Write an affine pattern of integers to a tile.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "the tile to fill"},
                 {"pattern", ParamKind::pattern, Access::none, "", {}, "[[step, count], …]"},
                 {"offset", ParamKind::integer, Access::none, "0", Value::integer(0),
                  "added to every value"},
                 {"channel_multiplier", ParamKind::integer, Access::none, "0", Value::integer(0),
                  "added once more for each partition"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::gpsimd},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
