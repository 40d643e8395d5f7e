// Boxes of bytes, and whether they meet.

#include "trainyard/program/region.h"

#include <algorithm>
#include <numeric>

namespace trainyard::program {

namespace {

// Bytes from one row to the next: a partition on chip, the innermost dimension in HBM.
int64_t pitch(const isa::Tensor& t) {
  const auto element = static_cast<int64_t>(base::size_of(t.dtype));
  if (isa::is_on_chip(t.buffer)) return std::max<int64_t>(1, t.row_bytes());
  return std::max<int64_t>(1, t.shape.empty() ? element : t.shape.back() * element);
}

}  // namespace

bool Region::covers(const Region& o) const {
  if (row0 > o.row0 || row1 < o.row1 || byte0 > o.byte0 || byte1 < o.byte1) return false;
  return period == 0 || (period == o.period && byte0 == o.byte0 && width >= o.width);
}

bool may_overlap(const Region& a, const Region& b) {
  if (a.row0 >= b.row1 || b.row0 >= a.row1 || a.byte0 >= b.byte1 || b.byte0 >= a.byte1)
    return false;
  if (a.period == 0 && b.period == 0) return true;
  // Against a solid box, a strided region misses only if the box lies in one of its gaps.
  const int64_t period =
      a.period && b.period ? std::gcd(a.period, b.period) : std::max(a.period, b.period);
  const auto width = [&](const Region& r) {
    const int64_t w = r.period ? r.width : r.byte1 - r.byte0;
    return std::min(w, period);
  };
  const int64_t distance = ((b.byte0 - a.byte0) % period + period) % period;
  return distance < width(a) || period - distance < width(b) || distance == 0;
}

Frame frame_of(const isa::Tensor& t) {
  Frame f;
  f.pitch = pitch(t);
  f.rows = std::max<int64_t>(1, t.bytes() / f.pitch);
  if (!t.has_address()) return f;
  f.row = std::max<int64_t>(0, t.address_partition);
  f.byte = t.address_bytes;
  return f;
}

Region region_of(const isa::Layout& l, int64_t offset, const Frame& frame) {
  if (l.indirect != isa::Indirect::none) return frame.whole();
  const auto element = static_cast<int64_t>(base::size_of(l.dtype));
  const int64_t row = frame.pitch;
  const int64_t start = offset * element;
  Region r;
  r.row0 = start / row;
  r.byte0 = start % row;
  int64_t last_row = r.row0, last_byte = r.byte0 + element;
  int64_t run = element;  // bytes of the innermost solid run
  bool solid = true;
  for (int d = l.ndim - 1; d >= 0; --d) {
    if (l.dims[d].count <= 1) continue;
    const int64_t step = l.dims[d].step * element;
    const int64_t reach = step * (l.dims[d].count - 1);
    if (step == row) {  // the common case, without a division
      last_row += l.dims[d].count - 1;
      continue;
    }
    if (step != 0 && (step > row || step <= -row) && step % row == 0) {
      last_row += reach / row;
      continue;
    }
    if (step < 0 || r.byte0 + (last_byte - r.byte0) + reach > row) {
      // Runs backwards or across rows: cover the rows whole.
      const int64_t first = std::min(start, start + reach);
      const int64_t end = std::max(start, start + reach) + element;
      r.row0 = std::min(r.row0, first / row);
      last_row = std::max(last_row, (end + row - 1) / row);
      r.byte0 = 0;
      last_byte = row;
      solid = false;
      continue;
    }
    if (r.period) {
      if (step % r.period != 0) solid = false;
    } else if (step == run) {
      run += reach;
    } else if (step > run) {
      r.period = step;
      r.width = run;
    } else if (step != 0) {
      solid = false;
    }
    last_byte += reach;
  }
  if (!solid) r.period = 0;
  r.row0 += frame.row;
  r.row1 = last_row + 1 + frame.row;
  r.byte0 += frame.byte;
  r.byte1 = last_byte + frame.byte;
  return r;
}

}  // namespace trainyard::program
