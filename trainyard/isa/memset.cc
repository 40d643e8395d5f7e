// memset: a tile filled with a constant.

#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"

namespace trainyard::isa {

namespace {

enum { dst, value, engine };

constexpr std::string_view kDoc = R"(
Every element of dst becomes `value`.

Memory types: SBUF or PSUM; SBUF only on GpSimd.
Data types: any; `value` must be representable: an integer for integer tiles, 0 for packed types.
  A float such as 2.0 for an integer tile is an error of NKI 0.3 and later, which compiled kernels
  make all the same: a note, and an error with --nki.
Cost: max(64, N) cycles; N/2 for zeros of a 16-bit float.
NumPy: dst[...] = value
Sources: nki.isa.memset (SDK 2.32); cost ISA26.
)";

void check(const Call& c) {
  const DType d = c.operand(dst).dtype();
  const double v = c.number(value);
  const auto refuse = [&](std::string allowed) {
    throw base::Error(base::Code::E111,
                      fmt::format("memset: value {} does not fit {}", v, base::name_of(d)))
        .limit(fmt::format("{}", v), std::move(allowed), "memset");
  };
  if (base::is_pack(d) && v != 0) refuse("0 (packed types)");
  if (!base::is_integer(d)) return;
  if (c.value(value).kind == Value::Kind::number)
    c.tables().strictness.refuse_since(
        3, base::Error(base::Code::E106,
                       fmt::format("memset: value {:#} is a float, dst is {}", v, base::name_of(d)))
               .limit("float", "int", "memset, NKI 0.3 and later")
               .fix(fmt::format("Pass an integer, e.g. {:.0f}.", v)));
  const double max = base::max_finite(d);
  const bool is_signed = d == DType::i8 || d == DType::i16 || d == DType::i32;
  if (v != std::floor(v) || v > max || v < (is_signed ? -max - 1 : 0.0))
    refuse(fmt::format("an integer from {:.0f} to {:.0f}", is_signed ? -max - 1 : 0.0, max));
}

void run(Run& r) {
  const Bytes to = r.bytes(dst);
  // One element in the tile's own type, repeated: integers above 2^24 must not pass through fp32.
  std::byte one[4] = {};
  if (base::is_integer(to.dtype)) {
    const auto bits = static_cast<uint32_t>(static_cast<int64_t>(r.call.number(value)));
    std::memcpy(one, &bits, to.element);
  } else if (!base::is_pack(to.dtype)) {
    base::from_fp32(to.dtype, static_cast<float>(r.call.number(value)), one);
  }
  fill_bits(to, one);
}

Cost cost(const Call& c) {
  const OperandView d = c.operand(dst);
  const bool half = c.number(value) == 0 && (d.dtype() == DType::bf16 || d.dtype() == DType::fp16);
  return lane_cost(c, static_cast<double>(d.free_elements()), half ? 2 : 1);
}

}  // namespace

INSTRUCTION(memset) {
  static const Spec spec = {
      .name = "memset",
      .summary = "Fill a tile with a constant.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "the tile to fill"},
                 {"value", ParamKind::number, Access::none, "", {}, "the constant"},
                 {"engine", ParamKind::engine, Access::none, "engine.unknown", Value::integer(0),
                  "vector or gpsimd; open by default"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .engines = {Engine::vector, Engine::gpsimd},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
