// Values of keys: conversions between what TOML or --set offers and what a key takes. Conversions
// never lose anything: 2.5 is not a whole number, "12 MB" is not a count of KiB.
#include "trainyard/machine/value.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace trainyard::machine {
namespace {

// Largest values that no product of two of them overflows: 4 TiB a partition, a million of each.
constexpr double kMostBytes = 4398046511104.0;
constexpr double kMostCount = 1e6;
constexpr double kMostNumber = 1e12;

struct ByteUnit {
  std::string_view name;
  int64_t bytes;
};
constexpr std::array<ByteUnit, 5> kByteUnits{{{"B", 1},
                                              {"KiB", int64_t{1} << 10},
                                              {"MiB", int64_t{1} << 20},
                                              {"GiB", int64_t{1} << 30},
                                              {"TiB", int64_t{1} << 40}}};

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

template <class T>
std::optional<T> parse_number(std::string_view text) {
  T number{};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

std::optional<int64_t> parse_bytes(std::string_view text) {
  text = trim(text);
  const size_t digits = text.find_first_not_of("0123456789");
  if (digits == 0) return {};
  const auto number = parse_number<int64_t>(text.substr(0, digits));
  const std::string_view unit = digits == text.npos ? "B" : trim(text.substr(digits));
  for (const ByteUnit& known : kByteUnits) {
    if (number && known.name == unit && *number <= kMostBytes / known.bytes) {
      return *number * known.bytes;
    }
  }
  return {};
}

std::string format_bytes(double bytes) {
  for (auto unit = kByteUnits.rbegin(); unit != kByteUnits.rend(); ++unit) {
    if (bytes >= unit->bytes && std::fmod(bytes, unit->bytes) == 0) {
      return fmt::format("{:g} {}", bytes / unit->bytes, unit->name);
    }
  }
  return fmt::format("{:g} B", bytes);
}

}  // namespace

std::string_view type_words(Type type) {
  switch (type) {
    case Type::number: return "a number";
    case Type::integer: return "a whole number";
    case Type::truth: return "true or false";
    case Type::text: return "a text";
    case Type::texts: return "a list of texts";
  }
  return "";
}

std::string_view type_words(const Value& value) {
  if (std::holds_alternative<double>(value)) return "a number";
  if (std::holds_alternative<int64_t>(value)) return "a whole number";
  if (std::holds_alternative<bool>(value)) return "true or false";
  return std::holds_alternative<std::string>(value) ? "a text" : "a list";
}

std::string rule_words(Rule rule, Type type) {
  switch (rule) {
    case Rule::positive: return "a number above 0";
    case Rule::zero_up: return "0 or more";
    case Rule::share: return "0 to 1";
    case Rule::rate: return "above 0, at most 1";
    case Rule::count: return "a whole number from 1";
    case Rule::count0: return "a whole number from 0";
    default: return std::string(type_words(type));
  }
}

std::optional<double> number_of(const Value& value) {
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* number = std::get_if<int64_t>(&value)) return static_cast<double>(*number);
  return {};
}

bool obeys(Rule rule, const Value& value) {
  const double x = number_of(value).value_or(0);
  switch (rule) {
    case Rule::positive: return x > 0 && x <= kMostNumber;
    case Rule::zero_up: return x >= 0 && x <= kMostNumber;
    case Rule::share: return x >= 0 && x <= 1;
    case Rule::rate: return x > 0 && x <= 1;
    case Rule::count: return x >= 1;
    case Rule::count0: return x >= 0;
    default: return true;
  }
}

std::optional<Value> convert(const Value& value, Type type, std::string_view unit) {
  const auto* text = std::get_if<std::string>(&value);
  if (unit == "B" && text != nullptr) {
    const auto bytes = parse_bytes(*text);
    if (!bytes) return {};
    return convert(Value(*bytes), type, unit);
  }
  const double most = unit == "B" ? kMostBytes : type == Type::integer ? kMostCount : kMostNumber;
  switch (type) {
    case Type::number: {
      const auto number = number_of(value);
      if (!number || !(std::abs(*number) <= most)) return {};
      return Value(*number);
    }
    case Type::integer: {
      const auto* number = std::get_if<int64_t>(&value);
      if (number == nullptr || std::abs(static_cast<double>(*number)) > most) return {};
      return value;
    }
    case Type::truth:
      return std::holds_alternative<bool>(value) ? std::optional(value) : std::nullopt;
    case Type::text: return text != nullptr ? std::optional(value) : std::nullopt;
    case Type::texts:
      if (text != nullptr) return Value(std::vector{*text});
      return std::holds_alternative<std::vector<std::string>>(value) ? std::optional(value)
                                                                     : std::nullopt;
  }
  return {};
}

std::optional<Value> parse_value(std::string_view text, Type type, std::string_view unit) {
  text = trim(text);
  if (type == Type::text) return Value(std::string(text));
  if (type == Type::texts) {
    std::vector<std::string> list;
    for (size_t start = 0; start <= text.size() && !text.empty();) {
      const size_t comma = std::min(text.find(',', start), text.size());
      list.emplace_back(trim(text.substr(start, comma - start)));
      start = comma + 1;
    }
    return Value(list);
  }
  if (type == Type::truth) {
    if (text != "true" && text != "false") return {};
    return Value(text == "true");
  }
  if (const auto whole = parse_number<int64_t>(text)) return convert(Value(*whole), type, unit);
  if (const auto number = parse_number<double>(text)) return convert(Value(*number), type, unit);
  return unit == "B" ? convert(Value(std::string(text)), type, unit) : std::nullopt;
}

std::string format_value(const Value& value, std::string_view unit) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "yes" : "no";
  if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    return fmt::format("{}", fmt::join(*list, ", "));
  }
  const double number = *number_of(value);
  if (unit == "B") return format_bytes(number);
  if (std::holds_alternative<int64_t>(value)) {
    return unit.empty() ? fmt::format("{}", number) : fmt::format("{} {}", number, unit);
  }
  return unit.empty() ? fmt::format("{:g}", number) : fmt::format("{:g} {}", number, unit);
}

}  // namespace trainyard::machine
