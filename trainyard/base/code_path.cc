// The choice is made once, at first use, and never changes within a process.
#include "trainyard/base/code_path.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace trainyard::base {
namespace {

CodePath best_of_host() {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
    return CodePath::avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return CodePath::avx2;
#endif
  return CodePath::scalar;
}

CodePath chosen() {
  const CodePath best = best_of_host();
  const char* wanted = std::getenv("TRAINYARD_SIMD");
  if (!wanted) return best;
  for (CodePath path : {CodePath::scalar, CodePath::avx2}) {
    if (code_path_name(path) == std::string_view(wanted)) return std::min(path, best);
  }
  return best;
}

}  // namespace

CodePath code_path() {
  static const CodePath path = chosen();
  return path;
}

const char* code_path_name(CodePath path) {
  switch (path) {
    case CodePath::avx512: return "avx512";
    case CodePath::avx2: return "avx2";
    default: return "scalar";
  }
}

}  // namespace trainyard::base
