// The pass in plain loops: the definition that matmul_pass must equal bit for bit.
#include <cmath>
#include <limits>
#include <vector>

#include "trainyard/base/convert.h"
#include "trainyard/base/matmul.h"

namespace trainyard::base {
namespace {

/// The first `columns` columns of `rows` rows in fp32, a row after the other.
std::vector<float> widened(const MatrixView& view, int rows, int columns) {
  std::vector<float> values;
  values.reserve(static_cast<size_t>(rows) * columns);
  for (int row = 0; row < rows; ++row) {
    for (int column = 0; column < columns; ++column) {
      values.push_back(to_fp32(view.dtype, static_cast<const char*>(view.data) +
                                               row * view.row_stride_bytes +
                                               column * view.column_stride_bytes));
    }
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
      for (ptrdiff_t k = 0; k < K; ++k) dot = std::fma(left[k * M + m], right[k * N + n], dot);
      float& out = dst[m * dst_row_stride + n];
      out = store == Store::add ? out + dot : dot;
      if (std::isnan(out)) out = std::numeric_limits<float>::quiet_NaN();
    }
  }
}

}  // namespace trainyard::base
