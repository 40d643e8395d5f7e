// A growing array whose elements never move.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace trainyard::base {

/// Like std::deque without insertion in front: references stay valid as it grows. Elements are
/// found with a shift and a mask, where std::deque divides by a node's size.
template <class T>
class StableVector {
 public:
  StableVector() = default;
  StableVector(StableVector&& other) noexcept
      : chunks_(std::move(other.chunks_)), size_(std::exchange(other.size_, 0)) {}
  StableVector& operator=(StableVector&& other) noexcept {
    chunks_ = std::move(other.chunks_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  size_t size() const { return size_; }
  T& operator[](size_t i) { return chunks_[i >> kShift][i & kMask]; }
  const T& operator[](size_t i) const { return chunks_[i >> kShift][i & kMask]; }
  void push_back(T value) {
    if (size_ == chunks_.size() << kShift) chunks_.push_back(std::make_unique<T[]>(kMask + 1));
    (*this)[size_++] = std::move(value);
  }

 private:
  static constexpr size_t kShift = 6, kMask = (size_t{1} << kShift) - 1;
  std::vector<std::unique_ptr<T[]>> chunks_;
  size_t size_ = 0;
};

}  // namespace trainyard::base
