// The table of keys, generated from keys.list: a dotted key is at once the C++ member it fills.
#include "trainyard/machine/keys.h"

#include <algorithm>
#include <concepts>
#include <type_traits>

namespace trainyard::machine {
namespace {

constexpr std::string_view kLinks = "chip.links.";

template <class T>
constexpr Type type_of() {
  if constexpr (std::same_as<T, double>) return Type::number;
  if constexpr (std::same_as<T, int> || std::same_as<T, int64_t>) return Type::integer;
  if constexpr (std::same_as<T, bool>) return Type::truth;
  if constexpr (std::same_as<T, std::string>) return Type::text;
  if constexpr (std::same_as<T, std::vector<std::string>>) return Type::texts;
}

template <class T>
void put(T& member, const Value& value) {
  if constexpr (type_of<T>() == Type::integer) {
    member = static_cast<T>(std::get<int64_t>(value));
  } else {
    member = std::get<T>(value);
  }
}

template <class T>
Value get(const T& member) {
  if constexpr (type_of<T>() == Type::integer) {
    return static_cast<int64_t>(member);
  } else {
    return member;
  }
}

template <class T>
using member_t = std::remove_cvref_t<T>;

}  // namespace

const std::vector<Key>& all_keys() {
  static const std::vector<Key> keys = {
#define KEY(path, unit, rule, need, doc)                        \
  {#path,                                                       \
   unit,                                                        \
   Rule::rule,                                                  \
   Need::need,                                                  \
   doc,                                                         \
   type_of<member_t<decltype(std::declval<Machine>().path)>>(), \
   [](Machine& m, const Value& v) { put(m.path, v); },          \
   [](const Machine& m) { return get(m.path); },                \
   nullptr,                                                     \
   nullptr},
#define LINK_KEY(member, unit, rule, doc)                   \
  {"chip.links.*." #member,                                 \
   unit,                                                    \
   Rule::rule,                                              \
   Need::always,                                            \
   doc,                                                     \
   type_of<decltype(Link::member)>(),                       \
   nullptr,                                                 \
   nullptr,                                                 \
   [](Link& link, const Value& v) { put(link.member, v); }, \
   [](const Link& link) { return get(link.member); }},
#include "trainyard/machine/keys.list"
#undef KEY
#undef LINK_KEY
  };
  return keys;
}

std::string_view link_name(std::string_view path) {
  if (!path.starts_with(kLinks)) return {};
  path.remove_prefix(kLinks.size());
  return path.substr(0, path.rfind('.'));
}

const Key* find_key(std::string_view path) {
  std::string pattern(path);
  if (const auto name = link_name(path); !name.empty() && path.size() > kLinks.size() + name.size())
    pattern = std::string(kLinks) + "*" + std::string(path.substr(path.rfind('.')));
  const auto key = std::ranges::find(all_keys(), std::string_view(pattern), &Key::path);
  return key == all_keys().end() ? nullptr : &*key;
}

bool is_section(std::string_view path) {
  if (path == "chip.links") return true;
  if (path.starts_with(kLinks)) return path.find('.', kLinks.size()) == path.npos;
  return std::ranges::any_of(all_keys(), [&](const Key& key) {
    return key.path.size() > path.size() && key.path.starts_with(path) &&
           key.path[path.size()] == '.';
  });
}

std::vector<Row> rows_of(const Machine& machine) {
  std::vector<Row> rows;
  for (const Key& key : all_keys()) {
    if (key.assign_link != nullptr) { continue; }
    if (machine.provenance.contains(std::string(key.path))) {
      rows.push_back({&key, std::string(key.path), key.read(machine)});
    }
  }
  for (const Link& link : machine.chip.links) {
    for (const Key& key : all_keys()) {
      if (key.assign_link == nullptr) continue;
      const auto member = key.path.substr(key.path.rfind('.'));
      rows.push_back(
          {&key, std::string(kLinks) + link.name + std::string(member), key.read_link(link)});
    }
  }
  return rows;
}

}  // namespace trainyard::machine
