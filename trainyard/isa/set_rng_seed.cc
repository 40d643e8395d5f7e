// set_rng_seed: all generators of the Vector Engine set from one number.

#include "trainyard/isa/generators.h"
#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

enum { src_seeds };

constexpr std::string_view kDoc = R"(
Sets the generators of all lanes of the Vector Engine: the same seed gives the same numbers, on any
core. How the chip makes states of a seed is not documented; here they are random bits under it
(docs/numbers.md), so that lanes differ.

Memory types: SBUF or PSUM.
Data types: int32, uint32 or float32, taken as 32 bits.
Layout: [1, 1]; it must have been written.
Cost: not published; an estimate from the Vector Engine's law for one element.
Sources: nki.isa.set_rng_seed (SDK 2.32).
)";

void check(const Call& c) {
  dtype_in(c, src_seeds, {DType::i32, DType::u32, DType::fp32});
  const OperandView v = c.operand(src_seeds);
  if (v.elements() != 1)
    throw base::Error(base::Code::E110, label(c, src_seeds) + " has more than one element")
        .limit(std::to_string(v.elements()), "1", "set_rng_seed")
        .note(v.describe());
}

void run(Run& r) {
  require_defined_states(r, src_seeds);
  uint32_t seed;
  gather_bits(r.bytes(src_seeds), 0, 1, reinterpret_cast<std::byte*>(&seed));
  Generators(r).seed(seed);
}

Cost cost(const Call& c) { return lane_cost(c, 1); }

}  // namespace

INSTRUCTION(set_rng_seed) {
  static const Spec spec = {
      .name = "set_rng_seed",
      .summary = "Seed the random generators of the Vector Engine.",
      .doc = kDoc,
      .params = {{"src_seeds", ParamKind::tensor, Access::read, "", {}, "the seed, [1, 1]"},
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
