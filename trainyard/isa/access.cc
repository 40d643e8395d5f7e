// Gathering rows into packed fp32 and scattering them back.

#include "trainyard/isa/access.h"

#include <cstring>
#include <vector>

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
    return scratch;
  }
  if (a.dtype == DType::fp32) {
    copy_rows<true>(a, first, rows, reinterpret_cast<std::byte*>(scratch));
    return scratch;
  }
  std::byte* packed = byte_scratch(n * a.element);
  copy_rows<true>(a, first, rows, packed);
  base::to_fp32(a.dtype, packed, scratch, n);
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

void store_words(const Bytes& a, int row, const uint32_t* in) {
  with_integer(a.dtype, [&](auto zero) {
    for_each_run(a, a.row(row), [&](std::byte* p, int64_t count, ptrdiff_t step) {
      for (int64_t i = 0; i < count; ++i) {
        const auto value = static_cast<decltype(zero)>(*in++);
        std::memcpy(p + i * step, &value, sizeof value);
      }
    });
  });
}

}  // namespace trainyard::isa
