// The bytes of one tensor or arena on the host, and which of them have been written.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace trainyard::core {

/// One bit per granule (a power-of-two number of bytes): set once the granule has been written.
/// Bits are set from several threads at once; a storage written in full needs no bits at all.
class Storage {
 public:
  /// Owns `bytes` bytes, uninitialised, nothing defined. granule: bytes per definedness bit.
  Storage(size_t bytes, int granule);
  /// Borrows memory that is defined throughout; the first write copies it (`own`).
  Storage(const std::byte* borrowed, size_t bytes);
  ~Storage();
  Storage(const Storage&) = delete;
  Storage& operator=(const Storage&) = delete;

  std::byte* data() { return data_; }
  size_t bytes() const { return bytes_; }
  bool borrowed() const { return borrowed_; }
  /// Copies borrowed memory before its first write.
  void own();

  bool all_defined() const { return all_defined_.load(std::memory_order_relaxed); }
  /// Makes room for the bits, before several threads set them.
  void track();
  void define_all() { all_defined_.store(true, std::memory_order_relaxed); }
  bool none_defined() const { return bits_.empty() && !all_defined(); }
  /// How many of the bytes [offset, offset + count) are defined; whole granules.
  size_t defined_bytes(size_t offset, size_t count) const;
  /// Bytes [offset, offset + count).
  bool defined(size_t offset, size_t count) const;
  void define(size_t offset, size_t count, bool value);
  int granule() const { return 1 << shift_; }

 private:
  void allocate_bits();

  std::byte* data_ = nullptr;
  size_t bytes_ = 0;
  bool borrowed_ = false;
  int shift_ = 0;
  std::atomic<bool> all_defined_{false};
  std::atomic<size_t> defined_granules_{0};
  std::vector<uint64_t> bits_;
};

}  // namespace trainyard::core
