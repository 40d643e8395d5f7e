// Findings as text and JSON, in an order that follows from the program alone.

#include "trainyard/profile/sanitizer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <tuple>

namespace trainyard::profile {

namespace {

constexpr size_t kColumns = 92;

std::string place_text(const Source& s) {
  return s.line > 0 ? fmt::format("{}:{}", s.file, s.line) : std::string("(no line)");
}

// Words on lines of at most kColumns, all but the first indented.
std::string wrapped(std::string_view text, size_t indent) {
  std::string lines;
  size_t column = 0;
  while (!text.empty()) {
    const size_t space = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    if (column > 0 && column + 1 + word.size() > kColumns) {
      lines += '\n' + std::string(indent, ' ');
      column = indent;
    } else if (column > 0) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += word.size();
  }
  return lines + '\n';
}

std::string row(std::string_view name, const std::string& what) {
  return "    " + wrapped(fmt::format("{}: {}", name, what), 6);
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
    text += "  " + wrapped(fmt::format("{}: {}", f.kind, f.text), 4);
    text += row("made at " + place_text(f.made), f.made_by);
    text += row("hurts at " + place_text(f.hurts), f.hurts_by);
    if (f.count > 1) text += fmt::format("    {} times\n", f.count);
    if (f.cost > 0)
      text += fmt::format("    costs {:.4g} us simulated of its engine or queue\n",
                          static_cast<double>(f.cost) * 1e-6);
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
