// The functions' entry points. The arithmetic is in elementary.inc, activations.inc and power.inc,
// compiled per code path; here the path of this host is picked once.
#include "trainyard/base/functions.h"

#include <cstdint>

#include "trainyard/base/code_path.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace trainyard::base {
namespace {

struct Functions {
#define FUNCTION(name) UnaryRun name;
#include "trainyard/base/functions.list"
#undef FUNCTION
  void (*power)(const float* x, const float* e, float* y, size_t n);
};

#define TRAINYARD_LOOPS "trainyard/base/functions_loops.inc"
#include "trainyard/base/code_paths.inc"

const Functions& functions() {
  static const Functions chosen = [] {
    switch (code_path()) {
#ifdef __x86_64__
      case CodePath::avx512: return avx512::kFunctions;
      case CodePath::avx2: return avx2::kFunctions;
#endif
      default: return scalar::kFunctions;
    }
  }();
  return chosen;
}

}  // namespace

#define FUNCTION(name) \
  void name##_run(const float* x, float* y, size_t n) { functions().name(x, y, n); }
#include "trainyard/base/functions.list"
#undef FUNCTION

void power_run(const float* x, const float* e, float* y, size_t n) {
  functions().power(x, e, y, n);
}

UnaryRun function_named(std::string_view name) {
#define FUNCTION(candidate) \
  if (name == #candidate) return candidate##_run;
#include "trainyard/base/functions.list"
#undef FUNCTION
  return nullptr;
}

}  // namespace trainyard::base
