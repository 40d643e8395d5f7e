// Recurrences along the rows of a tile: all partitions advance together, so that one step is one
// run over them.
#pragma once

#include <algorithm>
#include <array>

#include "trainyard/isa/run.h"

namespace trainyard::isa {

/// rows x columns -> columns x rows, in tiles that stay in the cache.
inline void transpose(const float* from, float* to, int64_t rows, int64_t columns,
                      int64_t from_step, int64_t to_step) {
  constexpr int64_t kTile = 16;
  for (int64_t r = 0; r < rows; r += kTile)
    for (int64_t c = 0; c < columns; c += kTile)
      for (int64_t i = r; i < std::min(r + kTile, rows); ++i)
        for (int64_t k = c; k < std::min(c + kTile, columns); ++k)
          to[k * to_step + i] = from[i * from_step + k];
}

/// Calls step(columns) for the columns of packed rows in order; columns[i] holds a value a row of
/// inputs[i], and step leaves the results in columns[0]. Uses scratch 3.
template <size_t kInputs, class Step>
void for_each_column(std::array<const float*, kInputs> inputs, float* results, int rows, int64_t n,
                     Step step) {
  constexpr int64_t kColumns = 64;  // turned at a time
  float* turned = Run::scratch(3, kInputs * kColumns * rows);
  for (int64_t from = 0; from < n; from += kColumns) {
    const int64_t count = std::min(kColumns, n - from);
    std::array<float*, kInputs> columns;
    for (size_t k = 0; k < kInputs; ++k) {
      columns[k] = turned + k * kColumns * rows;
      transpose(inputs[k] + from, columns[k], rows, count, n, rows);
    }
    for (int64_t i = 0; i < count; ++i) {
      step(columns);
      for (float*& column : columns) column += rows;
    }
    transpose(turned, results + from, count, rows, rows, n);
  }
}

}  // namespace trainyard::isa
