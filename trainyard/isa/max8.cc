// max8: the eight largest values of each partition.

#include <algorithm>
#include <limits>

#include "trainyard/isa/laws.h"
#include "trainyard/isa/rules.h"
#include "trainyard/isa/run.h"
#include "trainyard/isa/search8.h"

namespace trainyard::isa {

namespace {

enum { dst, src };

constexpr std::string_view kDoc = R"(
dst[p] = the eight largest values of src[p], largest first; equal values count each.

Memory types: SBUF or PSUM.
Data types: any; values compare in float32 and convert to dst's type. NaNs are passed over (what the
  chip does with them is not documented).
Layout: src has up to three dimensions and 8 to 16384 elements per partition; dst is [P, 8].
Cost: N cycles.
NumPy: dst[...] = sort(src.reshape(P, -1), axis=1)[:, :-9:-1]
Sources: nki.isa.max8 (SDK 2.32); cost ISA26.
)";

void check(const Call& c) {
  check_searched(c, src);
  check_eight(c, dst, src);
  if (c.operand(dst).layout->ndim != 2)
    throw base::Error(base::Code::E110, label(c, dst) + " is not two-dimensional")
        .limit(std::to_string(c.operand(dst).layout->ndim), "2", "max8")
        .note(c.operand(dst).describe());
}

// Most elements do not reach the smallest of the eight, so small blocks are compared with it first.
void largest(const float* row, int64_t n, float* top) {
  constexpr int64_t kBlock = 16;
  std::fill_n(top, kFound, -std::numeric_limits<float>::infinity());
  for (int64_t first = 0; first < n; first += kBlock) {
    const int64_t end = std::min(n, first + kBlock);
    int above = 0;
    for (int64_t i = first; i < end; ++i) above += row[i] > top[kFound - 1];
    if (!above) continue;
    for (int64_t i = first; i < end; ++i) {
      if (!(row[i] > top[kFound - 1])) continue;
      int64_t at = kFound - 1;
      for (; at > 0 && row[i] > top[at - 1]; --at) top[at] = top[at - 1];
      top[at] = row[i];
    }
  }
}

void run(Run& r) {
  const Bytes to = r.bytes(dst), from = r.bytes(src);
  const int64_t n = from.row_elements();
  for (int row = 0; row < to.rows(); ++row) {
    float top[kFound];
    largest(read_rows(from, row, 1, Run::scratch(0, n)), n, top);
    write_rows(to, row, 1, top, r.rounding);
  }
}

Cost cost(const Call& c) {
  return lane_cost(c, static_cast<double>(c.operand(src).free_elements()));
}

}  // namespace

INSTRUCTION(max8) {
  static const Spec spec = {
      .name = "max8",
      .summary = "Find the eight largest values of each partition.",
      .doc = kDoc,
      .params = {{"dst", ParamKind::tensor, Access::write, "", {}, "[P, 8], largest first"},
                 {"src", ParamKind::tensor, Access::read, "", {}, "what is searched"},
                 {"name", ParamKind::name, Access::none, "None"}},
      .definedness = Definedness::rows,
      .engines = {Engine::vector},
      .check = check,
      .run = run,
      .cost = cost,
  };
  return spec;
}

}  // namespace trainyard::isa
