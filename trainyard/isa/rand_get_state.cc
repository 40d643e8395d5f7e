// rand_get_state: the states of an engine's random generators copied to a tile.

#include "trainyard/isa/generators.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { dst, engine };

constexpr std::string_view kDoc = R"(
Each partition of dst becomes the state of its lane's generators, as rand_set_state takes it: what
is stored and set again later gives the same numbers again.

Memory types: SBUF; on NeuronCore-v4 the Vector Engine stores to PSUM, too.
Data types: uint32.
Layout: [P, 6] on GpSimd, [P, 24] on Vector.
Limits: NeuronCore-v3 for GpSimd, NeuronCore-v4 for Vector.
Cost: not published; an estimate from the engine's law: a cycle a word.
Sources: nki.isa.rand_get_state (SDK 2.32), A4.
)";

void check(const Call& c) { check_states(c, dst); }

void run(Run& r) {
  const Bytes to = r.bytes(dst);
  Generators generators(r);
  const int first = r.call.operand(dst).start_partition();
  for (int row = 0; row < to.rows(); ++row)
    scatter_bits(to, row, 1, reinterpret_cast<const std::byte*>(generators.lane(first + row)));
}

Cost cost(const Call& c) { return lane_cost(c, generator_words(c)); }

}  // namespace

INSTRUCTION(rand_get_state) {
  static const Spec spec = {
      .name = "rand_get_state",
      .summary = "Store the states of an engine's random generators.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "a state a partition"},
                 {"engine", ParamKind::engine, Access::none, "engine.gpsimd",
                  Value::integer(static_cast<int64_t>(Engine::gpsimd)), "gpsimd or vector"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .evidence = Evidence::approximate,
      .engines = {Engine::gpsimd, Engine::vector},
      .version = 3,
      .check = check,
      .run = run,
      .cost = cost,
      .uses_generators = true,
  };
  return spec;
}

}  // namespace trainyard::isa
