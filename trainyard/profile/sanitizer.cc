// Findings as text and JSON, in an order that follows from the program alone.

#include "trainyard/profile/sanitizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

namespace trainyard::profile {

namespace {

std::string place_text(const Source& s) {
  return s.line > 0 ? fmt::format("{}:{}", s.file, s.line) : std::string("(no line)");
}

std::string row(std::string_view name, const Source& source, std::string_view what) {
  return fmt::format("      {:<6} {}: {}\n", name, place_text(source), what);
}

}  // namespace

std::vector<SanitizerFinding> merged(std::vector<SanitizerFinding> findings) {
  const auto order = [](const SanitizerFinding& f) {
    return std::tie(f.kind, f.first, f.made, f.hurts, f.text);
  };
  std::ranges::sort(findings, {}, order);
  std::map<std::tuple<std::string, Source, Source>, size_t> seen;
  std::vector<SanitizerFinding> all;
  for (SanitizerFinding& f : findings) {
    const auto [it, fresh] = seen.try_emplace({f.kind, f.made, f.hurts}, all.size());
    if (fresh) {
      all.push_back(std::move(f));
      continue;
    }
    all[it->second].count += f.count;
    all[it->second].cost += f.cost;
  }
  return all;
}

std::string sanitizer_text(const std::vector<SanitizerFinding>& findings) {
  std::string text = fmt::format("sanitiser: {} finding{}\n",
                                 findings.empty() ? "no" : fmt::format("{}", findings.size()),
                                 findings.size() == 1 ? "" : "s");
  for (const SanitizerFinding& f : findings) {
    text += fmt::format("  {}: {}\n", f.kind, f.text);
    text += row("made", f.made, f.made_by);
    text += row("hurts", f.hurts, f.hurts_by);
    if (f.count > 1) text += fmt::format("      count  {} instructions\n", f.count);
    if (f.cost > 0)
      text += fmt::format("      cost   {:.4g} us simulated, of its engine or queue\n", static_cast<double>(f.cost) * 1e-6);
  }
  return text;
}

std::string sanitizer_json(const std::vector<SanitizerFinding>& findings) {
  using Json = nlohmann::ordered_json;
  const auto place = [](const Source& s, const std::string& what) {
    return Json{{"file", s.file}, {"line", s.line}, {"what", what}};
  };
  Json all = Json::array();
  for (const SanitizerFinding& f : findings) {
    all.push_back({{"kind", f.kind},
                   {"text", f.text},
                   {"made", place(f.made, f.made_by)},
                   {"hurts", place(f.hurts, f.hurts_by)},
                   {"count", f.count},
                   {"first_instruction", f.first}});
    if (f.cost > 0) all.back()["cost_ps"] = f.cost;
  }
  return all.dump();
}

}  // namespace trainyard::profile
