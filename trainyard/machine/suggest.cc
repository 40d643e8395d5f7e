// Guesses what a mistaken key meant: a unit that the key is not in, a forgotten unit, a key of
// another table, or a slip of the pen.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "trainyard/base/diagnostics.h"
#include "trainyard/machine/keys.h"

namespace trainyard::machine {
namespace {

/// A unit as keys spell it; units of one kind convert by the ratio of their factors.
struct Suffix {
  std::string_view name, kind;
  double factor;
};
constexpr std::array<Suffix, 27> kSuffixes{{
    {"ghz", "frequency", 1e9}, {"mhz", "frequency", 1e6},   {"khz", "frequency", 1e3},
    {"hz", "frequency", 1},    {"ps", "time", 1e-12},       {"ns", "time", 1e-9},
    {"us", "time", 1e-6},      {"ms", "time", 1e-3},        {"s", "time", 1},
    {"cycles", "cycles", 1},   {"bytes", "size", 1},        {"kib", "size", 1024},
    {"mib", "size", 1048576},  {"gib", "size", 1073741824}, {"kb", "size", 1e3},
    {"mb", "size", 1e6},       {"gb", "size", 1e9},         {"mb_s", "rate", 1e6},
    {"gb_s", "rate", 1e9},     {"tb_s", "rate", 1e12},      {"gib_s", "rate", 1073741824},
    {"gbps", "rate", 1.25e8},  {"gflops", "speed", 1e9},    {"tflops", "speed", 1e12},
    {"pflops", "speed", 1e15}, {"w", "power", 1},           {"kw", "power", 1e3},
}};

/// The longest unit that ends `member`, or nullptr.
const Suffix* suffix_of(std::string_view member) {
  const Suffix* found = nullptr;
  for (const Suffix& suffix : kSuffixes) {
    const bool fits = member.size() > suffix.name.size() && member.ends_with(suffix.name) &&
                      member[member.size() - suffix.name.size() - 1] == '_';
    if (fits && (found == nullptr || suffix.name.size() > found->name.size())) found = &suffix;
  }
  return found;
}

std::string_view stem_of(std::string_view member) {
  const Suffix* suffix = suffix_of(member);
  return suffix == nullptr ? member : member.substr(0, member.size() - suffix->name.size() - 1);
}

std::string unit_sentence(std::string_view wrong, std::string_view right) {
  const Suffix* from = suffix_of(wrong);
  const Suffix* to = suffix_of(right);
  const auto name = right.substr(right.rfind('.') + 1);
  if (from == nullptr) return fmt::format("the unit is part of the name: write {}", name);
  if (to == nullptr) return fmt::format("write {}, which has no unit", name);
  if (from->kind != to->kind) {
    return fmt::format("wrong unit: write {}, in {} instead of {}", name, to->name, from->name);
  }
  return fmt::format("wrong unit: write {}, and the number times {:g}", name,
                     from->factor / to->factor);
}

}  // namespace

Suggestion suggest(std::string_view path) {
  const size_t dot = path.rfind('.');
  const auto section = dot == path.npos ? std::string_view() : path.substr(0, dot);
  const auto member = dot == path.npos ? path : path.substr(dot + 1);
  std::string link_section;  // the links' keys are listed under "*"
  if (section.starts_with("chip.links.")) link_section = "chip.links.*";

  std::vector<std::string> siblings, everywhere;
  std::string moved;
  for (const Key& key : all_keys()) {
    const size_t at = key.path.rfind('.');
    const auto name = key.path.substr(at + 1);
    const auto home = key.path.substr(0, at);
    everywhere.emplace_back(key.path);
    if (home == section || home == link_section) {
      siblings.emplace_back(name);
      if (stem_of(name) == stem_of(member)) {
        const std::string full = std::string(section) + "." + std::string(name);
        return {full, unit_sentence(member, full)};
      }
    }
    if (name == member && moved.empty()) moved = key.path;
  }
  if (const auto near = base::did_you_mean(member, siblings); !near.empty()) {
    return {std::string(section) + "." + near, fmt::format("did you mean {}?", near)};
  }
  if (!moved.empty()) return {moved, fmt::format("did you mean {}?", moved)};
  if (const auto near = base::did_you_mean(path, everywhere); !near.empty()) {
    return {near, fmt::format("did you mean {}?", near)};
  }
  return {};
}

}  // namespace trainyard::machine
