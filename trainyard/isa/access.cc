// Gathering rows into packed fp32 and scattering them back.

#include "trainyard/isa/access.h"

#include <algorithm>
#include <cstring>

#include "trainyard/isa/integer_use.h"
#include "trainyard/isa/narrowing.h"

namespace trainyard::isa {

namespace {

// Copies `count` elements of `Size` bytes between packed memory and a strided run.
template <int Size, bool kGather>
void copy_strided(std::byte* strided, ptrdiff_t step, std::byte* packed, int64_t count) {
  for (int64_t i = 0; i < count; ++i) {
    std::byte* a = strided + i * step;
    std::byte* b = packed + i * Size;
    std::memcpy(kGather ? b : a, kGather ? a : b, Size);
  }
}

template <bool kGather>
void copy_run(int element, std::byte* strided, ptrdiff_t step, std::byte* packed, int64_t count) {
  if (step == element) {
    std::memcpy(kGather ? packed : strided, kGather ? strided : packed, count * element);
    return;
  }
  switch (element) {
    case 1: return copy_strided<1, kGather>(strided, step, packed, count);
    case 2: return copy_strided<2, kGather>(strided, step, packed, count);
    default: return copy_strided<4, kGather>(strided, step, packed, count);
  }
}

template <bool kGather>
void copy_rows(const Bytes& a, int first, int rows, std::byte* packed) {
  const int64_t n = a.row_elements();
  if (n == 1) {  // a column: one strided run down the partitions
    copy_run<kGather>(a.element, a.row(first), a.dims[0].step, packed, rows);
    return;
  }
  for (int r = first; r < first + rows; ++r) {
    for_each_run(a, a.row(r), [&](std::byte* p, int64_t count, ptrdiff_t step) {
      copy_run<kGather>(a.element, p, step, packed, count);
      packed += count * a.element;
    });
  }
}

std::byte* byte_scratch(size_t n) {
  thread_local std::vector<std::byte> buffer;
  if (buffer.size() < n) buffer.resize(n);
  return buffer.data();
}

// Rows [first, first + rows) are one packed run in memory.
bool rows_packed(const Bytes& a, int rows) {
  return a.row_packed() && (rows == 1 || a.dims[0].step == a.row_elements() * a.element);
}

}  // namespace

int64_t Bytes::row_elements() const {
  int64_t n = 1;
  for (int d = 1; d < ndim; ++d) n *= dims[d].count;
  return n;
}

bool Bytes::row_packed() const {
  int64_t run = element;
  for (int d = ndim - 1; d >= 1; --d) {
    if (dims[d].count == 1) continue;
    if (dims[d].step != run) return false;
    run *= dims[d].count;
  }
  return true;
}

bool Bytes::packed() const { return rows_packed(*this, rows()); }

const float* read_rows(const Bytes& a, int first, int rows, float* scratch) {
  const int64_t n = rows * a.row_elements();
  if (rows_packed(a, rows)) {
    if (a.dtype == DType::fp32) return reinterpret_cast<const float*>(a.row(first));
    base::to_fp32(a.dtype, a.row(first), scratch, n);
    note_widened(a.dtype, a.row(first), n);
    return scratch;
  }
  if (a.dtype == DType::fp32) {
    copy_rows<true>(a, first, rows, reinterpret_cast<std::byte*>(scratch));
    return scratch;
  }
  std::byte* packed = byte_scratch(n * a.element);
  copy_rows<true>(a, first, rows, packed);
  base::to_fp32(a.dtype, packed, scratch, n);
  note_widened(a.dtype, packed, n);
  return scratch;
}

float* rows_for_writing(const Bytes& a, int first, int rows, float* scratch) {
  const bool in_place = a.dtype == DType::fp32 && rows_packed(a, rows);
  return in_place ? reinterpret_cast<float*>(a.row(first)) : scratch;
}

void write_rows(const Bytes& a, int first, int rows, const float* values,
                const base::Rounding& rounding) {
  const int64_t n = rows * a.row_elements();
  const uint64_t number = first * a.row_elements();
  note_narrowed(a.dtype, values, n);
  note_losses(a.dtype, values, n);
  if (rows_packed(a, rows)) {
    if (reinterpret_cast<const std::byte*>(values) == a.row(first)) return;
    base::from_fp32(a.dtype, values, a.row(first), n, rounding, number);
    return;
  }
  std::byte* packed = byte_scratch(n * a.element);
  base::from_fp32(a.dtype, values, packed, n, rounding, number);
  copy_rows<false>(a, first, rows, packed);
}

void gather_bits(const Bytes& a, int first, int rows, std::byte* out) {
  copy_rows<true>(a, first, rows, out);
}

void scatter_bits(const Bytes& a, int first, int rows, const std::byte* in) {
  copy_rows<false>(a, first, rows, const_cast<std::byte*>(in));
}

void copy_bits(const Bytes& dst, const Bytes& src) {
  if (dst.rows() == src.rows() && dst.row_packed() && src.row_packed()) {
    const size_t n = src.row_elements() * src.element;
    if (dst.packed() && src.packed()) {
      std::memmove(dst.data, src.data, n * src.rows());
    } else {
      for (int r = 0; r < src.rows(); ++r) std::memmove(dst.row(r), src.row(r), n);
    }
    return;
  }
  std::byte* packed = byte_scratch(src.elements() * src.element);
  gather_bits(src, 0, src.rows(), packed);
  scatter_bits(dst, 0, dst.rows(), packed);
}

void fill_bits(const Bytes& dst, const std::byte* element) {
  for (int r = 0; r < dst.rows(); ++r) {
    for_each_run(dst, dst.row(r), [&](std::byte* p, int64_t count, ptrdiff_t step) {
      for (int64_t i = 0; i < count; ++i) std::memcpy(p + i * step, element, dst.element);
    });
  }
}

namespace {

// Calls use(T{}) with the C++ type of an integer element.
template <class Use>
void with_integer(DType dtype, Use use) {
  switch (dtype) {
    case DType::i8: return use(int8_t{});
    case DType::i16: return use(int16_t{});
    case DType::u16: return use(uint16_t{});
    case DType::i32: return use(int32_t{});
    case DType::u32: return use(uint32_t{});
    default: return use(uint8_t{});
  }
}

}  // namespace

void load_words(const Bytes& a, int row, uint32_t* out) {
  with_integer(a.dtype, [&](auto zero) {
    for_each_run(a, a.row(row), [&](std::byte* p, int64_t count, ptrdiff_t step) {
      for (int64_t i = 0; i < count; ++i) {
        auto value = zero;
        std::memcpy(&value, p + i * step, sizeof value);
        *out++ = static_cast<uint32_t>(value);
      }
    });
  });
}

namespace {

template <class Code>
void widen(const std::byte* from, uint32_t* to, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    Code code;
    std::memcpy(&code, from + i * sizeof code, sizeof code);
    to[i] = code;
  }
}

template <class Code>
void truncate(const uint32_t* from, std::byte* to, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    const auto code = static_cast<Code>(from[i]);
    std::memcpy(to + i * sizeof code, &code, sizeof code);
  }
}

bool is_packed_words(const Bytes& a, int rows) { return a.element == 4 && rows_packed(a, rows); }

}  // namespace

const uint32_t* read_words(const Bytes& a, int first, int rows, uint32_t* scratch) {
  if (is_packed_words(a, rows)) return reinterpret_cast<const uint32_t*>(a.row(first));
  const size_t n = rows * a.row_elements();
  if (a.element == 4) {
    gather_bits(a, first, rows, reinterpret_cast<std::byte*>(scratch));
    return scratch;
  }
  std::byte* packed = byte_scratch(n * a.element);
  gather_bits(a, first, rows, packed);
  a.element == 1 ? widen<uint8_t>(packed, scratch, n) : widen<uint16_t>(packed, scratch, n);
  return scratch;
}

uint32_t* words_for_writing(const Bytes& a, int first, int rows, uint32_t* scratch) {
  return is_packed_words(a, rows) ? reinterpret_cast<uint32_t*>(a.row(first)) : scratch;
}

void write_words(const Bytes& a, int first, int rows, const uint32_t* values) {
  const auto* bytes = reinterpret_cast<const std::byte*>(values);
  if (bytes == a.row(first)) return;
  if (a.element == 4) return scatter_bits(a, first, rows, bytes);
  const size_t n = rows * a.row_elements();
  std::byte* packed = byte_scratch(n * a.element);
  a.element == 1 ? truncate<uint8_t>(values, packed, n) : truncate<uint16_t>(values, packed, n);
  scatter_bits(a, first, rows, packed);
}

namespace {

// The bytes of one row, relative to its start: [low, high).
void row_extent(const Bytes& a, ptrdiff_t& low, ptrdiff_t& high) {
  low = 0;
  high = a.element;
  for (int d = 1; d < a.ndim; ++d)
    (a.dims[d].step < 0 ? low : high) += a.dims[d].step * (a.dims[d].count - 1);
}

}  // namespace

bool overlaps_elsewhere(const Bytes& out, const Bytes& in) {
  const auto same_dims = [&] {
    if (out.ndim != in.ndim) return false;
    for (int d = 0; d < out.ndim; ++d)
      if (out.dims[d].count != in.dims[d].count || out.dims[d].step != in.dims[d].step)
        return false;
    return true;
  };
  if (out.data == in.data && out.element == in.element && same_dims()) return false;

  ptrdiff_t out_low, out_high, in_low, in_high;
  row_extent(out, out_low, out_high);
  row_extent(in, in_low, in_high);
  const ptrdiff_t distance = in.data - out.data;
  const ptrdiff_t out_reach = out.dims[0].step * (out.rows() - 1);
  const ptrdiff_t in_reach = in.dims[0].step * (in.rows() - 1);
  const auto apart = [](ptrdiff_t low, ptrdiff_t high, ptrdiff_t other_low, ptrdiff_t other_high) {
    return high <= other_low || other_high <= low;
  };
  if (apart(out_low + std::min<ptrdiff_t>(0, out_reach),
            out_high + std::max<ptrdiff_t>(0, out_reach),
            distance + in_low + std::min<ptrdiff_t>(0, in_reach),
            distance + in_high + std::max<ptrdiff_t>(0, in_reach)))
    return false;
  // Columns of one tensor: rows lie at equal pitch, so compare within a row and its neighbours.
  const ptrdiff_t pitch = out.dims[0].step;
  if (pitch <= 0 || pitch != in.dims[0].step) return true;
  const ptrdiff_t within = (distance % pitch + pitch) % pitch;
  for (ptrdiff_t shift : {within - pitch, within, within + pitch})
    if (!apart(out_low, out_high, shift + in_low, shift + in_high)) return true;
  return false;
}

Bytes detached(const Bytes& a, std::vector<std::byte>& storage) {
  const int64_t n = a.row_elements();
  storage.resize(a.rows() * n * a.element);
  gather_bits(a, 0, a.rows(), storage.data());
  Bytes copy = a;
  copy.data = storage.data();
  copy.ndim = 2;
  copy.dims[0] = {a.rows(), static_cast<ptrdiff_t>(n * a.element)};
  copy.dims[1] = {n, a.element};
  return copy;
}

}  // namespace trainyard::isa
