// Two generators. Philox turns (seed, stream) into keys, once a run. Each element's number then
// goes through three rounds of multiplication and shifts under those keys: Philox itself is twice
// as slow a word, too slow for rounding every output of a simulated chip.
#include "trainyard/base/random.h"

#include <algorithm>

#include "trainyard/base/code_path.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace trainyard::base {
namespace {

uint32_t low_half(uint64_t x) { return static_cast<uint32_t>(x); }
uint32_t high_half(uint64_t x) { return static_cast<uint32_t>(x >> 32); }

#define TRAINYARD_LOOPS "trainyard/base/random_loops.inc"
#include "trainyard/base/code_paths.inc"

auto random_vectors_of_this_host() {
  switch (code_path()) {
#ifdef __x86_64__
    case CodePath::avx512: return avx512::random_vectors;
    case CodePath::avx2: return avx2::random_vectors;
#endif
    default: return scalar::random_vectors;
  }
}

}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * counter[0], p1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {high_half(p1) ^ counter[1] ^ key[0], low_half(p1),
               high_half(p0) ^ counter[3] ^ key[1], low_half(p0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

StreamKeys stream_keys(uint64_t seed, uint64_t stream, uint64_t element) {
  return philox4x32({low_half(stream), high_half(stream), high_half(element), 0},
                    {low_half(seed), high_half(seed)});
}

uint32_t random_bits(uint64_t seed, uint64_t stream, uint64_t element) {
  return scalar::mixed(low_half(element), stream_keys(seed, stream, element));
}

void random_run(uint64_t seed, uint64_t stream, uint64_t first, uint32_t* dst, size_t n) {
  static const auto random_vectors = random_vectors_of_this_host();
  constexpr size_t kMostLanes = 16;
  while (n > 0) {
    const size_t count = std::min<uint64_t>(n, elements_under_keys(first));
    const StreamKeys keys = stream_keys(seed, stream, first);
    const size_t whole = count / kMostLanes * kMostLanes;
    random_vectors(keys, low_half(first), dst, whole);
    uint32_t rest[kMostLanes];
    random_vectors(keys, low_half(first + whole), rest, count - whole);
    std::copy_n(rest, count - whole, dst + whole);
    first += count;
    dst += count;
    n -= count;
  }
}

}  // namespace trainyard::base
