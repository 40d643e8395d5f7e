// XORWOW: G. Marsaglia, "Xorshift RNGs", Journal of Statistical Software 8 (2003). The documents
// name the algorithm and the size of its state; the order of the words is ours, as is how a seed
// becomes states.

#include "trainyard/isa/generators.h"

#include "trainyard/base/random.h"
#include "trainyard/isa/rules.h"

namespace trainyard::isa {

namespace {

// Streams of random bits that no instruction rounds with: their numbers have 32 bits.
constexpr uint64_t kUnseeded = uint64_t{1} << 39, kSeeded = uint64_t{3} << 38;

// One step of a generator: its next word.
uint32_t step(uint32_t* s) {
  const uint32_t t = s[0] ^ s[0] >> 2;
  for (int i = 0; i < 4; ++i) s[i] = s[i + 1];
  s[4] = (s[4] ^ s[4] << 4) ^ (t ^ t << 1);
  s[5] += 362437;
  return s[5] + s[4];
}

}  // namespace

int generator_words(const Call& call) {
  return call.engine() == Engine::gpsimd ? kGeneratorWords : 4 * kGeneratorWords;
}

void check_states(const Call& call, int param) {
  if (call.engine() == Engine::vector)
    needs_version(call, 4, "the state of the Vector Engine's generators");
  dtype_in(call, param, {DType::u32});
  const OperandView v = call.operand(param);
  if (v.layout->ndim != 2)
    throw base::Error(base::Code::E110, label(call, param) + " is not two-dimensional")
        .limit(std::to_string(v.layout->ndim), "2", std::string(call.spec().name))
        .note(v.describe());
  free_exactly(call, param, generator_words(call));
}

void require_defined_states(Run& run, int param) {
  if (run.memory.undefined(run.call, run.call.slot(param)))
    throw base::Error(base::Code::E211, label(run.call, param) + " is undefined");
}

Generators::Generators(Run& run)
    : engine_(static_cast<uint64_t>(run.call.engine())),
      per_lane_(generator_words(run.call)),
      words_(run.call.engine() == Engine::gpsimd ? run.state.gpsimd_generators
                                                 : run.state.vector_generators) {
  if (!words_.empty()) return;
  words_.resize(static_cast<size_t>(run.call.core().partitions) * per_lane_);
  const uint64_t core = run.rounding.stream >> 40;
  fill(run.rounding.seed, core << 40 | kUnseeded | engine_);
}

void Generators::fill(uint64_t seed, uint64_t stream) {
  base::random_run(seed, stream, 0, words_.data(), words_.size());
}

void Generators::seed(uint32_t seed) { fill(seed, kSeeded | engine_); }

void Generators::draw(int lane, uint32_t* out, int64_t n) {
  uint32_t* states = this->lane(lane);
  const int count = per_lane_ / kGeneratorWords;
  for (int64_t i = 0; i < n; ++i) out[i] = step(states + i % count * kGeneratorWords);
}

}  // namespace trainyard::isa
