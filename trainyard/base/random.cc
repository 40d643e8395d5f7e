// Philox4x32: a counter and a key go through rounds of 32-bit multiplications. One call gives the
// bits of four neighbouring elements.
#include "trainyard/base/random.h"

namespace trainyard::base {

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * counter[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(p0)};
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
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
  for (size_t i = 0; i < n; ++i) dst[i] = random_bits(seed, stream, first + i);
}

}  // namespace trainyard::base
