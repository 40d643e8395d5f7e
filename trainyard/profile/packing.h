// Columns of numbers and lists of texts as short text inside a page.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trainyard::profile {

/// A stream of whole numbers, seven bits a byte, the lowest first.
class Column {
 public:
  /// From 0 on.
  void add(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }
  /// Of any sign: 0, -1, 1, -2, … count up from 0.
  void add_signed(int64_t value) {
    add(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

/// Deflated (zlib's format) and in base64.
std::string packed(std::string_view bytes);

}  // namespace trainyard::profile
