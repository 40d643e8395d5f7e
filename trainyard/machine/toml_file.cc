// The only file that parses TOML.
#include "trainyard/machine/toml_file.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "trainyard/machine/ascii_armour.h"

namespace trainyard::machine {

using base::Code;
using base::Error;

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // some editors begin with it

struct BrokenAssumption {};

bool breaks(std::string_view text) {
  try {
    static_cast<void>(toml::parse(text));
  } catch (const toml::parse_error&) { return false; } catch (const BrokenAssumption&) {
    return true;
  }
  return false;
}

/// The parser has no place for what it took for granted: it is the end of the shortest part of the
/// text, in whole lines, that breaks it.
int first_bad_line(std::string_view text) {
  std::vector<size_t> ends;
  for (size_t at = text.find('\n'); at != text.npos; at = text.find('\n', at + 1)) {
    ends.push_back(at + 1);
  }
  ends.push_back(text.size());
  const auto bad =
      std::ranges::partition_point(ends, [&](size_t end) { return !breaks(text.substr(0, end)); });
  return static_cast<int>(bad - ends.begin()) + 1;
}

}  // namespace

void refuse_toml() { throw BrokenAssumption(); }

TomlFile::TomlFile(std::string_view text, std::string file) : file_(std::move(file)) {
  const auto refuse = [&](const std::string& message, int line) {
    throw Error(Code::E003, message).at({file_, line, ""});
  };
  if (const auto bad = broken_utf8(text)) {
    refuse("this is not UTF-8",
           1 + static_cast<int>(std::ranges::count(text.substr(0, *bad), '\n')));
  }
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::string ascii = armoured(text);
  try {
    root_ = toml::parse(ascii);
  } catch (const toml::parse_error& problem) {
    refuse(disarmed(problem.description()), static_cast<int>(problem.source().begin.line));
  } catch (const BrokenAssumption&) { refuse("this is not TOML", first_bad_line(ascii)); }
}

base::Place TomlFile::at(const toml::node& node) const {
  return {file_, static_cast<int>(node.source().begin.line), ""};
}

std::vector<NamedNode> in_file_order(const toml::table& table) {
  std::vector<NamedNode> named;
  for (const auto& [key, node] : table) named.emplace_back(disarmed(key.str()), &node);
  std::ranges::stable_sort(named, {}, [](const NamedNode& item) {
    return std::pair(item.second->source().begin.line, item.second->source().begin.column);
  });
  return named;
}

std::string as_written(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  if (const auto* value = node.as_string())
    return fmt::format("\"{:.40}\"", disarmed(value->get()));
  if (const auto* value = node.as_boolean()) return value->get() ? "true" : "false";
  if (const auto* value = node.as_integer()) return fmt::format("{}", value->get());
  if (const auto* value = node.as_floating_point()) return fmt::format("{}", value->get());
  return "a date or time";
}

void TomlFile::wrong_type(const std::string& path, const toml::node& node,
                          std::string_view wanted) const {
  throw Error(Code::E004, fmt::format("{} has the wrong type", path))
      .at(at(node))
      .limit(as_written(node), std::string(wanted), path)
      .fix(fmt::format("write {} there", wanted));
}

void TomlFile::unknown(const std::string& path, const toml::node& node,
                       const std::string& near) const {
  Error error(Code::E004, fmt::format("unknown key {}", path));
  error.at(at(node));
  if (!near.empty()) {
    error.limit(path.substr(path.rfind('.') + 1), near, "")
        .fix(fmt::format("did you mean {}?", near));
  }
  throw error;
}

const toml::table& TomlFile::table(const toml::node& node, const std::string& path) const {
  if (const auto* found = node.as_table()) return *found;
  wrong_type(path, node, "a table");
}

std::string TomlFile::text(const toml::node& node, const std::string& path) const {
  if (const auto* found = node.as_string()) return disarmed(found->get());
  wrong_type(path, node, "a text");
}

std::vector<std::string> TomlFile::texts(const toml::node& node, const std::string& path) const {
  const auto* list = node.as_array();
  if (list == nullptr) wrong_type(path, node, "a list of texts");
  std::vector<std::string> found;
  for (const toml::node& item : *list) found.push_back(text(item, path));
  return found;
}

std::string TomlFile::prose(const toml::node& node, const std::string& path) const {
  if (!node.is_array()) return text(node, path);
  return fmt::format("{}", fmt::join(texts(node, path), " "));
}

std::pair<double, double> TomlFile::range(const toml::node& node, const std::string& path) const {
  const auto* list = node.as_array();
  const auto end = [&](size_t i) {
    const auto* item = list != nullptr && list->size() == 2 ? list->get(i) : nullptr;
    const bool is_number = item != nullptr && item->is_number();
    const auto number = is_number ? item->value<double>() : std::nullopt;
    if (!number || !std::isfinite(*number)) wrong_type(path, node, "[low, high]");
    return *number;
  };
  return {end(0), end(1)};
}

}  // namespace trainyard::machine
