// The random generators of the Vector and GpSimd Engines: Marsaglia's XORWOW, one a lane on GpSimd
// and four on Vector, which outlive the instruction.
#pragma once

#include <cstdint>

#include "trainyard/isa/run.h"

namespace trainyard::isa {

inline constexpr int kGeneratorWords = 6;  ///< x, y, z, w, v and the counter d

/// Words of state of a lane of the call's engine: 6 on GpSimd, 24 on Vector.
int generator_words(const Call& call);

/// A tile of states is uint32 (E105), two-dimensional, with a lane's words in each row (E110); the
/// Vector Engine gives and takes states from NeuronCore-v4 on (E113).
void check_states(const Call& call, int param);

/// Seeds and states have been written (E211): all random numbers to come depend on them.
void require_defined_states(Run& run, int param);

class Generators {
 public:
  /// Those of the call's engine. The first use in a run seeds them from the run's seed.
  explicit Generators(Run& run);

  /// The state of a lane: that of its generators one after the other.
  uint32_t* lane(int lane) { return &words_[lane * per_lane_]; }
  /// Sets all lanes as a function of the seed and the engine alone.
  void seed(uint32_t seed);
  /// The next n words of a lane; of its four generators, word i is drawn by generator i % 4.
  void draw(int lane, uint32_t* out, int64_t n);

 private:
  void fill(uint64_t seed, uint64_t stream);

  const uint64_t engine_;
  const int per_lane_;
  std::vector<uint32_t>& words_;
};

/// The upper 24 bits as a number from 0 up to, but not including, 1.
inline float uniform(uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

}  // namespace trainyard::isa
