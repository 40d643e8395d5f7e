// What nc_n_gather and local_gather share: tiles of indices, and elements picked by them.
#pragma once

#include <cstring>
#include <vector>

#include "trainyard/isa/run.h"

namespace trainyard::isa {

/// The indices of a tile. One that nobody has written is no error: the lane that it belongs to may
/// be one whose result nobody uses.
class Indices {
 public:
  Indices(const Call& call, Memory& memory, int param);

  /// Whether nobody has written it.
  bool undefined(int row, int64_t i) const {
    return !undefined_.empty() && undefined_[row * columns_ + i];
  }
  int64_t operator()(int row, int64_t i) const { return words_[row * columns_ + i]; }
  /// The index, 0 if nobody has written it; `run` elements from there must lie below `end` (E120).
  int64_t checked(int row, int64_t i, int64_t run, int64_t end) const;

 private:
  const Call& call_;
  const int param_;
  int64_t columns_;
  std::vector<uint32_t> words_;
  std::vector<uint8_t> undefined_;
};

/// Copies element from[at + k] to to[k] for k < run; elements of `size` bytes.
inline void copy_elements(std::byte* to, const std::byte* from, int64_t at, int64_t run, int size) {
  if (run == 1 && size == 4) std::memcpy(to, from + at * 4, 4);
  else if (run == 1 && size == 2) std::memcpy(to, from + at * 2, 2);
  else std::memcpy(to, from + at * size, run * size);
}

}  // namespace trainyard::isa
