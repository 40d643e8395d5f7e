// The figures of one kernel: what it took, what was busy, what moved, how sure the values are.

#include "trainyard/profile/summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>

#include "trainyard/profile/words.h"

namespace trainyard::profile {

namespace {

constexpr int kIndent = 2;
constexpr double kLeastEnergyShare = 0.01;  // of a part that is listed

// Whole percents; what is there never reads as 0, what is not everything never as 100.
std::string rounded_percent(uint64_t part, uint64_t whole) {
  if (whole == 0) return "0 %";
  const auto percent =
      std::llround(ratio(static_cast<double>(part), static_cast<double>(whole)) * 100);
  if (part > 0 && percent == 0) return "<1 %";
  if (part < whole && percent == 100) return ">99 %";
  return fmt::format("{} %", percent);
}

std::string row(std::string_view name, std::string_view text) {
  return fmt::format("  {:<15}{}\n", name, text);
}

std::string engine_rows(const Trace& t) {
  size_t width = 0;
  for (const Lane& lane : t.lanes) width = std::max(width, lane.name.size());
  const Unit unit = unit_of(t.span);
  std::string text = row("engines", "busy");
  for (const Lane& lane : t.lanes) {
    if (lane.busy == 0) continue;
    text += fmt::format("    {:<{}}  {:>7}  {:>8} {}\n", lane.name, std::max<size_t>(11, width),
                        percent(t.busy_share(lane)), in_unit(lane.busy, unit, 4), unit.name);
  }
  return text;
}

std::string hbm_text(const Trace& t) {
  return fmt::format("{}, {} GB/s of {} ({})", bytes_text(static_cast<double>(t.hbm_bytes)),
                     significant(t.hbm_gb_s(), 4), significant(t.hbm_gb_s_peak, 4),
                     percent(ratio(t.hbm_gb_s(), t.hbm_gb_s_peak)));
}

std::string tensor_text(const Trace& t) {
  if (t.flops == 0) return "no matmul";
  return fmt::format("{} TFLOP/s of {} ({})", significant(t.tflops(), 4),
                     significant(t.peak_tflops, 4), percent(ratio(t.tflops(), t.peak_tflops)));
}

std::string joules_text(double joules) {
  for (const auto& [size, name] : {std::pair{1.0, "J"}, {1e-3, "mJ"}, {1e-6, "uJ"}}) {
    if (joules >= size) return significant(joules / size, 4) + " " + name;
  }
  return significant(joules * 1e9, 4) + " nJ";
}

// The parts of the energy, idleness last.
std::vector<EnergyPart> energy_parts(const Trace& t) {
  std::vector<EnergyPart> parts = t.energy.parts;
  parts.push_back({"idle", t.energy.idle(t.span, t.low, t.high)});
  return parts;
}

std::string energy_rows(const Trace& t) {
  if (t.energy.parts.empty()) return "";
  const Ranged all = t.joules();
  std::vector<EnergyPart> parts = energy_parts(t);
  std::ranges::stable_sort(parts, std::greater{}, [](const auto& p) { return p.joules.value; });
  std::vector<std::string> shares;
  for (const EnergyPart& part : parts) {
    const double share = ratio(part.joules.value, all.value);
    if (share >= kLeastEnergyShare)
      shares.push_back(fmt::format("{} {:.0f} %", part.name, 100 * share));
  }
  return row("energy",
             fmt::format("{}, {} W on average (estimate, {} to {})", joules_text(all.value),
                         significant(t.watts(), 3), joules_text(all.low), joules_text(all.high))) +
         row("", fmt::format("{}", fmt::join(shares, " · ")));
}

std::string memory_text(int64_t peak, int64_t size) {
  if (peak == 0) return "not used";
  return fmt::format("{} of {} bytes in each partition at most ({})",
                     count_text(static_cast<uint64_t>(peak)),
                     count_text(static_cast<uint64_t>(size)),
                     percent(ratio(static_cast<double>(peak), static_cast<double>(size))));
}

}  // namespace

std::string time_text(const Trace& t) {
  const Unit unit = unit_of(t.span);
  if (t.measured) return fmt::format("{} {} measured", in_unit(t.span, unit, 4), unit.name);
  return fmt::format("{} {} simulated ({}, {} to {} {})", in_unit(t.span, unit, 4), unit.name,
                     t.calibrated ? "calibrated" : "uncalibrated", in_unit(t.low, unit, 3),
                     in_unit(t.high, unit, 3), unit.name);
}

std::string fidelity_text(const Fidelity& f) {
  const uint64_t all = f.exact + f.order_defined + f.approximate;
  std::string functions;
  if (!f.approximate_functions.empty())
    functions = fmt::format(" ({})", fmt::join(f.approximate_functions, ", "));
  return fmt::format("exact {} · order-defined {} · approximate {}{} · reached control flow: {}",
                     rounded_percent(f.exact, all), rounded_percent(f.order_defined, all),
                     rounded_percent(f.approximate, all), functions,
                     f.reached_control_flow ? "yes" : "no");
}

std::string summary_text(const Trace& t) {
  std::string text = fmt::format("{} on {}: {}\n", t.kernel, t.machine, t.machine_line);
  text += row("time", time_text(t));
  text += row("instructions", count_text(t.instructions));
  text += engine_rows(t);
  text += row("DMA engines", fmt::format("{} of {}", percent(t.dma_share()), t.dma_engines));
  text += row("HBM", hbm_text(t));
  text += row("Tensor Engine", tensor_text(t));
  text += energy_rows(t);
  if (!t.measured) {
    text += row("SBUF", memory_text(t.sbuf_peak_bytes, t.sbuf_bytes));
    text += row("PSUM", memory_text(t.psum_peak_bytes, t.psum_bytes));
    text += row("fidelity", fidelity_text(t.fidelity));
  }
  for (const Finding& f : t.findings)
    text +=
        row("note", f.text + (f.source.line > 0 ? fmt::format(" ({})", place_text(f.source)) : ""));
  if (t.sanitized) text += sanitizer_text(t.sanitizer);
  return text;
}

std::string summary_json(const Trace& t) {
  using Json = nlohmann::ordered_json;
  Json engines = Json::array(), findings = Json::array();
  for (const Lane& lane : t.lanes) {
    engines.push_back(
        {{"name", lane.name}, {"busy_share", t.busy_share(lane)}, {"busy_ps", lane.busy}});
  }
  for (const Finding& f : t.findings)
    findings.push_back({{"text", f.text}, {"file", f.source.file}, {"line", f.source.line}});
  const auto memory = [](int64_t peak, int64_t size) {
    return Json{{"peak_partition_bytes", peak}, {"partition_bytes", size}};
  };
  const auto ranged = [](const Ranged& r) {
    return Json{{"value", r.value}, {"low", r.low}, {"high", r.high}};
  };
  const Fidelity& f = t.fidelity;
  Json json;
  json["kernel"] = t.kernel;
  json["machine"] = t.machine;
  json["machine_line"] = t.machine_line;
  json["instructions"] = t.instructions;
  json["time"] = {{"kind", t.measured ? "measured" : "simulated"},
                  {"calibrated", t.calibrated},
                  {"ps", t.span},
                  {"low_ps", t.low},
                  {"high_ps", t.high},
                  {"text", time_text(t)}};
  json["engines"] = std::move(engines);
  json["dma"] = {{"engines", t.dma_engines}, {"busy_share", t.dma_share()}};
  json["hbm"] = {{"bytes", t.hbm_bytes},
                 {"gb_s", t.hbm_gb_s()},
                 {"gb_s_peak", t.hbm_gb_s_peak},
                 {"share", ratio(t.hbm_gb_s(), t.hbm_gb_s_peak)}};
  json["tensor"] = {{"flops", t.flops},
                    {"tflops", t.tflops()},
                    {"tflops_peak", t.peak_tflops},
                    {"share", ratio(t.tflops(), t.peak_tflops)}};
  if (!t.energy.parts.empty()) {
    const auto listed = [&](const std::vector<EnergyPart>& parts) {
      Json list = Json::array();
      for (const EnergyPart& part : parts) {
        Json entry = ranged(part.joules);
        entry["name"] = part.name;
        list.push_back(std::move(entry));
      }
      return list;
    };
    json["energy"] = {{"kind", "estimate"},
                      {"joules", ranged(t.joules())},
                      {"watts", t.watts()},
                      {"idle_watts", ranged(t.energy.idle_w)},
                      {"parts", listed(energy_parts(t))},
                      {"instructions", listed(t.energy.by_instruction)}};
  }
  const auto dumped = [&] {
    return json.dump(kIndent, ' ', false, Json::error_handler_t::replace);
  };
  if (t.measured) return dumped();
  json["sbuf"] = memory(t.sbuf_peak_bytes, t.sbuf_bytes);
  json["psum"] = memory(t.psum_peak_bytes, t.psum_bytes);
  json["fidelity"] = {{"exact", f.exact},
                      {"order_defined", f.order_defined},
                      {"approximate", f.approximate},
                      {"approximate_functions", f.approximate_functions},
                      {"reached_control_flow", f.reached_control_flow},
                      {"text", fidelity_text(f)}};
  json["findings"] = std::move(findings);
  if (t.sanitized) json["sanitizer"] = Json::parse(sanitizer_json(t.sanitizer));
  return dumped();
}

}  // namespace trainyard::profile
