// From files to a Machine: the base first, then what each file changes, then --set, then checks.
// Files stay flat lists until the very end, so that every number keeps the place it came from.
#include <algorithm>
#include <cmath>
#include <filesystem>

#include <fmt/format.h>

#include "trainyard/machine/catalog.h"
#include "trainyard/machine/check.h"

namespace trainyard::machine {
namespace {

using base::Code;
using base::Error;
using base::Place;

Place place_of(const Provenance& from) { return {from.file, from.line, ""}; }

std::string folder_of(const std::string& file) {
  return std::filesystem::path(file).parent_path().string();
}

/// A file with all its bases laid under it.
struct Stack {
  std::vector<Layer> layers;  ///< base first
  std::map<std::string, Source> sources;
  std::map<std::string, Entry> entries;
  std::vector<std::string> links;  ///< in order of appearance
};

/// Sources are judged here rather than in the reader: a file may cite its base's.
void check_source(Entry& entry, const std::map<std::string, Source>& sources) {
  Provenance& from = entry.provenance;
  std::vector<std::string> known;
  for (const auto& [name, source] : sources) known.push_back(name);
  bool first = true;
  for (size_t start = 0; start < from.source.size();) {
    const size_t end = std::min(from.source.find(", ", start), from.source.size());
    const std::string name = from.source.substr(start, end - start);
    const auto source = sources.find(name);
    if (source == sources.end()) {
      Error error(Code::E005, fmt::format("{}: no source is called \"{}\"", entry.path, name));
      const auto near = base::did_you_mean(name, known);
      error.at(place_of(from))
          .fix(near.empty() ? "add it to [sources]" : fmt::format("did you mean {}?", near));
      throw error;
    }
    // The first source is the one that the value is from; later ones agree with it.
    if (first && !entry.evidence_given) from.evidence = source->second.evidence;
    first = false;
    start = end + 2;
  }
}

void check_range(const Entry& entry) {
  const Provenance& from = entry.provenance;
  const auto value = number_of(entry.value);
  if (!value) return;
  if (from.evidence == Evidence::estimate && (!from.low || !from.high)) {
    throw Error(Code::E005, fmt::format("{} is an estimate without a range", entry.path))
        .at(place_of(from))
        .fix("add range = [low, high]");
  }
  const double low = from.low.value_or(*value), high = from.high.value_or(*value);
  if (low > *value || *value > high) {
    throw Error(Code::E004, fmt::format("{} is outside its own range", entry.path))
        .at(place_of(from))
        .limit(fmt::format("{:g}", *value), fmt::format("{:g} to {:g}", low, high), entry.path)
        .fix("widen the range or correct the value");
  }
}

void lay(Stack& stack, Entry entry) {
  const std::string link(link_name(entry.path));
  if (!link.empty() && std::ranges::count(stack.links, link) == 0) stack.links.push_back(link);
  stack.entries.insert_or_assign(entry.path, std::move(entry));
}

/// The instance that the name meant: its keys replace whatever instance the base had.
void lay_offer(Stack& stack, const Layer& layer, const std::string& asked) {
  const std::string& name = asked.empty() ? layer.default_instance : asked;
  if (layer.offers.empty() && name.empty()) return;
  std::erase_if(stack.entries,
                [](const auto& item) { return item.first.starts_with("instance."); });
  for (const Entry& entry : layer.entries) {
    if (entry.path.starts_with("instance.")) lay(stack, entry);
  }
  if (name.empty()) return;
  const auto offer = std::ranges::find(layer.offers, name, &Offer::name);
  if (offer == layer.offers.end()) {
    std::vector<std::string> names;
    for (const Offer& known : layer.offers) names.push_back(known.name);
    throw Error(Code::E004, fmt::format("default_instance is not in [instances]"))
        .at(layer.default_place)
        .limit(name, fmt::format("{}", fmt::join(names, ", ")), "default_instance")
        .fix("name one of them");
  }
  for (const Entry& entry : offer->entries) lay(stack, entry);
  Entry named{.path = "instance.name", .key = find_key("instance.name"), .value = name};
  named.provenance.file = offer->place.file;
  named.provenance.line = offer->place.line;
  lay(stack, named);
}

/// Takes away what the base has and this machine lacks, e.g. "chip.links".
void lay_without(Stack& stack, const Layer& layer) {
  for (const std::string& path : layer.without) {
    const auto inside = [&](const std::string& other) {
      return other == path || other.starts_with(path + ".");
    };
    if (std::erase_if(stack.entries, [&](const auto& e) { return inside(e.first); }) == 0) {
      throw Error(Code::E004, fmt::format("without: the base has no {}", path))
          .at(layer.without_place)
          .fix("name a key or table of the base, e.g. \"chip.links\"");
    }
    std::erase_if(stack.links, [&](const std::string& link) {
      return inside("chip.links." + link) || path == "chip.links";
    });
  }
}

void lay_layer(Stack& stack, Layer layer, const std::string& offer) {
  for (const auto& [name, source] : layer.sources) stack.sources[name] = source;
  for (Entry& entry : layer.entries) {
    check_source(entry, stack.sources);
    check_range(entry);
  }
  for (Offer& known : layer.offers) {
    for (Entry& entry : known.entries) {
      check_source(entry, stack.sources);
      check_range(entry);
    }
  }
  lay_without(stack, layer);
  for (const Entry& entry : layer.entries) lay(stack, entry);
  lay_offer(stack, layer, offer);
  stack.layers.push_back(std::move(layer));
}

/// `above` are the files that led here, to notice a circle.
void lay_chain(Stack& stack, Layer layer, const std::string& offer,
               std::vector<std::string> above) {
  if (!layer.base.empty()) {
    std::error_code ignored;
    above.push_back(std::filesystem::weakly_canonical(layer.file, ignored).string());
    try {
      const Target target = find_machine(layer.base, folder_of(layer.file));
      const auto canonical = std::filesystem::weakly_canonical(target.file, ignored).string();
      if (std::ranges::count(above, canonical) > 0) {
        throw Error(Code::E004, fmt::format("base = \"{}\" comes back to itself", layer.base))
            .note(fmt::format("{}", fmt::join(above, " -> ")))
            .fix("let one of these files stand alone");
      }
      lay_chain(stack, load_layer(target.file), target.offer, above);
    } catch (Error& error) { throw error.at(layer.base_place); }
  }
  lay_layer(stack, std::move(layer), offer);
}

/// "key=value" of --set, checked like a file's.
Entry parse_override(const std::string& text, const std::map<std::string, Entry>& known) {
  const size_t equals = text.find('=');
  if (equals == text.npos || equals == 0) {
    throw Error(Code::E001, fmt::format("--set {}: expected key=value", text))
        .fix("write e.g. --set core.tensor.clock_ghz=3.0");
  }
  const std::string path = text.substr(0, equals), given = text.substr(equals + 1);
  const Key* key = find_key(path);
  const bool missing_link = key != nullptr && key->assign_link != nullptr && !known.contains(path);
  if (key == nullptr || missing_link) {
    Error error(Code::E004, fmt::format("--set {}: unknown key {}", text, path));
    const Suggestion near = suggest(path);
    if (!missing_link && !near.path.empty()) error.limit(path, near.path, "").fix(near.sentence);
    throw error;
  }
  const auto value = parse_value(given, key->type, key->unit);
  if (!value || !obeys(key->rule, *value)) {
    throw Error(Code::E004, fmt::format("--set {}: not a value of this key", text))
        .limit(given.empty() ? "nothing" : given, rule_words(key->rule, key->type), path)
        .fix(fmt::format("{}: {}", path, key->doc));
  }
  Entry entry{.path = path, .key = key, .value = *value};
  entry.provenance.source = "--set";
  entry.provenance.evidence = Evidence::chosen;
  return entry;
}

/// Where a missing key would belong: the line of its table in the uppermost file that has it.
Place home_of(const std::vector<Layer>& layers, std::string section) {
  for (; !section.empty(); section.resize(std::min(section.rfind('.'), section.size()))) {
    for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
      const auto found = layer->sections.find(section);
      if (found != layer->sections.end()) return {layer->file, found->second, ""};
    }
    if (section.find('.') == section.npos) break;
  }
  return {layers.back().file, 1, ""};
}

void check_complete(const Stack& stack, bool runs_kernels) {
  const auto missing = [&](const std::string& path, std::string_view doc) {
    const std::string section = path.substr(0, path.rfind('.'));
    throw Error(Code::E004, fmt::format("{} is missing", path))
        .at(home_of(stack.layers, section))
        .limit("nothing", std::string(doc), path)
        .fix("add it with its source, or name a base that has it");
  };
  for (const Key& key : all_keys()) {
    if (key.assign_link != nullptr) {
      for (const std::string& link : stack.links) {
        const std::string member(key.path.substr(key.path.rfind('.')));
        const std::string path = "chip.links." + link + member;
        if (!stack.entries.contains(path)) missing(path, key.doc);
      }
      continue;
    }
    const bool needed = key.need == Need::always || (key.need == Need::kernels && runs_kernels);
    if (needed && !stack.entries.contains(std::string(key.path))) {
      missing(std::string(key.path), key.doc);
    }
  }
}

Machine build(const Stack& stack, const std::vector<std::string>& overrides) {
  const Layer& top = stack.layers.back();
  Machine machine;
  machine.name = top.stem;
  if (!overrides.empty()) machine.name += fmt::format(" (with {})", fmt::join(overrides, ", "));
  machine.title = top.title.empty() ? top.stem : top.title;
  machine.aliases = top.aliases;
  machine.core.placement = "ring";
  for (const std::string& link : stack.links) machine.chip.links.push_back({.name = link});
  for (const auto& [path, entry] : stack.entries) {
    if (entry.key->assign != nullptr) {
      entry.key->assign(machine, entry.value);
    } else {
      const auto link = std::ranges::find(machine.chip.links, link_name(path), &Link::name);
      entry.key->assign_link(*link, entry.value);
    }
    machine.provenance[path] = entry.provenance;
  }
  for (const auto& [name, source] : stack.sources) machine.sources[name] = source.title;
  check_complete(stack, machine.core.runs_kernels);
  check_machine(machine);
  return machine;
}

Machine load(Layer layer, const std::string& offer, const std::vector<std::string>& overrides) {
  Stack stack;
  stack.sources = shared_sources();
  lay_chain(stack, std::move(layer), offer, {});
  for (const std::string& text : overrides) lay(stack, parse_override(text, stack.entries));
  return build(stack, overrides);
}

}  // namespace

Machine load_machine(std::string_view name_or_path, const std::vector<std::string>& overrides) {
  const Target target = find_machine(name_or_path);
  return load(load_layer(target.file), target.offer, overrides);
}

Machine parse_machine(std::string_view text, const std::string& file,
                      const std::vector<std::string>& overrides) {
  return load(read_layer(text, file), "", overrides);
}

std::vector<std::string> Machine::estimates() const {
  std::vector<std::string> paths;
  for (const Row& row : rows_of(*this)) {
    if (provenance.at(row.path).evidence == Evidence::estimate) paths.push_back(row.path);
  }
  return paths;
}

}  // namespace trainyard::machine
