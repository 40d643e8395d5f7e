// Reads one machine file. Everything is checked here as far as a file can be judged by itself, so
// that messages can name the line.
#include "trainyard/machine/layer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "trainyard/machine/toml_file.h"

namespace trainyard::machine {
namespace {

using base::Code;
using base::Error;

constexpr std::array<std::string_view, 6> kEvidenceWords{"document", "measured", "derived",
                                                         "press",    "estimate", "chosen"};
const std::vector<std::string> kTopLevel{
    "title", "base", "without",  "aliases",  "sources", "default_instance",
    "core",  "chip", "instance", "instances"};
// A number's record. The value's own name says how well it is known: `value` leaves that to its
// source, `estimate = 32` and the like decide it here.
const std::vector<std::string> kRecord{"value",    "document", "measured", "derived",  "press",
                                       "estimate", "source",   "range",    "conflict", "note"};

std::optional<Evidence> evidence_of(std::string_view word) {
  // "chosen" is for --set only: a file has to say where a number is from.
  const auto end = kEvidenceWords.end() - 1;
  const auto found = std::find(kEvidenceWords.begin(), end, word);
  return found == end ? std::nullopt
                      : std::optional(static_cast<Evidence>(found - kEvidenceWords.begin()));
}

/// The walk over one file's tables.
class Reader {
 public:
  Reader(const TomlFile& file, Layer& layer) : file_(file), layer_(layer) {}

  void read() {
    for (const auto& [name, node] : in_file_order(file_.root())) {
      if (name == "title") {
        layer_.title = file_.text(*node, name);
      } else if (name == "base") {
        layer_.base = file_.text(*node, name);
        layer_.base_place = file_.at(*node);
      } else if (name == "without") {
        layer_.without = file_.texts(*node, name);
        layer_.without_place = file_.at(*node);
      } else if (name == "aliases") {
        layer_.aliases = file_.texts(*node, name);
      } else if (name == "default_instance") {
        layer_.default_instance = file_.text(*node, name);
        layer_.default_place = file_.at(*node);
      } else if (name == "sources") {
        read_sources(file_.table(*node, name));
      } else if (name == "instances") {
        read_offers(file_.table(*node, name));
      } else if (is_section(name)) {
        walk(file_.table(*node, name), name, layer_.entries, name);
      } else {
        file_.unknown(name, *node, base::did_you_mean(name, kTopLevel));
      }
    }
  }

 private:
  void read_sources(const toml::table& sources) {
    for (const auto& [name, node] : in_file_order(sources)) {
      Source source{.place = file_.at(*node)};
      if (const auto* record = node->as_table()) {
        for (const auto& [member, value] : in_file_order(*record)) {
          const auto path = fmt::format("sources.{}.{}", name, member);
          if (member == "title") {
            source.title = file_.text(*value, path);
          } else if (member == "evidence") {
            source.evidence = evidence(*value, path);
          } else {
            file_.unknown(path, *value, base::did_you_mean(member, {"title", "evidence"}));
          }
        }
      } else {
        source.title = file_.text(*node, "sources." + name);
      }
      layer_.sources[name] = source;
    }
  }

  Evidence evidence(const toml::node& node, const std::string& path) const {
    const auto word = file_.text(node, path);
    if (const auto known = evidence_of(word)) return *known;
    throw Error(Code::E004, fmt::format("{}: no such kind of evidence", path))
        .at(file_.at(node))
        .limit(word, "document, measured, derived, press or estimate", path)
        .fix("choose one of those");
  }

  void read_offers(const toml::table& offers) {
    for (const auto& [name, node] : in_file_order(offers)) {
      const auto path = fmt::format("instances.\"{}\"", name);
      Offer offer{.name = name, .place = file_.at(*node)};
      const toml::table& table = file_.table(*node, path);
      if (const auto* aliases = table.get("aliases")) {
        offer.aliases = file_.texts(*aliases, path + ".aliases");
      }
      walk(table, "instance", offer.entries, path);
      layer_.offers.push_back(std::move(offer));
    }
  }

  /// `path` is the key's, `shown` how the file spells it (they differ inside an offer).
  void walk(const toml::table& table, const std::string& path, std::vector<Entry>& entries,
            const std::string& shown) {
    layer_.sections.try_emplace(path, file_.at(table).line);
    const bool in_offer = shown != path;
    for (const auto& [name, node] : in_file_order(table)) {
      if (in_offer && name == "aliases") continue;
      const std::string inner = path + "." + name, inner_shown = shown + "." + name;
      // A quoted key may hold a dot, which would make it look like a table's.
      const bool plain = !name.empty() && name.find_first_of(". \t\n") == name.npos;
      const Key* key = plain ? find_key(inner) : nullptr;
      if (key != nullptr) {
        entries.push_back(entry(*key, inner, *node, inner_shown));
      } else if (plain && is_section(inner)) {
        walk(file_.table(*node, inner_shown), inner, entries, inner_shown);
      } else {
        refuse_key(inner, *node, inner_shown);
      }
    }
  }

  [[noreturn]] void refuse_key(const std::string& path, const toml::node& node,
                               const std::string& shown) const {
    const auto last = [](const std::string& p) { return p.substr(p.rfind('.') + 1); };
    const Suggestion near = suggest(path);
    Error error(Code::E004, fmt::format("unknown key {}", shown));
    error.at(file_.at(node));
    if (!near.path.empty()) error.limit(last(path), last(near.path), "").fix(near.sentence);
    throw error;
  }

  Entry entry(const Key& key, const std::string& path, const toml::node& node,
              const std::string& shown) {
    Entry entry{.path = path, .key = &key};
    Provenance& from = entry.provenance;
    from.file = file_.at(node).file;
    from.line = file_.at(node).line;
    const auto* record = node.as_table();
    const toml::node* value = record != nullptr ? read_record(*record, entry, shown) : &node;
    if (value == nullptr) {
      throw Error(Code::E004, fmt::format("{} has no value", shown))
          .at(file_.at(node))
          .fix("write { value = ..., source = \"...\" }");
    }
    entry.value = checked(key, *value, shown);
    const bool numeric = key.type == Type::number || key.type == Type::integer;
    if (numeric && from.source.empty()) {
      throw Error(Code::E005, fmt::format("{} has no source", shown))
          .at(file_.at(node))
          .fix(fmt::format("write {} = {{ value = {}, source = \"...\" }}",
                           path.substr(path.rfind('.') + 1), as_written(*value)));
    }
    return entry;
  }

  /// Returns the node of the value, nullptr if there is none.
  const toml::node* read_record(const toml::table& record, Entry& entry, const std::string& shown) {
    Provenance& from = entry.provenance;
    const toml::node* value = nullptr;
    for (const auto& [member, node] : in_file_order(record)) {
      const auto path = shown + "." + member;
      const auto known = evidence_of(member);
      if (member == "source") {
        from.source = file_.text(*node, path);
      } else if (member == "range") {
        std::tie(from.low, from.high) = file_.range(*node, path);
      } else if (member == "conflict") {
        from.conflict = file_.prose(*node, path);
      } else if (member == "note") {
        from.note = file_.prose(*node, path);
      } else if (member != "value" && !known) {
        file_.unknown(path, *node, base::did_you_mean(member, kRecord));
      } else if (value != nullptr) {
        throw Error(Code::E004, fmt::format("{} has two values", shown))
            .at(file_.at(*node))
            .fix("keep one of them");
      } else {
        value = node;
        entry.evidence_given = known.has_value();
        from.evidence = known.value_or(Evidence::document);
      }
    }
    return value;
  }

  Value raw_value(const Key& key, const toml::node& node, const std::string& shown) const {
    if (const auto* value = node.as_integer()) return value->get();
    if (const auto* value = node.as_floating_point()) return value->get();
    if (const auto* value = node.as_boolean()) return value->get();
    if (node.is_string()) return file_.text(node, shown);
    if (key.type == Type::texts) return file_.texts(node, shown);
    file_.wrong_type(shown, node, type_words(key.type));
  }

  Value checked(const Key& key, const toml::node& node, const std::string& shown) const {
    const Value raw = raw_value(key, node, shown);
    const auto value = convert(raw, key.type, key.unit);
    if (value && obeys(key.rule, *value)) return *value;
    // A number where a number is wanted is of the right type, only too large or not finite.
    const bool fraction = key.type == Type::integer && std::holds_alternative<double>(raw) &&
                          std::isfinite(*number_of(raw));
    const bool of_type = value || (number_of(raw) && !fraction && key.type != Type::text &&
                                   key.type != Type::texts && key.type != Type::truth);
    if (!of_type) {
      file_.wrong_type(
          shown, node,
          key.unit == "B" ? "bytes, or a text such as \"24 KiB\"" : type_words(key.type));
    }
    throw Error(Code::E004, fmt::format("{} is out of range", shown))
        .at(file_.at(node))
        .limit(as_written(node), rule_words(key.rule, key.type), shown)
        .fix("correct the number; is its unit right?");
  }

  const TomlFile& file_;
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
  const TomlFile parsed(text, file);
  Reader(parsed, layer).read();
  return layer;
}

std::string text_of_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  if (!in) throw Error(Code::E006, fmt::format("cannot read {}", file)).at({file, 0, ""});
  return text;
}

Layer load_layer(const std::string& file) { return read_layer(text_of_file(file), file); }

}  // namespace trainyard::machine
