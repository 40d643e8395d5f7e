// A resolved access pattern: bytes in host memory, ready to be read and written row by row.
//
// Engines compute in fp32, so a row is gathered and widened into fp32 scratch, computed on, and
// narrowed and scattered back. Rows that already lie in memory as packed fp32 are used in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "trainyard/base/convert.h"
#include "trainyard/isa/operand.h"

namespace trainyard::isa {

/// One access: dims[0] is the partition dimension (in HBM: simply the outermost).
struct Bytes {
  std::byte* data = nullptr;
  DType dtype = DType::fp32;
  int element = 4;  ///< bytes
  int ndim = 0;
  struct {
    int64_t count;
    ptrdiff_t step;  ///< bytes
  } dims[kMaxDims];

  int rows() const { return static_cast<int>(dims[0].count); }
  int64_t row_elements() const;
  int64_t elements() const { return rows() * row_elements(); }
  /// True if every row is one packed run.
  bool row_packed() const;
  /// True if rows [0, rows) form one packed run.
  bool packed() const;
  std::byte* row(int r) const { return data + r * dims[0].step; }
};

/// Calls visit(pointer, count, step_bytes) for the innermost runs of one row, in element order;
/// dimensions that lie next to each other are merged first.
template <class Visit>
void for_each_run(const Bytes& a, std::byte* row, Visit visit);

/// Rows [first, first + rows) as packed fp32: in place if they are that already, else in `scratch`
/// (room for rows * row_elements()).
const float* read_rows(const Bytes& a, int first, int rows, float* scratch);

/// Where to compute rows [first, first + rows): the memory itself if it is packed fp32, else
/// `scratch`; finish with write_rows, which does nothing in the first case.
float* rows_for_writing(const Bytes& a, int first, int rows, float* scratch);

/// Narrows packed fp32 rows to the access. Rounding numbers elements from row 0 of the access.
void write_rows(const Bytes& a, int first, int rows, const float* values,
                const base::Rounding& rounding);

/// Copies the bits of `src` to `dst`; equal element sizes and counts, any shapes.
void copy_bits(const Bytes& dst, const Bytes& src);

/// Gathers the elements of rows [first, first + rows) into packed bytes at `out`, unconverted.
void gather_bits(const Bytes& a, int first, int rows, std::byte* out);
/// The reverse.
void scatter_bits(const Bytes& a, int first, int rows, const std::byte* in);

/// Writes one element's bytes to every element of the access.
void fill_bits(const Bytes& dst, const std::byte* element);

/// Row `row` of an integer access as 32-bit words, sign- or zero-extended by its type.
void load_words(const Bytes& a, int row, uint32_t* out);

/// The same three for bit patterns: words zero-extended from, and truncated to, the element size.
const uint32_t* read_words(const Bytes& a, int first, int rows, uint32_t* scratch);
uint32_t* words_for_writing(const Bytes& a, int first, int rows, uint32_t* scratch);
void write_words(const Bytes& a, int first, int rows, const uint32_t* values);

/// Whether writing `out` element by element could change elements of `in` that are still to be
/// read: they share memory and are not the same access.
bool overlaps_elsewhere(const Bytes& out, const Bytes& in);
/// A copy of the access in `storage`.
Bytes detached(const Bytes& a, std::vector<std::byte>& storage);

// --- implementation of the template ---

template <class Visit>
void for_each_run(const Bytes& a, std::byte* row, Visit visit) {
  // Merge inner dimensions into one run while each spans exactly the one inside it.
  int inner = a.ndim - 1;
  if (inner < 1) {
    visit(row, int64_t{1}, ptrdiff_t{a.element});
    return;
  }
  int64_t count = a.dims[inner].count;
  const ptrdiff_t step = a.dims[inner].step;
  while (inner > 1 && a.dims[inner - 1].step == static_cast<ptrdiff_t>(count) * step) {
    --inner;
    count *= a.dims[inner].count;
  }
  if (inner == 1) {
    visit(row, count, step);
    return;
  }
  int64_t index[kMaxDims] = {};
  while (true) {
    visit(row, count, step);
    int d = inner - 1;
    for (; d >= 1; --d) {
      row += a.dims[d].step;
      if (++index[d] < a.dims[d].count) break;
      row -= a.dims[d].count * a.dims[d].step;
      index[d] = 0;
    }
    if (d < 1) return;
  }
}

}  // namespace trainyard::isa
