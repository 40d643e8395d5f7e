// Host memory of tensors. Freed blocks are kept by size and reused, so that tile loops stay in the
// caches and never return to the operating system in between.

#include "trainyard/core/storage.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>

namespace trainyard::core {

namespace {

constexpr size_t kAlign = 64;
constexpr size_t kPoolLimit = size_t{64} << 20;  // bytes kept for reuse

class Pool {
 public:
  std::byte* take(size_t bytes) {
    const std::lock_guard lock(mutex_);
    auto it = blocks_.find(bytes);
    if (it == blocks_.end() || it->second.empty())
      return static_cast<std::byte*>(std::aligned_alloc(kAlign, bytes));
    std::byte* block = it->second.back();
    it->second.pop_back();
    kept_ -= bytes;
    return block;
  }
  void give(std::byte* block, size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (kept_ + bytes > kPoolLimit) return std::free(block);
    blocks_[bytes].push_back(block);
    kept_ += bytes;
  }

 private:
  std::mutex mutex_;
  std::map<size_t, std::vector<std::byte*>> blocks_;
  size_t kept_ = 0;
};

Pool& pool() {
  static Pool* const instance = new Pool;  // outlives every storage
  return *instance;
}

size_t rounded(size_t bytes) { return (std::max<size_t>(bytes, 1) + kAlign - 1) / kAlign * kAlign; }

// Calls visit(word, mask) for the bits [first, last).
template <class Visit>
bool for_each_word(size_t first, size_t last, Visit visit) {
  while (first < last) {
    const size_t word = first / 64;
    const size_t end = std::min(last, (word + 1) * 64);
    const size_t n = end - first;
    const uint64_t mask = (n == 64 ? ~uint64_t{0} : (uint64_t{1} << n) - 1) << (first % 64);
    if (!visit(word, mask)) return false;
    first = end;
  }
  return true;
}

}  // namespace

Storage::Storage(size_t bytes, int granule)
    : data_(pool().take(rounded(bytes))),
      bytes_(bytes),
      shift_(std::countr_zero(static_cast<unsigned>(granule))) {}

Storage::Storage(const std::byte* borrowed, size_t bytes)
    : data_(const_cast<std::byte*>(borrowed)), bytes_(bytes), borrowed_(true), all_defined_(true) {}

Storage::~Storage() {
  if (!borrowed_) pool().give(data_, rounded(bytes_));
}

void Storage::own() {
  if (!borrowed_) return;
  std::byte* copy = pool().take(rounded(bytes_));
  std::memcpy(copy, data_, bytes_);
  data_ = copy;
  borrowed_ = false;
}

void Storage::allocate_bits() {
  const size_t granules = (bytes_ + granule() - 1) >> shift_;
  bits_.assign((granules + 63) / 64, 0);
  defined_granules_ = 0;
}

void Storage::track() {
  if (bits_.empty() && !all_defined()) allocate_bits();
}

size_t Storage::defined_bytes(size_t offset, size_t count) const {
  if (all_defined()) return count;
  if (bits_.empty()) return 0;
  size_t granules = 0;
  for_each_word(offset >> shift_, (offset + count + granule() - 1) >> shift_,
                [&](size_t word, uint64_t mask) {
                  granules += std::popcount(bits_[word] & mask);
                  return true;
                });
  return granules << shift_;
}

bool Storage::defined(size_t offset, size_t count) const {
  if (all_defined()) return true;
  if (bits_.empty() || count == 0) return count == 0;
  const size_t last = (offset + count + granule() - 1) >> shift_;
  return for_each_word(offset >> shift_, last,
                       [&](size_t word, uint64_t mask) { return (bits_[word] & mask) == mask; });
}

void Storage::define(size_t offset, size_t count, bool value) {
  if (value && all_defined()) return;
  if (value && offset == 0 && count >= bytes_) return define_all();
  if (!value && all_defined()) {
    static std::mutex mutex;  // rare: garbage over defined data
    const std::lock_guard lock(mutex);
    if (!all_defined()) return define(offset, count, value);
    allocate_bits();
    for (uint64_t& word : bits_) word = ~uint64_t{0};
    defined_granules_ = (bytes_ + granule() - 1) >> shift_;
    all_defined_ = false;
  }
  if (bits_.empty()) allocate_bits();
  const size_t last = (offset + count + granule() - 1) >> shift_;
  int64_t change = 0;
  for_each_word(offset >> shift_, last, [&](size_t word, uint64_t mask) {
    const std::atomic_ref<uint64_t> bits(bits_[word]);
    const uint64_t old = value ? bits.fetch_or(mask, std::memory_order_relaxed)
                               : bits.fetch_and(~mask, std::memory_order_relaxed);
    change += value ? std::popcount(mask & ~old) : -std::popcount(mask & old);
    return true;
  });
  const size_t total = (bytes_ + granule() - 1) >> shift_;
  if (defined_granules_.fetch_add(change) + change == total) define_all();
}

}  // namespace trainyard::core
