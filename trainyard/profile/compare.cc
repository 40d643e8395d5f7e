// Scores of a simulation against a capture: factors, so that twice as long and half as long weigh
// the same.

#include "trainyard/profile/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

namespace trainyard::profile {

namespace {

constexpr int kIndent = 2;
constexpr size_t kOperandsShown = 60;

double ns(Picoseconds time) { return static_cast<double>(time) / 1000; }
double us(Picoseconds time) { return ns(time) / 1000; }

// A factor as how much it is more than 1.
std::string percent(double log_ratio) {
  return fmt::format("{:.1f} %", 100 * std::expm1(log_ratio));
}

std::string error_text(Picoseconds simulated, Picoseconds measured) {
  if (measured <= 0) return "";
  return fmt::format(" ({:+.1f} %)",
                     100 * (static_cast<double>(simulated) / static_cast<double>(measured) - 1));
}

// Waits and updates of semaphores apart, the operands are what an instruction costs by.
std::string shown(const std::string& operands) {
  size_t at = 0;
  for (const std::string_view word : {"complete ", "0  "}) {
    const size_t found = operands.find(word);
    if (found != operands.npos) at = std::max(at, found + word.size());
  }
  at = std::min(operands.find_first_not_of(' ', at), operands.size());
  const std::string text = operands.substr(at);
  return text.size() > kOperandsShown ? text.substr(0, kOperandsShown) + "…" : text;
}

}  // namespace

double Pair::log_ratio() const {
  if (measured <= 0 || simulated <= 0) return measured == simulated ? 0 : HUGE_VAL;
  return std::abs(std::log(static_cast<double>(simulated) / static_cast<double>(measured)));
}

double quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const double at = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<size_t>(at);
  const size_t above = std::min(below + 1, values.size() - 1);
  if (values[below] == values[above]) return values[below];  // both may be infinite
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

std::vector<OpcodeComparison> by_opcode(const Comparison& comparison) {
  struct Values {
    std::vector<double> measured, simulated, ratios;
  };
  std::map<std::string, Values> all;
  for (const Pair& p : comparison.pairs) {
    Values& v = all[p.opcode];
    v.measured.push_back(ns(p.measured));
    v.simulated.push_back(ns(p.simulated));
    v.ratios.push_back(p.log_ratio());
  }
  std::vector<OpcodeComparison> rows;
  for (const auto& [opcode, v] : all)
    rows.push_back({opcode, v.ratios.size(), quantile(v.measured, 0.5), quantile(v.simulated, 0.5),
                    quantile(v.ratios, 0.5), quantile(v.ratios, 0.9)});
  return rows;
}

std::vector<Pair> worst(const Comparison& comparison, size_t count) {
  std::vector<Pair> all = comparison.pairs;
  std::ranges::stable_sort(all, std::greater<>(),
                           [](const Pair& p) { return std::abs(p.simulated - p.measured); });
  all.resize(std::min(count, all.size()));
  return all;
}

std::string comparison_text(const Comparison& c, size_t worst_count) {
  std::string text = fmt::format(
      "{} on {}: the captured instructions, timed again in their own order\n"
      "  kernel         {:.2f} us measured, {:.2f} us simulated{}\n",
      c.kernel, c.machine, us(c.measured), us(c.simulated), error_text(c.simulated, c.measured));
  if (!c.source.empty())
    text += fmt::format(
        "  as scheduled   {:.2f} us simulated{}: {}\n"
        "  schedule       {:+.1f} % against the captured order, both simulated\n",
        us(c.scheduled), error_text(c.scheduled, c.measured), c.source,
        100 * (static_cast<double>(c.scheduled) / static_cast<double>(c.simulated) - 1));
  text += fmt::format("\n  {:<22}{:>6}{:>14}{:>14}{:>10}{:>10}\n", "latency by opcode", "count",
                      "measured ns", "simulated ns", "median", "p90");
  for (const OpcodeComparison& row : by_opcode(c))
    text += fmt::format("  {:<22}{:>6}{:>14.0f}{:>14.0f}{:>10}{:>10}\n", row.opcode, row.count,
                        row.measured_ns, row.simulated_ns, percent(row.median), percent(row.p90));
  for (const auto& [opcode, count] : c.left_out)
    text += fmt::format("  {:<22}{:>6}  not simulated\n", opcode, count);
  if (worst_count == 0 || c.pairs.empty()) return text;
  text += fmt::format("\n  {:<22}{:>12}{:>12}{:>12}{:>12}\n", "furthest apart", "start us",
                      "simulated", "latency ns", "simulated");
  for (const Pair& p : worst(c, worst_count))
    text += fmt::format("  {:<22}{:>12.3f}{:>12.3f}{:>12.0f}{:>12.0f}  {}\n", p.opcode,
                        us(p.measured_start), us(p.simulated_start), ns(p.measured),
                        ns(p.simulated), shown(p.operands));
  return text;
}

std::string comparison_json(const Comparison& c) {
  using Json = nlohmann::ordered_json;
  Json json;
  json["kernel"] = c.kernel;
  json["machine"] = c.machine;
  json["measured_ps"] = c.measured;
  json["simulated_ps"] = c.simulated;
  if (!c.source.empty()) json["program"] = {{"file", c.source}, {"simulated_ps", c.scheduled}};
  json["opcodes"] = Json::array();
  for (const OpcodeComparison& row : by_opcode(c))
    json["opcodes"].push_back({{"opcode", row.opcode},
                               {"count", row.count},
                               {"measured_median_ns", row.measured_ns},
                               {"simulated_median_ns", row.simulated_ns},
                               {"median_log_ratio", row.median},
                               {"p90_log_ratio", row.p90}});
  json["left_out"] = Json::array();
  for (const auto& [opcode, count] : c.left_out)
    json["left_out"].push_back({{"opcode", opcode}, {"count", count}});
  json["instructions"] = Json::array();
  for (const Pair& p : c.pairs)
    json["instructions"].push_back({{"opcode", p.opcode},
                                    {"captured", p.captured},
                                    {"measured_start_ps", p.measured_start},
                                    {"simulated_start_ps", p.simulated_start},
                                    {"measured_ps", p.measured},
                                    {"simulated_ps", p.simulated}});
  return json.dump(kIndent);
}

}  // namespace trainyard::profile
