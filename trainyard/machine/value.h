// The value of one key, before it becomes a member of Machine: as read, checked and printed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace trainyard::machine {

using Value = std::variant<double, int64_t, bool, std::string, std::vector<std::string>>;

enum class Type { number, integer, truth, text, texts };

/// What a number may be: see keys.list.
enum class Rule { positive, zero_up, share, rate, count, count0, text, truth };

/// "a number", "a whole number", "true or false", "a text", "a list of texts".
std::string_view type_words(Type type);
/// The type's words of what was written instead, for messages.
std::string_view type_words(const Value& value);

/// What the rule allows, in words, e.g. "more than 0"; and whether `value` is that.
std::string rule_words(Rule rule, Type type);
bool obeys(Rule rule, const Value& value);

/// `value` as `type`; nothing if it is not one. Bytes may be written as text: "24 KiB".
std::optional<Value> convert(const Value& value, Type type, std::string_view unit);
/// The same from the text of `--set`.
std::optional<Value> parse_value(std::string_view text, Type type, std::string_view unit);

/// As a person writes it: "2.4 GHz", "224 KiB", "yes".
std::string format_value(const Value& value, std::string_view unit);
/// The number in `value`, if it is one.
std::optional<double> number_of(const Value& value);

}  // namespace trainyard::machine
