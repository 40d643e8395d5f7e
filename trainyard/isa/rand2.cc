// rand2: random numbers of a range, on the Vector Engine.

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/isa/generators.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, min, max };

constexpr std::string_view kDoc = R"(
Every element of dst becomes min + u * (max - min), where u is the upper 24 bits of the next random
word of its partition's lane, a number from 0 up to, but not including, 1. The generators are those
of rng.

Memory types: SBUF or PSUM.
Data types: float8_e4m3, float8_e5m2, float16, bfloat16, float32, tfloat32, and integers of 8, 16
  and 32 bits, computed in float32 and converted. min and max are numbers or float32 [P, 1] tiles.
Limits: min < max. How bits become numbers is not documented. NeuronCore-v4.
Cost: not published; an estimate from four words a cycle (A4): N/4 cycles.
NumPy: dst[...] = uniform(min, max)
Sources: nki.isa.rand2 (SDK 2.32), A4.
)";

[[noreturn]] void refuse_range(const Call& c, float low, float high) {
  refuse_argument(c, min, fmt::format("{}, max {}", low, high), "below max");
}

void check(const Call& c) {
  dtype_in(c, dst,
           {DType::fp8_e4m3, DType::fp8_e5m2, DType::fp16, DType::bf16, DType::fp32, DType::tf32,
            DType::i8, DType::i16, DType::i32, DType::u8, DType::u16, DType::u32});
  for (int param : {min, max}) row_scalar(c, param, dst);
  if (c.is_tensor(min) || c.is_tensor(max)) return;
  const auto low = static_cast<float>(c.number(min)), high = static_cast<float>(c.number(max));
  if (!(low < high)) refuse_range(c, low, high);
}

void run(Run& r) {
  const Bytes to = r.bytes(dst);
  const int64_t n = to.row_elements();
  const RowScalars low(r, min, to.rows()), high(r, max, to.rows());
  // A lane that nobody has written holds any range, and nobody uses it.
  const bool strict = (!r.call.is_tensor(min) || !r.memory.undefined(r.call, r.call.slot(min))) &&
                      (!r.call.is_tensor(max) || !r.memory.undefined(r.call, r.call.slot(max)));
  Generators generators(r);
  std::vector<uint32_t> words(n);
  for (int row = 0; row < to.rows(); ++row) {
    const float a = low[row], b = high[row];
    if (strict && !(a < b)) refuse_range(r.call, a, b);
    generators.draw(r.call.operand(dst).start_partition() + row, words.data(), n);
    float* out = rows_for_writing(to, row, 1, Run::scratch(0, n));
    for (int64_t i = 0; i < n; ++i) out[i] = std::min(a + uniform(words[i]) * (b - a), b);
    write_rows(to, row, 1, out, r.rounding);
  }
}

Cost cost(const Call& c) {
  const bool pointer = c.is_tensor(min) || c.is_tensor(max);
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()),
                   generator_words(c) / kGeneratorWords,
                   pointer ? lane_engine(c).pointer_scalar_cycles : 0);
}

}  // namespace

INSTRUCTION(rand2) {
  static const Spec spec = {
      .name = "rand2",
      .summary = "Fill a tile with random numbers of a range.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "the tile to fill"},
                 {"min", ParamKind::tensor_or_number, Access::read, "", {}, "the smallest number"},
                 {"max", ParamKind::tensor_or_number, Access::read, "", {}, "the largest number"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .evidence = Evidence::approximate,
      .engines = {Engine::vector},
      .version = 4,
      .check = check,
      .run = run,
      .cost = cost,
      .uses_generators = true,
  };
  return spec;
}

}  // namespace trainyard::isa
