// Reads one machine file. The only place that knows TOML; everything is checked here as far as a
// file can be judged by itself, so that messages can name the line.
#include "trainyard/machine/layer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>

#include <fmt/format.h>
#include <toml++/toml.h>

namespace trainyard::machine {
namespace {

using base::Code;
using base::Error;
using base::Place;

constexpr std::array<std::string_view, 6> kEvidenceWords{"document", "measured", "derived",
                                                         "press",    "estimate", "chosen"};
const std::vector<std::string> kTopLevel{
    "title", "base", "without", "aliases", "default_instance",
    "sources", "core", "chip", "instance", "instances"};
// A number's record. The value's own name says how well it is known: `value` leaves that to its
// source, `estimate = 32` and the like decide it here.
const std::vector<std::string> kRecord{"value",    "document", "measured", "derived",  "press",
                                       "estimate", "source",   "range",    "conflict", "note"};

std::optional<Evidence> evidence_of(std::string_view word) {
  // "chosen" is for --set only: a file has to say where a number is from.
  const auto found = std::find(kEvidenceWords.begin(), kEvidenceWords.end() - 1, word);
  if (found == kEvidenceWords.end() - 1) return {};
  return static_cast<Evidence>(found - kEvidenceWords.begin());
}

/// The walk over one file's tables.
class Reader {
 public:
  Reader(Layer& layer) : layer_(layer) {}

  void read(const toml::table& root) {
    for (const auto& [name, node] : in_file_order(root)) {
      if (name == "title") layer_.title = text(*node, name);
      else if (name == "base") layer_.base = text(*node, name), layer_.base_place = at(*node);
      else if (name == "aliases") layer_.aliases = texts(*node, name);
      else if (name == "without") {
        layer_.without = texts(*node, name);
        layer_.without_place = at(*node);
      } else if (name == "default_instance") {
        layer_.default_instance = text(*node, name);
        layer_.default_place = at(*node);
      } else if (name == "sources") read_sources(table(*node, name));
      else if (name == "instances") read_offers(table(*node, name));
      else if (is_section(name)) walk(table(*node, name), name, layer_.entries, name);
      else unknown(name, *node, base::did_you_mean(name, kTopLevel));
    }
  }

 private:
  using Named = std::pair<std::string, const toml::node*>;

  /// toml++ sorts keys by name; people expect the first mistake in the file first.
  static std::vector<Named> in_file_order(const toml::table& table) {
    std::vector<Named> named;
    for (const auto& [key, node] : table) named.emplace_back(std::string(key.str()), &node);
    std::ranges::stable_sort(named, {}, [](const Named& n) {
      return std::pair(n.second->source().begin.line, n.second->source().begin.column);
    });
    return named;
  }

  Place at(const toml::node& node) const {
    return {layer_.file, static_cast<int>(node.source().begin.line), ""};
  }

  [[noreturn]] void unknown(const std::string& path, const toml::node& node,
                            const std::string& near) const {
    Error error(Code::E004, fmt::format("unknown key {}", path));
    error.at(at(node));
    if (!near.empty()) error.limit(path, near, "").fix(fmt::format("did you mean {}?", near));
    throw error;
  }

  [[noreturn]] void wrong_type(const std::string& path, const toml::node& node,
                               std::string_view wanted) const {
    throw Error(Code::E004, fmt::format("{} has the wrong type", path))
        .at(at(node))
        .limit(written(node), std::string(wanted), path)
        .fix(fmt::format("write {} there", wanted));
  }

  /// What stands in the file, shortened.
  static std::string written(const toml::node& node) {
    if (node.is_table()) return "a table";
    if (node.is_array()) return "a list";
    if (const auto* value = node.as_string()) return fmt::format("\"{:.40}\"", value->get());
    if (const auto* value = node.as_boolean()) return value->get() ? "true" : "false";
    if (const auto number = node.value<double>()) return fmt::format("{}", *number);
    return "a date";
  }

  const toml::table& table(const toml::node& node, const std::string& path) const {
    if (const auto* found = node.as_table()) return *found;
    wrong_type(path, node, "a table");
  }
  std::string text(const toml::node& node, const std::string& path) const {
    if (const auto* found = node.as_string()) return found->get();
    wrong_type(path, node, "a text");
  }
  std::pair<double, double> range(const toml::node& node, const std::string& path) const {
    const auto* list = node.as_array();
    const auto end = [&](size_t i) {
      const auto* item = list != nullptr && list->size() == 2 ? list->get(i) : nullptr;
      const auto number = item != nullptr && item->is_number() ? item->value<double>() : std::nullopt;
      if (!number || !std::isfinite(*number)) wrong_type(path, node, "[low, high]");
      return *number;
    };
    return {end(0), end(1)};
  }
  /// A text, or a list of texts where one line is not enough.
  std::string prose(const toml::node& node, const std::string& path) const {
    return node.is_array() ? fmt::format("{}", fmt::join(texts(node, path), " ")) : text(node, path);
  }
  std::vector<std::string> texts(const toml::node& node, const std::string& path) const {
    std::vector<std::string> found;
    const auto* list = node.as_array();
    if (list == nullptr) wrong_type(path, node, "a list of texts");
    for (const toml::node& item : *list) found.push_back(text(item, path));
    return found;
  }
  Evidence evidence(const toml::node& node, const std::string& path) const {
    const auto word = text(node, path);
    if (const auto known = evidence_of(word)) return *known;
    throw Error(Code::E004, fmt::format("{}: no such kind of evidence", path))
        .at(at(node))
        .limit(word, "document, measured, derived, press or estimate", path)
        .fix("choose one of those");
  }

  void read_sources(const toml::table& sources) {
    for (const auto& [name, node] : in_file_order(sources)) {
      Source source{.place = at(*node)};
      if (const auto* record = node->as_table()) {
        for (const auto& [member, value] : in_file_order(*record)) {
          const auto path = fmt::format("sources.{}.{}", name, member);
          if (member == "title") source.title = text(*value, path);
          else if (member == "evidence") source.evidence = evidence(*value, path);
          else unknown(path, *value, base::did_you_mean(member, {"title", "evidence"}));
        }
      } else {
        source.title = text(*node, "sources." + name);
      }
      layer_.sources[name] = source;
    }
  }

  void read_offers(const toml::table& offers) {
    for (const auto& [name, node] : in_file_order(offers)) {
      const auto path = fmt::format("instances.\"{}\"", name);
      Offer offer{.name = name, .place = at(*node)};
      toml::table rest = table(*node, path);
      if (const auto* aliases = rest.get("aliases")) offer.aliases = texts(*aliases, path);
      rest.erase("aliases");
      walk(rest, "instance", offer.entries, path);
      layer_.offers.push_back(std::move(offer));
    }
  }

  /// `path` is the key's, `shown` how the file spells it (they differ inside an offer).
  void walk(const toml::table& table, const std::string& path, std::vector<Entry>& entries,
            const std::string& shown) {
    layer_.sections.try_emplace(path, at(table).line);
    for (const auto& [name, node] : in_file_order(table)) {
      const std::string inner = path + "." + name, inner_shown = shown + "." + name;
      const bool plain = name.find_first_of(". \t\n") == name.npos && !name.empty();
      if (const Key* key = plain ? find_key(inner) : nullptr) {
        entries.push_back(entry(*key, inner, *node, inner_shown));
      } else if (plain && is_section(inner)) {
        walk(this->table(*node, inner_shown), inner, entries, inner_shown);
      } else {
        const auto near = suggest(inner);
        Error error(Code::E004, fmt::format("unknown key {}", inner_shown));
        error.at(at(*node));
        if (!near.path.empty()) {
          error.limit(name, near.path.substr(near.path.rfind('.') + 1), "").fix(near.sentence);
        }
        throw error;
      }
    }
  }

  Entry entry(const Key& key, const std::string& path, const toml::node& node,
              const std::string& shown) {
    Entry entry{.path = path, .key = &key};
    Provenance& from = entry.provenance;
    const Place place = at(node);
    from.file = place.file;
    from.line = place.line;
    const bool numeric = key.type == Type::number || key.type == Type::integer;
    const auto* record = node.as_table();
    const toml::node* value = record != nullptr ? read_record(*record, entry, shown) : &node;
    if (value == nullptr) {
      throw Error(Code::E004, fmt::format("{} has no value", shown))
          .at(place)
          .fix("write { value = ..., source = \"...\" }");
    }
    entry.value = checked(key, *value, shown);
    if (numeric && from.source.empty()) {
      throw Error(Code::E005, fmt::format("{} has no source", shown))
          .at(place)
          .fix(fmt::format("write {} = {{ value = {}, source = \"...\" }}",
                           path.substr(path.rfind('.') + 1), written(*value)));
    }
    return entry;
  }

  /// Returns the node of the value, nullptr if there is none.
  const toml::node* read_record(const toml::table& record, Entry& entry,
                                const std::string& shown) {
    Provenance& from = entry.provenance;
    const toml::node* value = nullptr;
    for (const auto& [member, node] : in_file_order(record)) {
      const auto path = shown + "." + member;
      const auto known = evidence_of(member);
      if (member == "source") from.source = text(*node, path);
      else if (member == "range") std::tie(from.low, from.high) = range(*node, path);
      else if (member == "conflict") from.conflict = prose(*node, path);
      else if (member == "note") from.note = prose(*node, path);
      else if (member != "value" && !known) {
        unknown(path, *node, base::did_you_mean(member, kRecord));
      } else if (value != nullptr) {
        throw Error(Code::E004, fmt::format("{} has two values", shown))
            .at(at(*node))
            .fix("keep one of them");
      } else {
        value = node;
        entry.evidence_given = known.has_value();
        from.evidence = known.value_or(Evidence::document);
      }
    }
    return value;
  }

  Value checked(const Key& key, const toml::node& node, const std::string& shown) const {
    Value raw;
    if (const auto* list = node.as_array()) {
      std::vector<std::string> items;
      for (const toml::node& item : *list) {
        if (!item.is_string()) wrong_type(shown, node, type_words(key.type));
        items.push_back(item.as_string()->get());
      }
      raw = items;
    } else if (node.is_integer()) raw = node.as_integer()->get();
    else if (node.is_floating_point()) raw = node.as_floating_point()->get();
    else if (node.is_boolean()) raw = node.as_boolean()->get();
    else if (node.is_string()) raw = node.as_string()->get();
    else wrong_type(shown, node, type_words(key.type));

    const auto value = convert(raw, key.type, key.unit);
    const auto size = number_of(raw);
    if (!value && (!size || (std::isfinite(*size) && key.type == Type::integer &&
                             std::holds_alternative<double>(raw)))) {
      wrong_type(shown, node, key.unit == "B" ? "bytes, or a text such as \"24 KiB\""
                                              : type_words(key.type));
    }
    if (!value || !obeys(key.rule, *value)) {
      throw Error(Code::E004, fmt::format("{} is out of range", shown))
          .at(at(node))
          .limit(written(node), rule_words(key.rule, key.type), shown)
          .fix("correct the number; is its unit right?");
    }
    return *value;
  }

  Layer& layer_;
};

}  // namespace

std::string_view evidence_word(Evidence evidence) {
  return kEvidenceWords[static_cast<size_t>(evidence)];
}

Layer read_layer(std::string_view text, const std::string& file) {
  Layer layer;
  layer.file = file;
  layer.stem = std::filesystem::path(file).stem().string();
  try {
    const toml::table root = toml::parse(text, std::string_view(file));
    Reader(layer).read(root);
  } catch (const toml::parse_error& problem) {
    throw Error(Code::E003, std::string(problem.description()))
        .at({file, static_cast<int>(problem.source().begin.line), ""});
  }
  return layer;
}

Layer load_layer(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  if (!in) throw Error(Code::E006, fmt::format("cannot read {}", file)).at({file, 0, ""});
  return read_layer(text, file);
}

}  // namespace trainyard::machine
