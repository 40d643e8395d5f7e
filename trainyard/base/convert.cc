// Conversions, one loop per format. The loops are in convert_loops.inc, the bits of one element in
// number_formats.inc; here a loop is looked up once per run.
#include "trainyard/base/convert.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

#include "trainyard/base/code_path.h"
#include "trainyard/base/diagnostics.h"
#include "trainyard/base/random.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace trainyard::base {
namespace {

struct ConvertLoops {
  void (*widen)(const void* src, float* dst, size_t n);
  void (*narrow)(const float* src, void* dst, size_t n);
  void (*narrow_stochastic)(const float* src, StreamKeys keys, uint32_t position, void* dst,
                            size_t n);
};

#define TRAINYARD_LOOPS "trainyard/base/convert_loops.inc"
#include "trainyard/base/code_paths.inc"

std::array<ConvertLoops, kDTypeCount> loops_of_this_host() {
  std::array<ConvertLoops, kDTypeCount> table{};
  for (int i = 0; i < kDTypeCount; ++i) {
    const DType dtype = static_cast<DType>(i);
    switch (code_path()) {
#ifdef __x86_64__
      case CodePath::avx512: table[i] = avx512::convert_loops(dtype); break;
      case CodePath::avx2: table[i] = avx2::convert_loops(dtype); break;
#endif
      default: table[i] = scalar::convert_loops(dtype);
    }
  }
  return table;
}

const ConvertLoops& loops(DType dtype) {
  static const auto table = loops_of_this_host();
  const ConvertLoops& found = table[static_cast<size_t>(dtype)];
  if (!found.widen && dtype != DType::fp32) {
    throw Error(Code::B001, fmt::format("{} is converted element by element", name_of(dtype)));
  }
  return found;
}

constexpr size_t kChunk = 1024;  // fp4 codes that are buffered at a time

}  // namespace

void to_fp32(DType dtype, const void* src, float* dst, size_t n) {
  if (dtype == DType::fp32) {
    if (n) std::memmove(dst, src, n * sizeof(float));
    return;
  }
  loops(dtype).widen(src, dst, n);
}

void from_fp32(DType dtype, const float* src, void* dst, size_t n, const Rounding& rounding,
               uint64_t first_element) {
  if (dtype == DType::fp32) {
    if (n) std::memmove(dst, src, n * sizeof(float));
    return;
  }
  const ConvertLoops& found = loops(dtype);
  if (!rounding.stochastic || !found.narrow_stochastic) return found.narrow(src, dst, n);
  auto to = static_cast<unsigned char*>(dst);
  while (n > 0) {
    const size_t count = std::min<uint64_t>(n, elements_under_keys(first_element));
    found.narrow_stochastic(src, stream_keys(rounding.seed, rounding.stream, first_element),
                            static_cast<uint32_t>(first_element), to, count);
    first_element += count;
    src += count;
    to += count * size_of(dtype);
    n -= count;
  }
}

float to_fp32(DType dtype, const void* src) {
  float value;
  to_fp32(dtype, src, &value, 1);
  return value;
}

void from_fp32(DType dtype, float value, void* dst) { from_fp32(dtype, &value, dst, 1); }

void unpack_fp32(DType pack, const void* src, float* dst, size_t n) {
  if (pack != DType::fp4_e2m1_x4) return to_fp32(pack_element(pack), src, dst, 4 * n);
  auto bytes = static_cast<const uint8_t*>(src);
  uint8_t codes[kChunk];
  for (size_t done = 0; done < 4 * n; done += kChunk) {
    const size_t count = std::min(kChunk, 4 * n - done);
    for (size_t i = 0; i < count; i += 2) {
      codes[i] = bytes[(done + i) / 2] & 0xf;
      codes[i + 1] = bytes[(done + i) / 2] >> 4;
    }
    to_fp32(DType::fp4_e2m1, codes, dst + done, count);
  }
}

void pack_fp32(DType pack, const float* src, void* dst, size_t n) {
  if (pack != DType::fp4_e2m1_x4) return from_fp32(pack_element(pack), src, dst, 4 * n);
  auto bytes = static_cast<uint8_t*>(dst);
  uint8_t codes[kChunk];
  for (size_t done = 0; done < 4 * n; done += kChunk) {
    const size_t count = std::min(kChunk, 4 * n - done);
    from_fp32(DType::fp4_e2m1, src + done, codes, count);
    for (size_t i = 0; i < count; i += 2) {
      bytes[(done + i) / 2] = static_cast<uint8_t>(codes[i] | codes[i + 1] << 4);
    }
  }
}

}  // namespace trainyard::base
