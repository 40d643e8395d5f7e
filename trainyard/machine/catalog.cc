// Finds machine files. A file that is broken must not hide the others: it is reported only when
// nothing else answers to the name.
#include "trainyard/machine/catalog.h"

#include <dlfcn.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include <fmt/format.h>

namespace trainyard::machine {
namespace {

namespace fs = std::filesystem;
using base::Code;
using base::Error;

constexpr std::string_view kSources = "sources.toml";

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

std::vector<std::string> built_in_files() {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(machines_folder(), ignored)) {
    if (entry.path().extension() == ".toml" && entry.path().filename() != kSources) {
      files.push_back(entry.path().string());
    }
  }
  std::ranges::sort(files);
  return files;
}

/// core.version of a layer, through its bases; 99 where it cannot be told.
int generation(const Layer& layer, const std::vector<Layer>& all, int depth = 0) {
  for (const Entry& entry : layer.entries) {
    if (entry.path == "core.version") return static_cast<int>(std::get<int64_t>(entry.value));
  }
  for (const Layer& other : all) {
    if (other.stem == layer.base && depth < 16) return generation(other, all, depth + 1);
  }
  return 99;
}

bool answers_to(const Layer& layer, const std::string& name, Target& target) {
  const auto is_name = [&](const std::string& alias) { return lower(alias) == name; };
  for (const Offer& offer : layer.offers) {
    if (is_name(offer.name) || std::ranges::any_of(offer.aliases, is_name)) {
      target = {layer.file, offer.name};
      return true;
    }
  }
  if (!is_name(layer.stem) && std::ranges::none_of(layer.aliases, is_name)) return false;
  target = {layer.file, ""};
  return true;
}

/// The folder beside this library or program, wherever it was installed to.
std::string folder_beside_library() {
  Dl_info info{};
  if (dladdr(reinterpret_cast<const void*>(&machines_folder), &info) == 0) return "";
  // A program is named as it was called, which may have been found in PATH.
  const bool by_path = std::string_view(info.dli_fname).find('/') != std::string_view::npos;
  std::error_code problem;
  const fs::path self =
      by_path ? fs::absolute(info.dli_fname, problem) : fs::read_symlink("/proc/self/exe", problem);
  const fs::path home = self.parent_path();
  for (const char* place : {"machines", "../machines", "../share/trainyard/machines"}) {
    std::error_code ignored;
    const fs::path folder = (home / place).lexically_normal();
    if (fs::exists(folder / kSources, ignored)) return folder.string();
  }
  return "";
}

}  // namespace

std::string machines_folder() {
  if (const char* chosen = std::getenv("TRAINYARD_MACHINES"); chosen != nullptr && *chosen != 0) {
    return chosen;
  }
  static const std::string beside = folder_beside_library();
  return beside.empty() ? TRAINYARD_MACHINES_FOLDER : beside;
}

std::vector<Layer> built_in_layers() {
  std::vector<Layer> layers;
  for (const std::string& file : built_in_files()) layers.push_back(load_layer(file));
  std::vector<std::pair<int, size_t>> order;
  for (size_t i = 0; i < layers.size(); ++i) order.emplace_back(generation(layers[i], layers), i);
  std::ranges::sort(order);
  std::vector<Layer> sorted;
  for (const auto& [version, i] : order) sorted.push_back(std::move(layers[i]));
  return sorted;
}

std::vector<std::string> machine_names() {
  std::vector<std::string> names;
  for (const Layer& layer : built_in_layers()) names.push_back(layer.stem);
  return names;
}

std::vector<std::string> known_names() {
  std::vector<std::string> names;
  for (const Layer& layer : built_in_layers()) {
    names.push_back(layer.stem);
    names.insert(names.end(), layer.aliases.begin(), layer.aliases.end());
    for (const Offer& offer : layer.offers) {
      names.push_back(offer.name);
      names.insert(names.end(), offer.aliases.begin(), offer.aliases.end());
    }
  }
  return names;
}

std::map<std::string, Source> shared_sources() {
  const fs::path file = fs::path(machines_folder()) / kSources;
  std::error_code ignored;
  if (!fs::exists(file, ignored)) return {};
  return load_layer(file.string()).sources;
}

Target find_machine(std::string_view name_or_path, const std::string& near) {
  const std::string asked(name_or_path), name = lower(asked);
  std::error_code ignored;
  if (asked.find('/') != asked.npos || asked.ends_with(".toml")) {
    const fs::path path(asked);
    for (const fs::path& file : {fs::path(near) / path, path}) {
      if (fs::is_regular_file(file, ignored)) return {file.string(), ""};
    }
    throw Error(Code::E002, fmt::format("there is no machine file {}", asked))
        .fix("check the path; built-in machines are named without one: trn2");
  }
  for (const std::string& folder : {near, machines_folder()}) {
    const fs::path file = fs::path(folder) / (asked + ".toml");
    const bool usable = !folder.empty() && !asked.empty() && file.filename() != kSources;
    if (usable && fs::is_regular_file(file, ignored)) return {file.string(), ""};
  }
  std::optional<Error> broken;
  for (const std::string& file : built_in_files()) {
    try {
      // Names stand in a file as they are, so one that lacks the word need not be parsed.
      const std::string text = text_of_file(file);
      Target target;
      const bool mentioned =
          lower(text).find(name) != text.npos || lower(fs::path(file).stem().string()) == name;
      if (mentioned && answers_to(read_layer(text, file), name, target)) return target;
    } catch (const Error& error) { broken = error; }
  }
  if (broken) throw *broken;
  Error error(Code::E002, fmt::format("no machine is called \"{}\"", asked));
  if (const auto close = base::did_you_mean(name, known_names()); !close.empty()) {
    error.fix(fmt::format("did you mean {}? `trainyard machines` lists all", close));
  }
  throw error;
}

}  // namespace trainyard::machine
