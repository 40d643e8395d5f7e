// Scratch memory and per-row scalars of running instructions.

#include "trainyard/isa/run.h"

#include <algorithm>

namespace trainyard::isa {

float* Run::scratch(int which, size_t n) {
  thread_local std::array<std::vector<float>, 6> buffers;
  std::vector<float>& b = buffers[which];
  if (b.size() < n) b.resize(n);
  return b.data();
}

const float* Run::row_scalars(int param, int rows, std::vector<float>& storage) {
  storage.resize(rows);
  if (call.is_tensor(param)) {
    const Bytes tile = bytes(param);
    const float* values = read_rows(tile, 0, std::min(rows, tile.rows()), storage.data());
    if (values != storage.data()) std::copy_n(values, rows, storage.data());
  } else {
    std::fill(storage.begin(), storage.end(), static_cast<float>(call.number(param)));
  }
  return storage.data();
}

int block_rows(int rows, int64_t row_elements) {
  constexpr int64_t kBlockElements = 8192;  // three fp32 blocks stay within a 128 KiB share of L2
  return static_cast<int>(
      std::clamp<int64_t>(kBlockElements / std::max<int64_t>(1, row_elements), 1, rows));
}

}  // namespace trainyard::isa
