// Which elementwise work has a direct loop, and the scalars of that loop.

#include "trainyard/isa/direct.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "trainyard/base/code_path.h"

namespace trainyard::isa {

namespace {

// (x * multiply[0] + add[0]) * multiply[1] + add[1], or two bounds. The defaults change nothing.
struct DirectScalars {
  float multiply[2] = {1, 1};
  float add[2] = {-0.0f, -0.0f};
  float bound[2] = {};
};
enum class DirectShape { scale_shift, shift_scale, affine, min_max, max_min };

using DirectBoth = void (*)(const void* a, const void* b, void* to, size_t n);
using DirectScalar = void (*)(const void* from, const DirectScalars& s, void* to, size_t n);

#define TRAINYARD_LOOPS "trainyard/isa/direct_loops.inc"
#include "trainyard/base/code_paths.inc"

#ifdef __x86_64__
#define ON_THIS_PATH(call)                            \
  switch (base::code_path()) {                        \
    case base::CodePath::avx512: return avx512::call; \
    case base::CodePath::avx2: return avx2::call;     \
    default: return scalar::call;                     \
  }
#else
#define ON_THIS_PATH(call) return scalar::call;
#endif
DirectBoth loop_of(Operator op, bool a, bool b,
                   bool out){ON_THIS_PATH(direct_both(op, a, b, out))} DirectScalar
    loop_of(DirectShape shape, bool in, bool out) {
  ON_THIS_PATH(direct_scalar(shape, in, out))
}
#undef ON_THIS_PATH

bool is_bf16(const Bytes& a) { return a.dtype == DType::bf16; }

bool is_plain(const Bytes& a) { return (a.dtype == DType::fp32 || is_bf16(a)) && a.row_packed(); }

bool can_write(const Run& run, const Bytes& out) {
  return is_plain(out) && !(is_bf16(out) && run.rounding.stochastic);
}

bool can_read(const Bytes& out, const Bytes& in) {
  return is_plain(in) && !overlaps_elsewhere(out, in);
}

bool multiplies(const ScalarStep& s) { return s.op == Operator::multiply; }
bool adds(const ScalarStep& s) {
  return s.op == Operator::add || (s.op == Operator::subtract && !s.reverse);
}
bool is_affine(const ScalarStep& s) {
  return multiplies(s) || adds(s) || s.op == Operator::subtract;
}

std::optional<DirectShape> shape_of(const ScalarStep& first,
                                    const std::optional<ScalarStep>& second) {
  if (multiplies(first) && (!second || adds(*second))) return DirectShape::scale_shift;
  if (adds(first) && (!second || multiplies(*second))) return DirectShape::shift_scale;
  if (is_affine(first) && (!second || is_affine(*second))) return DirectShape::affine;
  if (!second || first.reverse || second->reverse) return std::nullopt;
  if (first.op == Operator::minimum && second->op == Operator::maximum) return DirectShape::min_max;
  if (first.op == Operator::maximum && second->op == Operator::minimum) return DirectShape::max_min;
  return std::nullopt;
}

void set(DirectScalars& s, int i, const ScalarStep& step, int row) {
  const float value = step.scalar[row];
  s.bound[i] = value;
  if (step.op == Operator::multiply) s.multiply[i] = value;
  if (step.op == Operator::add) s.add[i] = value;
  if (step.op == Operator::subtract) {  // x - s = x + -s, and s - x = x * -1 + s
    s.multiply[i] = step.reverse ? -1.0f : 1.0f;
    s.add[i] = step.reverse ? value : -value;
  }
}

}  // namespace

bool run_direct(Run& run, Operator op, int dst, int a, int b) {
  const Bytes out = run.bytes(dst), x = run.bytes(a), y = run.bytes(b);
  if (!can_write(run, out) || !can_read(out, x) || !can_read(out, y)) return false;
  const DirectBoth loop = loop_of(op, is_bf16(x), is_bf16(y), is_bf16(out));
  if (!loop) return false;
  if (out.packed() && x.packed() && y.packed()) {
    loop(x.data, y.data, out.data, out.elements());
    return true;
  }
  for (int r = 0; r < out.rows(); ++r) loop(x.row(r), y.row(r), out.row(r), out.row_elements());
  return true;
}

bool run_direct(Run& run, int dst, int data, const ScalarStep& first,
                const std::optional<ScalarStep>& second) {
  constexpr int64_t kShortRow = 32;  // below, a call a row costs more than a pass over scratch
  const std::optional<DirectShape> shape = shape_of(first, second);
  if (!shape) return false;
  const Bytes out = run.bytes(dst), x = run.bytes(data);
  if (!can_write(run, out) || !can_read(out, x)) return false;
  const bool uniform = first.scalar.uniform() && (!second || second->scalar.uniform());
  const bool at_once = uniform && out.packed() && x.packed();
  if (!at_once && out.row_elements() < kShortRow) return false;
  const DirectScalar loop = loop_of(*shape, is_bf16(x), is_bf16(out));
  for (int r = 0; r < (at_once ? 1 : out.rows()); ++r) {
    DirectScalars s;
    set(s, 0, first, r);
    if (second) set(s, 1, *second, r);
    loop(x.row(r), s, out.row(r), at_once ? out.elements() : out.row_elements());
  }
  return true;
}

}  // namespace trainyard::isa
