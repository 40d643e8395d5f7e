// Byte by byte, so that any text comes back as it was.
#include "trainyard/machine/ascii_armour.h"

namespace trainyard::machine {
namespace {

constexpr char kMark = '~';
constexpr std::string_view kDigits = "0123456789ABCDEF";

unsigned byte_at(std::string_view text, size_t at) { return static_cast<unsigned char>(text[at]); }

/// Bytes of the character that starts at `at`; 0 if it is broken.
size_t character_size(std::string_view text, size_t at) {
  const unsigned first = byte_at(text, at);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || at + size > text.size()) return 0;
  for (size_t i = at + 1; i < at + size; ++i) {
    if ((byte_at(text, i) & 0xC0U) != 0x80) return 0;
  }
  // Longer than needed, a surrogate, or beyond the last code point.
  const unsigned second = byte_at(text, at + 1);
  const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return wrong ? 0 : size;
}

}  // namespace

std::string armoured(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && c != kMark) {
      out += c;
    } else {
      out += {kMark, kDigits[byte >> 4], kDigits[byte & 0xF]};
    }
  }
  return out;
}

std::string disarmed(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    const size_t high = at + 2 < text.size() ? kDigits.find(text[at + 1]) : kDigits.npos;
    const size_t low = at + 2 < text.size() ? kDigits.find(text[at + 2]) : kDigits.npos;
    if (text[at] == kMark && high != kDigits.npos && low != kDigits.npos) {
      out += static_cast<char>(high << 4 | low);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

std::optional<size_t> broken_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t size = character_size(text, at);
    if (size == 0) return at;
    at += size;
  }
  return {};
}

}  // namespace trainyard::machine
