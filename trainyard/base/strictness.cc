// Rules that are relaxed. relaxed.list names those that can be: where a check is relaxed, it is at
// the one place that throws, so that the checks beside it still hold.
#include "trainyard/base/strictness.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace trainyard::base {

namespace {

constexpr std::pair<Code, std::string_view> kRelaxed[] = {
#define RELAXED(code, effect) {Code::code, effect},
#include "trainyard/base/relaxed.list"
#undef RELAXED
};

}  // namespace

std::string_view when_relaxed(Code code) {
  for (const auto& [other, effect] : kRelaxed)
    if (other == code) return effect;
  return "";
}

void Strictness::relax(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [code, effect] : kRelaxed) {
    names.emplace_back(rule(code).name);
    if (name != rule(code).name && name != rule(code).code) continue;
    relaxed_ |= uint64_t{1} << static_cast<int>(code);
    return;
  }
  const bool known = std::ranges::any_of(
      all_rules(), [&](const DiagnosticRule& r) { return r.name == name || r.code == name; });
  const std::string nearest = known ? "" : did_you_mean(name, names);
  Error e(Code::E001, known ? fmt::format("the rule {} cannot be relaxed", name)
                            : fmt::format("no rule is called {}", name));
  e.limit(std::string(name), fmt::format("{}", fmt::join(names, ", ")), "--lenient");
  throw nearest.empty() ? e.fix("See `trainyard explain RULE`.")
                        : e.fix(fmt::format("did you mean {}?", nearest));
}

void Strictness::refuse(const Error& error) const {
  if (!relaxed(error.code())) throw error;
  const DiagnosticRule& r = rule(error.code());
  if (tell)
    tell(fmt::format("{} ({} {}, relaxed)", error.message(), r.code, r.name), error.place());
}

void Strictness::refuse_since(int since, const Error& error) const {
  if (nki >= since) return refuse(error);
  if (nki == 0 && tell)
    tell(fmt::format("{} (an error with --nki 0.{} and later)", error.message(), since),
         error.place());
}

}  // namespace trainyard::base
