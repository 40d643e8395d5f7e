// The keys of a machine file as a table: loading, --set, checks, listings and documents read it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "trainyard/machine/machine.h"
#include "trainyard/machine/value.h"

namespace trainyard::machine {

enum class Need { always, kernels, optional };

struct Key {
  std::string_view path;  ///< "core.tensor.clock_ghz"; of a link "chip.links.*.gb_s"
  std::string_view unit;  ///< "GHz", or "" for a bare number
  Rule rule;
  Need need;
  std::string_view doc;
  Type type;
  /// Put a value of `type` into the machine, or read it. For links the second overloads.
  void (*assign)(Machine&, const Value&);
  Value (*read)(const Machine&);
  void (*assign_link)(Link&, const Value&);
  Value (*read_link)(const Link&);
};

/// In the order of keys.list; links last.
const std::vector<Key>& all_keys();

/// The key that a dotted path names, or nullptr; "chip.links.xy.gb_s" finds "chip.links.*.gb_s".
const Key* find_key(std::string_view path);
/// True for "core", "core.tensor", "chip.links", "chip.links.xy": tables that hold keys.
bool is_section(std::string_view path);
/// "xy" of "chip.links.xy.gb_s", else "".
std::string_view link_name(std::string_view path);

/// One key of one machine as it stands: what listings print.
struct Row {
  const Key* key;
  std::string path;
  Value value;
};
/// Every key that the machine states, in the order of keys.list.
std::vector<Row> rows_of(const Machine& machine);

/// What a mistaken path probably meant, as a sentence for `fix`; "" if nothing is near.
/// Recognises a wrong unit: core.tensor.clock_mhz.
struct Suggestion {
  std::string path;  ///< the known key, or ""
  std::string sentence;
};
Suggestion suggest(std::string_view path);

}  // namespace trainyard::machine
