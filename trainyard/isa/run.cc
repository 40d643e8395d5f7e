// Scratch memory and per-row scalars of running instructions.

#include "trainyard/isa/run.h"

#include <algorithm>
#include <memory>
#include <new>

namespace trainyard::isa {

namespace {

// Starts on a cache line: vector loops are twice as fast there.
class Scratch {
 public:
  float* of(size_t n) {
    if (size_ < n) {
      size_ = std::max(n, 2 * size_);
      memory_.reset(new (kLine) float[size_]);
    }
    return memory_.get();
  }

 private:
  static constexpr std::align_val_t kLine{64};
  struct Free {
    void operator()(float* p) const { operator delete[](p, kLine); }
  };
  std::unique_ptr<float[], Free> memory_;
  size_t size_ = 0;
};

}  // namespace

float* Run::scratch(int which, size_t n) {
  thread_local std::array<Scratch, 6> buffers;
  return buffers[which].of(n);
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
  constexpr int64_t kBlockElements = 2048;  // three fp32 blocks stay in a first-level cache
  return static_cast<int>(
      std::clamp<int64_t>(kBlockElements / std::max<int64_t>(1, row_elements), 1, rows));
}

}  // namespace trainyard::isa
