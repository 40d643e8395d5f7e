// A data sheet shows every number with its evidence; where public figures disagree, both.
#include "trainyard/cli/machine_sheet.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trainyard/cli/machine_facts.h"
#include "trainyard/machine/catalog.h"

namespace trainyard::cli {
namespace {

using machine::Machine;
using machine::Provenance;
using machine::Row;

std::string section_of(const Row& row) { return row.path.substr(0, row.path.rfind('.')); }
std::string member_of(const Row& row) { return row.path.substr(row.path.rfind('.') + 1); }

std::string value_text(const Row& row) { return machine::format_value(row.value, row.key->unit); }

std::string range_text(const Row& row, const Provenance& from) {
  if (!from.low && !from.high) return "";
  const auto end = [&](double x) {
    return row.key->unit == "B" ? bytes(x) : fmt::format("{:g}", x);
  };
  const std::string low = *from.low == 0 ? "0" : end(*from.low);
  return fmt::format("{} to {}", low, end(*from.high));
}

/// "trn2.toml:14"
std::string place_text(const Provenance& from) {
  if (from.file.empty()) return "";
  return fmt::format("{}:{}", std::filesystem::path(from.file).filename().string(), from.line);
}

std::vector<std::string> split_sources(const std::string& list) {
  std::vector<std::string> names;
  for (size_t start = 0; start < list.size();) {
    const size_t end = std::min(list.find(", ", start), list.size());
    names.push_back(list.substr(start, end - start));
    start = end + 2;
  }
  return names;
}

/// The sources that this machine's numbers are from: key -> title.
std::map<std::string, std::string> cited_sources(const Machine& machine) {
  std::map<std::string, std::string> cited;
  for (const auto& [path, from] : machine.provenance) {
    for (const std::string& name : split_sources(from.source)) {
      const auto source = machine.sources.find(name);
      if (source != machine.sources.end()) cited.insert(*source);
    }
  }
  return cited;
}

/// How many numbers rest on what: "70 document, 32 measured".
std::string evidence_text(const Machine& machine, const std::vector<Row>& rows) {
  std::map<machine::Evidence, int> counts;
  int conflicts = 0;
  for (const Row& row : rows) {
    const Provenance& from = machine.provenance.at(row.path);
    if (machine::number_of(row.value)) ++counts[from.evidence];
    conflicts += from.conflict.empty() ? 0 : 1;
  }
  std::string text;
  for (const auto& [evidence, count] : counts) {
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, evidence_word(evidence));
  }
  return fmt::format("{}; {} with conflicting sources (!)", text, conflicts);
}

constexpr std::array<std::string_view, 5> kHeader{"", "value", "evidence", "source", "range"};

}  // namespace

std::string list_text(const std::vector<Machine>& machines, const Style& style) {
  Table table;
  table.header = {"machine", "chip",    "cores", "clock",           "SBUF", "array", "bf16",
                  "fp8",     "HBM GiB", "TB/s",  "default instance"};
  table.right = {false, false, false, true, true, true, true, true, true, true, false};
  for (const Machine& m : machines) {
    const auto& core = m.core;
    const double sbuf = static_cast<double>(core.memory.sbuf_partition_bytes) * core.partitions;
    const double array = array_tflops(core);
    table.rows.push_back({m.name, m.chip.name, fmt::format("{} {}", m.chip.cores, core.name),
                          ghz(core.tensor.clock_ghz), bytes(sbuf),
                          array == 0 ? "" : fmt::format("{:.1f}", array),
                          number(m.chip.peak_bf16_tflops), number(m.chip.peak_fp8_tflops),
                          number(m.chip.hbm_gb), fmt::format("{:.2g}", m.chip.hbm_tb_s),
                          fmt::format("{}: {}", m.instance.name, chips_of(m.instance))});
  }
  std::string text = table.text(style);
  text += "\nTFLOPS: array of one core's systolic array; bf16 and fp8 of a chip, as published.\n\n";
  text += style.bold("Other names and instances") + "\n";
  for (const machine::Layer& layer : machine::built_in_layers()) {
    std::vector<std::string> names = layer.aliases;
    for (const auto& offer : layer.offers) names.push_back(offer.name);
    text += fmt::format("{}  {}\n", padded(layer.stem, 7), fmt::join(names, ", "));
  }
  return text +
         "\n`trainyard machines NAME` shows a data sheet, with the source of every number.\n";
}

nlohmann::ordered_json list_json(const std::vector<Machine>& machines) {
  auto list = nlohmann::ordered_json::array();
  for (const Machine& m : machines) {
    nlohmann::ordered_json item;
    item["name"] = m.name;
    item["title"] = m.title;
    item["aliases"] = m.aliases;
    item["core"] = m.core.name;
    item["runs_kernels"] = m.core.runs_kernels;
    item["cores"] = m.chip.cores;
    item["tensor_clock_ghz"] = m.core.tensor.clock_ghz;
    item["core_bf16_tflops"] = array_tflops(m.core);
    item["chip_bf16_tflops"] = m.chip.peak_bf16_tflops;
    item["chip_fp8_tflops"] = m.chip.peak_fp8_tflops;
    item["sbuf_bytes"] = m.core.memory.sbuf_partition_bytes * m.core.partitions;
    item["psum_bytes"] = m.core.memory.psum_partition_bytes * m.core.partitions;
    item["hbm_gb"] = m.chip.hbm_gb;
    item["hbm_tb_s"] = m.chip.hbm_tb_s;
    item["instance"] = m.instance.name;
    item["chips"] = m.instance.chips;
    list.push_back(item);
  }
  return list;
}

std::string sheet_text(const Machine& machine, const Style& style) {
  const std::vector<Row> rows = rows_of(machine);
  // Widths over the whole sheet, so that the columns of all sections line up.
  std::array<size_t, 5> widths{};
  const auto cells_of = [&](const Row& row) {
    const Provenance& from = machine.provenance.at(row.path);
    const bool sourced = !from.source.empty();
    return std::array<std::string, 5>{member_of(row), value_text(row),
                                      sourced ? std::string(evidence_word(from.evidence)) : "",
                                      from.source, range_text(row, from)};
  };
  for (const Row& row : rows) {
    const auto cells = cells_of(row);
    for (size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max({widths[i], width_of(cells[i]), kHeader[i].size()});
    }
  }
  const auto line = [&](const auto& cells) {
    std::string out;
    for (size_t i = 0; i < cells.size(); ++i) out += padded(cells[i], widths[i] + 2);
    return out.substr(0, out.find_last_not_of(' ') + 1);
  };

  std::string text = fmt::format(
      "{}\n{}; {}: {}\n{}\n", style.bold(machine.title + ": " + machine.name), cores_of(machine),
      machine.instance.name, shape_of(machine.instance), evidence_text(machine, rows));
  if (!machine.core.runs_kernels)
    text += "For planning only: too little is public to run kernels.\n";
  std::string section;
  for (const Row& row : rows) {
    const Provenance& from = machine.provenance.at(row.path);
    if (section_of(row) != section) {
      section = section_of(row);
      auto header = kHeader;
      header[0] = section;
      text += "\n  " + style.bold(line(header)) + "\n";
    }
    const bool conflict = !from.conflict.empty();
    text += conflict ? style.yellow("! ") : "  ";
    text += line(cells_of(row)) + "\n";
    if (conflict) text += "      " + style.yellow(from.conflict) + "\n";
    if (!from.note.empty()) text += "      " + style.dim(from.note) + "\n";
  }
  text += "\n  " + style.bold("sources") + "\n";
  for (const auto& [name, title] : cited_sources(machine)) {
    text += fmt::format("  {}{}\n", padded(name, 8), title);
  }
  return text;
}

nlohmann::ordered_json sheet_json(const Machine& machine) {
  nlohmann::ordered_json sheet;
  sheet["name"] = machine.name;
  sheet["title"] = machine.title;
  sheet["aliases"] = machine.aliases;
  auto values = nlohmann::ordered_json::object();
  for (const Row& row : rows_of(machine)) {
    const Provenance& from = machine.provenance.at(row.path);
    nlohmann::ordered_json item;
    std::visit([&](const auto& value) { item["value"] = value; }, row.value);
    if (!row.key->unit.empty()) item["unit"] = row.key->unit;
    item["doc"] = row.key->doc;
    if (!from.source.empty()) {
      item["evidence"] = evidence_word(from.evidence);
      item["sources"] = split_sources(from.source);
    }
    if (from.low && from.high) item["range"] = {*from.low, *from.high};
    if (!from.conflict.empty()) item["conflict"] = from.conflict;
    if (!from.note.empty()) item["note"] = from.note;
    if (from.line > 0) item["place"] = place_text(from);
    values[row.path] = item;
  }
  sheet["values"] = values;
  sheet["sources"] = cited_sources(machine);
  return sheet;
}

}  // namespace trainyard::cli
