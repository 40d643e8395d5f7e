// Philox: a counter goes through rounds of 32-bit multiplications keyed by the seed. One call gives
// the bits of four neighbouring elements. Seven rounds pass every test of TestU01's BigCrush;
// stochastic rounding cannot afford the ten that the authors recommend as a safety margin.
#include "trainyard/base/random.h"

#include <algorithm>

#include "trainyard/base/code_path.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace trainyard::base {
namespace {

constexpr int kPhiloxRounds = 7;
constexpr uint32_t kPhiloxFactor0 = 0xD2511F53, kPhiloxFactor1 = 0xCD9E8D57;
constexpr uint32_t kPhiloxStep0 = 0x9E3779B9, kPhiloxStep1 = 0xBB67AE85;

struct RoundKeys {
  uint32_t first[kPhiloxRounds], second[kPhiloxRounds];
};

RoundKeys round_keys(uint32_t first, uint32_t second) {
  RoundKeys keys;
  for (uint32_t round = 0; round < kPhiloxRounds; ++round) {
    keys.first[round] = first + round * kPhiloxStep0;
    keys.second[round] = second + round * kPhiloxStep1;
  }
  return keys;
}

#define TRAINYARD_LOOPS "trainyard/base/random_loops.inc"
#include "trainyard/base/code_paths.inc"

struct Loop {
  decltype(&scalar::random_blocks) random_blocks;
  size_t group;  // elements
};

Loop loop() {
  switch (code_path()) {
#ifdef __x86_64__
    case CodePath::avx512: return {avx512::random_blocks, 4 * avx512::kBlocks};
    case CodePath::avx2: return {avx2::random_blocks, 4 * avx2::kBlocks};
#endif
    default: return {scalar::random_blocks, 4 * scalar::kBlocks};
  }
}

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  const RoundKeys keys = round_keys(key[0], key[1]);
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const uint64_t p0 = uint64_t{kPhiloxFactor0} * counter[0];
    const uint64_t p1 = uint64_t{kPhiloxFactor1} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ keys.first[round],
               static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ keys.second[round],
               static_cast<uint32_t>(p0)};
  }
  return counter;
}

uint32_t random_bits(uint64_t seed, uint64_t stream, uint64_t element) {
  const uint64_t block = element / 4;
  const auto words = philox4x32({static_cast<uint32_t>(block), static_cast<uint32_t>(block >> 32),
                                 static_cast<uint32_t>(stream), static_cast<uint32_t>(stream >> 32)},
                                {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  return words[element % 4];
}

void random_run(uint64_t seed, uint64_t stream, uint64_t first, uint32_t* dst, size_t n) {
  static const Loop vectorised = loop();
  const RoundKeys keys = round_keys(static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
  uint64_t block = first / 4;
  size_t skipped = first % 4;
  while (n > 0) {
    if (skipped == 0 && n >= vectorised.group) {
      const size_t groups = n / vectorised.group, elements = groups * vectorised.group;
      vectorised.random_blocks(keys, stream, block, groups, dst);
      block += elements / 4;
      dst += elements;
      n -= elements;
    } else {
      uint32_t group[64];
      vectorised.random_blocks(keys, stream, block, 1, group);
      const size_t elements = std::min(n, vectorised.group - skipped);
      std::copy_n(group + skipped, elements, dst);
      block += vectorised.group / 4;
      dst += elements;
      n -= elements;
      skipped = 0;
    }
  }
}

}  // namespace trainyard::base
