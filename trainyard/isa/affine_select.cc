// affine_select: a tile where an affine pattern compares true with 0, a number elsewhere.

#include <cstring>

#include "trainyard/isa/affine.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, pattern, channel_multiplier, on_true_tile, on_false_value, cmp_op, offset };

constexpr std::string_view kDoc = R"(
dst = on_true_tile where cmp_op(value, 0), else on_false_value; `value` is that of iota with the
  same
pattern, offset and channel_multiplier, in 32-bit integers.

cmp_op: equal (default), not_equal, less, less_equal, greater, greater_equal.
Memory types: SBUF.
Data types: any but packed ones. Equal types on both tiles copy bits; different ones convert through
  float32. on_false_value is a float32 and converts to dst's type.
Layout: equal partitions and equal elements per partition, which the pattern's counts make up; the
  free shapes may differ.
Cost: 150 + N GpSimd cycles.
NumPy: dst[...] = where(cmp_op(value, 0), on_true_tile, on_false_value)
Sources: nki.isa.affine_select (SDK 2.32); cost ISA26.
)";

void check(const Call& c) {
  same_elements(c, {dst, on_true_tile});
  check_affine(c, pattern, offset, channel_multiplier, dst);
  op_in(c, cmp_op,
        {Operator::equal, Operator::not_equal, Operator::less, Operator::less_equal,
         Operator::greater, Operator::greater_equal});
  for (int p : {dst, on_true_tile})
    if (base::is_pack(c.operand(p).dtype()))
      throw base::Error(base::Code::E105, label(c, p) + " is packed")
          .limit(std::string(base::name_of(c.operand(p).dtype())),
                 "a type that float32 converts to", "affine_select");
}

// chosen[i] = whether the element of this partition comes from the tile.
void compare_row(Operator op, const std::vector<int32_t>& values, int32_t shift, uint32_t* chosen) {
  const auto each = [&](auto compare) {
    for (size_t i = 0; i < values.size(); ++i) chosen[i] = compare(wrapping_add(values[i], shift));
  };
  switch (op) {
    case Operator::equal: return each([](int32_t v) { return v == 0; });
    case Operator::not_equal: return each([](int32_t v) { return v != 0; });
    case Operator::less: return each([](int32_t v) { return v < 0; });
    case Operator::less_equal: return each([](int32_t v) { return v <= 0; });
    case Operator::greater: return each([](int32_t v) { return v > 0; });
    default: return each([](int32_t v) { return v >= 0; });
  }
}

template <class T>
void select_row(const uint32_t* chosen, const std::byte* otherwise, std::byte* row, int64_t n) {
  T value;
  std::memcpy(&value, otherwise, sizeof value);
  T* out = reinterpret_cast<T*>(row);
  for (int64_t i = 0; i < n; ++i) out[i] = chosen[i] ? out[i] : value;
}

void run(Run& r) {
  const Call& c = r.call;
  const Bytes to = r.bytes(dst), from = r.bytes(on_true_tile);
  const std::vector<int32_t> values = affine_values(c, pattern, offset);
  const auto n = static_cast<int64_t>(values.size());
  const auto number = static_cast<float>(c.number(on_false_value));
  // Equal types stay as they are; others meet in float32 and are rounded together.
  const bool bits = to.dtype == from.dtype;
  const int element = bits ? to.element : 4;
  std::byte otherwise[4] = {};
  base::from_fp32(bits ? to.dtype : DType::fp32, number, otherwise);
  const auto select = element == 1   ? select_row<uint8_t>
                      : element == 2 ? select_row<uint16_t>
                                     : select_row<uint32_t>;
  auto* chosen = reinterpret_cast<uint32_t*>(Run::scratch(0, n));
  auto* row_bytes = reinterpret_cast<std::byte*>(Run::scratch(1, n));
  for (int row = 0; row < to.rows(); ++row) {
    compare_row(c.op(cmp_op), values, affine_shift(c, channel_multiplier, row), chosen);
    if (bits) {
      gather_bits(from, row, 1, row_bytes);
      select(chosen, otherwise, row_bytes, n);
      scatter_bits(to, row, 1, row_bytes);
    } else {
      auto* floats = reinterpret_cast<float*>(row_bytes);
      const float* read = read_rows(from, row, 1, floats);
      if (read != floats) std::copy_n(read, n, floats);
      select(chosen, otherwise, row_bytes, n);
      write_rows(to, row, 1, floats, r.rounding);
    }
  }
}

// Garbage matters only where it is chosen.
std::vector<uint8_t> undefined(const Call& c, Memory&, const UndefinedMasks& masks, int) {
  std::vector<uint8_t> mask = masks[on_true_tile];
  const std::vector<int32_t> values = affine_values(c, pattern, offset);
  std::vector<uint32_t> chosen(values.size());
  for (size_t at = 0, row = 0; at < mask.size(); at += values.size(), ++row) {
    const int32_t shift = affine_shift(c, channel_multiplier, static_cast<int>(row));
    compare_row(c.op(cmp_op), values, shift, chosen.data());
    for (size_t i = 0; i < values.size(); ++i) mask[at + i] &= static_cast<uint8_t>(chosen[i]);
  }
  return mask;
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()));
}

}  // namespace

INSTRUCTION(affine_select) {
  static const Spec spec = {
      .name = "affine_select",
      .summary = "Choose between a tile and a number by an affine pattern.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the result goes"},
                 {"pattern", ParamKind::pattern, Access::none, "", {}, "[[step, count], …]"},
                 {"channel_multiplier",
                  ParamKind::integer,
                  Access::none,
                  "",
                  {},
                  "added to the value once more for each partition"},
                 {"on_true_tile", ParamKind::tensor, Access::read, "", {}, "taken where true"},
                 {"on_false_value", ParamKind::number, Access::none, "", {}, "taken elsewhere"},
                 {"cmp_op", ParamKind::op, Access::none, "equal", Value::op(Operator::equal),
                  "how the value compares with 0"},
                 {"offset", ParamKind::integer, Access::none, "0", Value::integer(0),
                  "added to every value"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::gpsimd},
      .check = check,
      .run = run,
      .cost = cost,
      .undefined = undefined,
  };
  return spec;
}

}  // namespace trainyard::isa
