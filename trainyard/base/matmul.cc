// The pass in plain loops: the definition that every faster version must equal bit for bit.
#include "trainyard/base/matmul.h"

#include <cmath>
#include <vector>

#include "trainyard/base/convert.h"

namespace trainyard::base {
namespace {

float element(const MatrixView& view, int row, int column) {
  const char* data = static_cast<const char*>(view.data);
  return to_fp32(view.dtype, data + row * view.row_stride_bytes +
                                 column * view.column_stride_bytes);
}

std::vector<float> widened(const MatrixView& view, int rows, int columns) {
  std::vector<float> values(static_cast<size_t>(rows) * columns);
  for (int k = 0; k < rows; ++k) {
    for (int i = 0; i < columns; ++i) values[static_cast<size_t>(k) * columns + i] = element(view, k, i);
  }
  return values;
}

}  // namespace

void matmul_pass_reference(const MatrixView& stationary, const MatrixView& moving, int K, int M,
                           int N, float* dst, ptrdiff_t dst_row_stride, Store store) {
  const std::vector<float> left = widened(stationary, K, M), right = widened(moving, K, N);
  for (int m = 0; m < M; ++m) {
    for (int n = 0; n < N; ++n) {
      float dot = 0.0f;
      for (int k = 0; k < K; ++k) {
        dot = std::fma(left[static_cast<size_t>(k) * M + m], right[static_cast<size_t>(k) * N + n], dot);
      }
      float& out = dst[m * dst_row_stride + n];
      out = store == Store::add ? out + dot : dot;
    }
  }
}

void matmul_pass(const MatrixView& stationary, const MatrixView& moving, int K, int M, int N,
                 float* dst, ptrdiff_t dst_row_stride, Store store) {
  matmul_pass_reference(stationary, moving, K, M, N, dst, dst_row_stride, store);
}

const char* matmul_code() { return "scalar"; }

}  // namespace trainyard::base
