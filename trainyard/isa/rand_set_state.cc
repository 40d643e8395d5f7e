// rand_set_state: the states of an engine's random generators set lane by lane.

#include <algorithm>

#include "trainyard/isa/generators.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { src_seeds, engine };

constexpr std::string_view kDoc = R"(
Each partition of src_seeds becomes the state of its lane's generators: x, y, z, w, v and d of each
(see rng), one generator on GpSimd and four on Vector. Other lanes keep theirs.

Memory types: SBUF.
Data types: uint32.
Layout: [P, 6] on GpSimd, [P, 24] on Vector; it must have been written.
Limits: NeuronCore-v3 for GpSimd, NeuronCore-v4 for Vector. The order of a state's words is not
  documented.
Cost: not published; an estimate from the engine's law: a cycle a word.
Sources: nki.isa.rand_set_state (SDK 2.32), A4.
)";

void check(const Call& c) {
  check_states(c, src_seeds);
  buffer_in(c, src_seeds, {Buffer::sbuf});
}

void run(Run& r) {
  require_defined_states(r, src_seeds);
  const Bytes from = r.bytes(src_seeds);
  Generators generators(r);
  const int first = r.call.operand(src_seeds).start_partition();
  for (int row = 0; row < from.rows(); ++row)
    gather_bits(from, row, 1, reinterpret_cast<std::byte*>(generators.lane(first + row)));
}

Cost cost(const Call& c) { return lane_cost(c, generator_words(c)); }

}  // namespace

INSTRUCTION(rand_set_state) {
  static const Spec spec = {
      .name = "rand_set_state",
      .summary = "Set the states of an engine's random generators.",
      .doc = kDoc,
      .params = {{"src_seeds", ParamKind::tensor, Access::read, "", {}, "a state a partition"},
                 {"engine", ParamKind::engine, Access::none, "engine.gpsimd",
                  Value::integer(static_cast<int64_t>(Engine::gpsimd)), "gpsimd or vector"},
                 {"name", ParamKind::name, Access::none, "None"}},
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
