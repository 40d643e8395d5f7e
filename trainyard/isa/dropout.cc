// dropout: elements replaced with zeros at random, on the Vector Engine.

#include <fmt/format.h>

#include <cstring>

#include "trainyard/isa/generators.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/row_scalars.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, data, prob };

constexpr std::string_view kDoc = R"(
dst = data, with each element replaced by 0 with probability prob: where u < prob, for a random
number u from 0 up to, but not including, 1. u is the upper 24 bits of the next random word of the
partition's lane (see rng), one for each element. Elements that stay are not scaled.

Memory types: SBUF or PSUM.
Data types: any, the same on both sides; bits are copied. A tile as prob is [P, 1] and float32 if
  data is an integer, else of a floating type.
Limits: a number as prob is from 0 to 1. In a tile, what is 1 or more drops all of a partition and
  what is 0 or less nothing. How the chip compares is not documented.
Layout: equal partitions and equal elements per partition.
Cost: max(64, N) cycles.
NumPy: dst[...] = np.where(random(data.shape) < prob, 0, data)
Sources: nki.isa.dropout (SDK 2.32); cost ISA26.
)";

void check(const Call& c) {
  same_elements(c, {dst, data});
  same_dtype(c, {data, dst});
  row_scalar(c, prob, data, !base::is_integer(c.operand(data).dtype()));
  if (!c.is_tensor(prob) && !(c.number(prob) >= 0 && c.number(prob) <= 1))
    refuse_argument(c, prob, fmt::format("{}", c.number(prob)), "0 to 1");
}

void run(Run& r) {
  const Bytes to = r.bytes(dst);
  Bytes from = r.bytes(data);
  std::vector<std::byte> copy;
  if (overlaps_elsewhere(to, from)) from = detached(from, copy);
  const RowScalars limit(r, prob, to.rows());
  const int64_t n = to.row_elements();
  const int size = to.element;
  Generators generators(r);
  std::vector<uint32_t> words(n);
  std::vector<std::byte> row_bytes(n * size);
  for (int row = 0; row < to.rows(); ++row) {
    generators.draw(r.call.operand(data).start_partition() + row, words.data(), n);
    gather_bits(from, row, 1, row_bytes.data());
    for (int64_t i = 0; i < n; ++i)
      if (uniform(words[i]) < limit[row]) std::memset(&row_bytes[i * size], 0, size);
    scatter_bits(to, row, 1, row_bytes.data());
  }
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()), 1,
                   c.is_tensor(prob) ? lane_engine(c).pointer_scalar_cycles : 0);
}

}  // namespace

INSTRUCTION(dropout) {
  static const Spec spec = {
      .name = "dropout",
      .summary = "Replace elements with zeros at random.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "where the result goes"},
                 {"data", ParamKind::tensor, Access::read, "", {}, "the input tile"},
                 {"prob", ParamKind::tensor_or_number, Access::read, "", {}, "how often, 0 to 1"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .evidence = Evidence::approximate,
      .engines = {Engine::vector},
      .check = check,
      .run = run,
      .cost = cost,
      .uses_generators = true,
  };
  return spec;
}

}  // namespace trainyard::isa
