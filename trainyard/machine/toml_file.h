// Typed access to the nodes of one TOML file. Every refusal names the line.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trainyard/base/diagnostics.h"

// toml++ 3.3 takes for granted, in a release build, what a damaged file can break. Here it throws.
#ifdef NDEBUG
#define TRAINYARD_HAD_NDEBUG
#undef NDEBUG
#endif
#define TOML_ASSERT(condition) ((condition) ? void() : trainyard::machine::refuse_toml())
namespace trainyard::machine {
[[noreturn]] void refuse_toml();
}
#include <toml++/toml.h>
#ifdef TRAINYARD_HAD_NDEBUG
#define NDEBUG
#undef TRAINYARD_HAD_NDEBUG
#endif

namespace trainyard::machine {

using NamedNode = std::pair<std::string, const toml::node*>;

class TomlFile {
 public:
  /// Parses `text`; E003 if it is not TOML. `file` is only named in messages.
  TomlFile(std::string_view text, std::string file);

  const toml::table& root() const { return root_; }
  base::Place at(const toml::node& node) const;

  /// Each of these throws E004 if the node is something else; `path` is its name in the message.
  const toml::table& table(const toml::node& node, const std::string& path) const;
  std::string text(const toml::node& node, const std::string& path) const;
  std::vector<std::string> texts(const toml::node& node, const std::string& path) const;
  /// A text, or a list of texts where one line is not enough.
  std::string prose(const toml::node& node, const std::string& path) const;
  /// [low, high]
  std::pair<double, double> range(const toml::node& node, const std::string& path) const;

  [[noreturn]] void wrong_type(const std::string& path, const toml::node& node,
                               std::string_view wanted) const;
  /// `near` is the key that was probably meant, or "".
  [[noreturn]] void unknown(const std::string& path, const toml::node& node,
                            const std::string& near) const;

 private:
  std::string file_;
  toml::table root_;
};

/// The table's items by line: toml++ sorts them by name, but the first mistake should come first.
std::vector<NamedNode> in_file_order(const toml::table& table);

/// What stands in the file, shortened for a message.
std::string as_written(const toml::node& node);

}  // namespace trainyard::machine
