// The only file that parses TOML.
#include "trainyard/machine/toml_file.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

namespace trainyard::machine {

using base::Code;
using base::Error;

TomlFile::TomlFile(std::string_view text, std::string file) : file_(std::move(file)) {
  try {
    root_ = toml::parse(text, std::string_view(file_));
  } catch (const toml::parse_error& problem) {
    throw Error(Code::E003, std::string(problem.description()))
        .at({file_, static_cast<int>(problem.source().begin.line), ""});
  }
}

base::Place TomlFile::at(const toml::node& node) const {
  return {file_, static_cast<int>(node.source().begin.line), ""};
}

std::vector<NamedNode> in_file_order(const toml::table& table) {
  std::vector<NamedNode> named;
  for (const auto& [key, node] : table) named.emplace_back(std::string(key.str()), &node);
  std::ranges::stable_sort(named, {}, [](const NamedNode& item) {
    return std::pair(item.second->source().begin.line, item.second->source().begin.column);
  });
  return named;
}

std::string as_written(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array()) return "a list";
  if (const auto* value = node.as_string()) return fmt::format("\"{:.40}\"", value->get());
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
  if (const auto* found = node.as_string()) return found->get();
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
