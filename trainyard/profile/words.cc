// Times, counts, bytes and shares as text.

#include "trainyard/profile/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace trainyard::profile {

Unit unit_of(Picoseconds time) {
  for (const Unit& u : {Unit{1e12, "s"}, Unit{1e9, "ms"}, Unit{1e6, "us"}}) {
    if (static_cast<double>(time) >= u.picoseconds) return u;
  }
  return {1e3, "ns"};
}

std::string significant(double value, int digits) {
  const int before = value >= 1 ? static_cast<int>(std::log10(value)) + 1 : 1;
  return fmt::format("{:.{}f}", value, std::max(0, digits - before));
}

std::string in_unit(Picoseconds time, const Unit& unit, int digits) {
  return significant(static_cast<double>(time) / unit.picoseconds, digits);
}

std::string duration_text(Picoseconds time) {
  const Unit unit = unit_of(time);
  return fmt::format("{} {}", in_unit(time, unit, 4), unit.name);
}

std::string count_text(uint64_t n) {
  const std::string digits = std::to_string(n);
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string bytes_text(double bytes) {
  for (const auto& [size, name] : {std::pair{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}}) {
    if (bytes >= size) return significant(bytes / size, 4) + " " + name;
  }
  return fmt::format("{:.0f} B", bytes);
}

std::string size_text(int64_t bytes) {
  constexpr int64_t kKibi = 1024;
  if (bytes >= kKibi && bytes % kKibi == 0) return fmt::format("{} KiB", bytes / kKibi);
  return fmt::format("{} bytes", count_text(static_cast<uint64_t>(bytes)));
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

double ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

double ratio(Picoseconds part, Picoseconds whole) {
  return ratio(static_cast<double>(part), static_cast<double>(whole));
}

std::string place_text(const Source& source) {
  return source.line > 0 ? fmt::format("{}:{}", source.file, source.line) : std::string();
}

}  // namespace trainyard::profile
