// One machine file as written, before it is laid over its base: a flat list of dotted keys, each
// with its place. Flat because TOML tables lose their places when they are merged.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "trainyard/base/diagnostics.h"
#include "trainyard/machine/keys.h"

namespace trainyard::machine {

/// One line of a file: a key's value and where it comes from.
struct Entry {
  std::string path;
  const Key* key = nullptr;
  Value value;
  Provenance provenance;
  bool evidence_given = false;  ///< else it is the source's
};

/// What `[sources]` says of one source.
struct Source {
  std::string title;
  Evidence evidence = Evidence::document;
  base::Place place;
};

/// `[instances."trn2.48xlarge"]`: an offer of the vendor's; its keys stand for `instance.*`.
struct Offer {
  std::string name;
  std::vector<std::string> aliases;
  std::vector<Entry> entries;
  base::Place place;
};

struct Layer {
  std::string file;
  std::string stem;  ///< file name without folder and ".toml"
  std::string title;
  std::string base;  ///< "" for none
  base::Place base_place;
  std::vector<std::string> aliases;
  std::vector<std::string> without;  ///< keys or tables of the base that this machine lacks
  base::Place without_place;
  std::string default_instance;  ///< the offer that the bare name means; "" for none
  base::Place default_place;
  std::map<std::string, Source> sources;
  std::vector<Entry> entries;
  std::vector<Offer> offers;
  std::map<std::string, int> sections;  ///< "core.tensor" -> the line that opens it
};

/// Reads and checks one file's text: syntax (E003), keys, types, limits (E004), sources and ranges
/// as far as one file can tell (E005). `file` names it in messages.
Layer read_layer(std::string_view text, const std::string& file);
/// The same for a file on disk; E006 if it cannot be read.
Layer load_layer(const std::string& file);
std::string text_of_file(const std::string& file);

/// The evidence's name in TOML and in listings.
std::string_view evidence_word(Evidence evidence);

}  // namespace trainyard::machine
