// One pass of the processing-element array: dst = stationary^T x moving, in fp32.
//
// The accumulation order is stated and the same on every host: each output is a chain of fused
// multiply-adds over ascending k starting from +0; the finished dot product is then added once to
// PSUM (or stored). AVX-512, AVX2 and scalar code give the same bits.
#pragma once

#include <cstddef>

#include "trainyard/base/dtype.h"

namespace trainyard::base {

/// A matrix whose rows (the contraction index k, i.e. partitions) are `row_stride_bytes` apart and
/// whose columns are `column_stride_bytes` apart, of element type `dtype`.
struct MatrixView {
  DType dtype;
  const void* data;
  ptrdiff_t row_stride_bytes;
  ptrdiff_t column_stride_bytes;
};

enum class Store { overwrite, add };  ///< what happens to the fp32 destination

/// dst[m][n] (+)= sum_k stationary[k][m] * moving[k][n], k < K, m < M <= 128, n < N.
/// Operands are widened to fp32 exactly (tf32 inputs are truncated to 10 mantissa bits first).
/// `dst` is fp32, row m at `dst + m * dst_row_stride` (elements), columns contiguous.
void matmul_pass(const MatrixView& stationary, const MatrixView& moving, int K, int M, int N,
                 float* dst, ptrdiff_t dst_row_stride, Store store);

/// The same in plain loops with std::fma: the oracle of matmul_pass, bit for bit.
void matmul_pass_reference(const MatrixView& stationary, const MatrixView& moving, int K, int M,
                           int N, float* dst, ptrdiff_t dst_row_stride, Store store);

/// Which code matmul_pass picked on this host: "avx512", "avx2" or "scalar"; TRAINYARD_SIMD
/// overrides it downwards (for tests).
const char* matmul_code();

}  // namespace trainyard::base
