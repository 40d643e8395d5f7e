// The fast pass: operands are brought into packed columns of a format that the kernel widens
// itself, then matmul_kernel.inc runs on the code path of this host.
#include "trainyard/base/matmul.h"

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "trainyard/base/code_path.h"
#include "trainyard/base/convert.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace trainyard::base {
namespace {

/// Scratch memory that a thread keeps between passes.
class Scratch {
 public:
  float* floats(size_t count) { return static_cast<float*>(bytes(count * sizeof(float))); }
  void* bytes(size_t count) {
    if (count > size_) {
      memory_.reset(std::aligned_alloc(64, (count + 63) / 64 * 64));
      if (!memory_) throw std::bad_alloc();
      size_ = count;
    }
    return memory_.get();
  }

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };
  std::unique_ptr<void, Free> memory_;
  size_t size_ = 0;
};

class Buffers {
 public:
  float* left(size_t floats) { return left_.floats(floats); }
  float* right(size_t floats) { return right_.floats(floats); }
  Scratch stationary, moving;

 private:
  Scratch left_, right_;
};

#define TRAINYARD_LOOPS "trainyard/base/matmul_kernel.inc"
#include "trainyard/base/code_paths.inc"

/// Copies `columns` elements `stride` bytes apart.
template <class T>
void gather_row(const char* from, ptrdiff_t stride, int columns, void* to) {
  for (int i = 0; i < columns; ++i) {
    std::memcpy(static_cast<char*>(to) + i * sizeof(T), from + i * stride, sizeof(T));
  }
}

/// `view` itself if the kernel can read it, else a copy in `scratch` that it can: adjacent
/// columns, integers widened to fp32.
MatrixView readable(const MatrixView& view, int rows, int columns, Scratch& scratch) {
  const auto size = static_cast<ptrdiff_t>(size_of(view.dtype));
  const bool widen = is_integer(view.dtype) || view.dtype == DType::fp8_e8m0;
  if (view.column_stride_bytes == size && !widen) return view;
  const ptrdiff_t row_bytes = columns * (widen ? 4 : size);
  std::vector<char> row(widen ? columns * size : 0);
  char* copy = static_cast<char*>(scratch.bytes(rows * row_bytes));
  for (int k = 0; k < rows; ++k) {
    const char* from = static_cast<const char*>(view.data) + k * view.row_stride_bytes;
    char* to = copy + k * row_bytes;
    char* packed = widen ? row.data() : to;
    switch (size) {
      case 1: gather_row<uint8_t>(from, view.column_stride_bytes, columns, packed); break;
      case 2: gather_row<uint16_t>(from, view.column_stride_bytes, columns, packed); break;
      default: gather_row<uint32_t>(from, view.column_stride_bytes, columns, packed);
    }
    if (widen) to_fp32(view.dtype, packed, reinterpret_cast<float*>(to), columns);
  }
  return {widen ? DType::fp32 : view.dtype, copy, row_bytes, widen ? 4 : size};
}

}  // namespace

void matmul_pass(const MatrixView& stationary, const MatrixView& moving, int K, int M, int N,
                 float* dst, ptrdiff_t dst_row_stride, Store store) {
  thread_local Buffers buffers;
  const MatrixView left = readable(stationary, K, M, buffers.stationary);
  const MatrixView right = readable(moving, K, N, buffers.moving);
  const bool add = store == Store::add;
  switch (code_path()) {
#ifdef __x86_64__
    case CodePath::avx512:
      return avx512::blocked_pass(left, right, K, M, N, dst, dst_row_stride, add, buffers);
    case CodePath::avx2:
      return avx2::blocked_pass(left, right, K, M, N, dst, dst_row_stride, add, buffers);
#endif
    default: return scalar::blocked_pass(left, right, K, M, N, dst, dst_row_stride, add, buffers);
  }
}

const char* matmul_code() { return code_path_name(code_path()); }

}  // namespace trainyard::base
