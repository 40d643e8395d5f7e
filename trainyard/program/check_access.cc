// What an access pattern must satisfy before any instruction uses it. Views obey by construction;
// a program that comes as text does not.

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "trainyard/program/program.h"

namespace trainyard::program {

using base::Code;
using base::Error;
using isa::Dim;
using isa::Indirect;
using isa::Layout;

namespace {

constexpr int64_t kElementsMax = int64_t{1} << 40;  // of an access; keeps all sums in 64 bits

[[noreturn]] void refuse(const isa::Tensor& t, std::string message, std::string found,
                         std::string allowed) {
  throw Error(Code::E122, std::move(message))
      .limit(std::move(found), std::move(allowed),
             fmt::format("{} in {}", t.name.empty() ? "the tensor" : t.name, name_of(t.buffer)));
}

// For messages: the ends of int64 where the sum lies beyond.
int64_t sum(int64_t a, int64_t b) {
  int64_t result;
  if (!__builtin_add_overflow(a, b, &result)) return result;
  return a < 0 ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
}

// How far dimensions [first, ndim) reach below and above the start.
struct Reach {
  int64_t low = 0, high = 0;
};
Reach reach(const isa::Tensor& t, const Layout& l, int first) {
  Reach r;
  for (int d = first; d < l.ndim; ++d) {
    int64_t distance;
    int64_t& end = l.dims[d].step < 0 ? r.low : r.high;
    if (__builtin_mul_overflow(l.dims[d].step, l.dims[d].count - 1, &distance) ||
        __builtin_add_overflow(end, distance, &end))
      refuse(t, "an access pattern beyond all bounds", std::to_string(l.dims[d].step),
             "the tensor");
  }
  return r;
}

void check_counts(const isa::Tensor& t, const Layout& l) {
  if (l.ndim < 1 || l.ndim > isa::kMaxDims)
    refuse(t, "dimensions of an access pattern", std::to_string(l.ndim),
           fmt::format("1 to {}", isa::kMaxDims));
  int64_t elements = 1;
  for (int d = 0; d < l.ndim; ++d) {
    const int64_t count = l.dims[d].count;
    if (count < 1) refuse(t, "a count of an access pattern", std::to_string(count), "1 or more");
    if (__builtin_mul_overflow(elements, count, &elements) || elements > kElementsMax)
      refuse(t, "elements of an access pattern", std::to_string(count), "2^40 in all");
  }
}

// Columns at offsets: the farthest lies in the partition of the first.
void check_columns(const isa::Tensor& t, const Layout& l, int64_t offset) {
  if (!isa::is_on_chip(t.buffer)) refuse(t, "columns chosen by an index", "HBM", "a tile on chip");
  const int64_t row = t.row_bytes() / static_cast<int64_t>(base::size_of(l.dtype));
  const int64_t last = offset % row + l.scale * std::max<int64_t>(0, l.limit - 1);
  if (last >= row)
    refuse(t, "the columns that an index can choose", fmt::format("up to element {}", last),
           fmt::format("0 to {}", row - 1));
  for (int d = 1; d < l.ndim; ++d)
    if (l.dims[d].step != 0)
      refuse(t, "the step of columns chosen by an index", std::to_string(l.dims[d].step), "0");
}

}  // namespace

void check_access(const Program& program, const Operand& operand, const Operand* index) {
  const isa::Tensor& t = program.tensor(operand.tensor);
  const Layout& l = program.layout(operand.layout);
  check_counts(t, l);
  const auto elements = t.bytes() / static_cast<int64_t>(base::size_of(l.dtype));
  const auto range = [&](const Reach& r, int64_t start, int64_t size, const char* what) {
    if (start < 0 || start >= size || r.low < -start || r.high >= size - start)
      refuse(t, fmt::format("the pattern reaches outside {}", what),
             fmt::format("elements {} to {}", sum(start, r.low), sum(start, r.high)),
             fmt::format("0 to {}", size - 1));
  };
  // The rows of a gather are checked when their indices are known.
  const bool gathers = l.indirect == Indirect::vector;
  range(reach(t, l, gathers ? 1 : 0), operand.offset, elements, "the tensor");
  if (isa::is_on_chip(t.buffer)) {
    const int64_t row = t.row_bytes() / static_cast<int64_t>(base::size_of(l.dtype));
    if (row < 1) refuse(t, "a partition of less than one element", "0 elements", "1 or more");
    if (l.dims[0].count > 1 && l.dims[0].step % row != 0)
      refuse(t, "the partition step of an access pattern", std::to_string(l.dims[0].step),
             fmt::format("a multiple of {}", row));
    range(reach(t, l, 1), operand.offset % row, row, "its partition");
  }
  if (l.indirect == Indirect::none) return;
  if (l.scale < 0 || l.scale > kElementsMax || l.limit < 0 || l.limit > kElementsMax ||
      (l.limit > 0 && l.scale > kElementsMax / l.limit))
    refuse(t, "scale and limit of a dynamic index", fmt::format("{} and {}", l.scale, l.limit),
           "what the tensor holds");
  const bool chooses = l.indirect == Indirect::column;
  if (chooses) check_columns(t, l, operand.offset);
  if (l.reg != kNone) {
    if (gathers || chooses || l.reg >= program.register_count())
      refuse(t, "the register of a dynamic index", std::to_string(l.reg),
             fmt::format("below {}", program.register_count()));
    return;
  }
  const Layout& of_index = program.layout(index->layout);
  if (of_index.indirect != Indirect::none)
    refuse(t, "an index with a dynamic index of its own", "dynamic", "static");
  check_access(program, *index, nullptr);
  if (gathers && of_index.elements() < l.dims[0].count)
    refuse(t, "one index per row is needed", std::to_string(of_index.elements()),
           std::to_string(l.dims[0].count));
}

}  // namespace trainyard::program
