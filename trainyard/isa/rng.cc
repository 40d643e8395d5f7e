// rng: random bits, on the Vector or GpSimd Engine.

#include "trainyard/isa/generators.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, engine };

constexpr std::string_view kDoc = R"(
Every element of dst becomes the low bits of the next 32 random ones of its partition's lane.

Generators: XORWOW, one a lane on GpSimd and four on Vector, of which generator i % 4 draws element
  i. Each keeps x, y, z, w, v and a counter d, in this order; a step is t = x ^ (x >> 2); x, y, z, w
  = y, z, w, v; v = v ^ (v << 4) ^ t ^ (t << 1); d += 362437, and its word is d + v. Before v4 the
  Vector Engine's bits come from another generator (an LFSR) that is not public: there, and where
  nothing has set a state, they are ours. They depend on the run's seed, the core and the order of
  the instructions, never on time or threads.
Memory types: SBUF or PSUM; SBUF only on GpSimd, which needs NeuronCore-v3.
Data types: int8, uint8, int16, uint16, int32 or uint32.
Cost: not published; an estimate from the engine's law: N cycles on GpSimd and, with four words a
  cycle (documented for v4), N/4 on Vector.
Sources: nki.isa.rng (SDK 2.32), A4; Marsaglia, Xorshift RNGs (2003).
)";

void check(const Call& c) {
  if (c.engine() == Engine::gpsimd) needs_version(c, 3, "rng on the GpSimd Engine");
  dtype_integer(c, dst);
}

void run(Run& r) {
  const Bytes to = r.bytes(dst);
  const int64_t n = to.row_elements();
  Generators generators(r);
  std::vector<uint32_t> words(n);
  for (int row = 0; row < to.rows(); ++row) {
    generators.draw(r.call.operand(dst).start_partition() + row, words.data(), n);
    write_words(to, row, 1, words.data());
  }
}

Cost cost(const Call& c) {
  const int rate = generator_words(c) / kGeneratorWords;
  return lane_cost(c, static_cast<double>(c.operand(dst).free_elements()), rate);
}

}  // namespace

INSTRUCTION(rng) {
  static const Spec spec = {
      .name = "rng",
      .summary = "Fill a tile with random bits.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "the tile to fill"},
                 {"engine", ParamKind::engine, Access::none, "engine.vector",
                  Value::integer(static_cast<int64_t>(Engine::vector)), "vector or gpsimd"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .evidence = Evidence::approximate,
      .engines = {Engine::vector, Engine::gpsimd},
      .check = check,
      .run = run,
      .cost = cost,
      .uses_generators = true,
  };
  return spec;
}

}  // namespace trainyard::isa
