// Pages are made from the descriptions themselves: what an instruction checks and costs is told by
// the same file that checks and costs it.
#include "trainyard/cli/explain_pages.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "trainyard/base/strictness.h"
#include "trainyard/cli/machine_facts.h"
#include "trainyard/isa/describe.h"
#include "trainyard/isa/operators.h"
#include "trainyard/machine/keys.h"
#include "trainyard/machine/layer.h"

namespace trainyard::cli {

namespace {

using isa::Engine;
using isa::Param;
using isa::Spec;
using machine::Machine;
using machine::Row;

// The machine's constants that the cost of an instruction is made of: those of its engines.
std::vector<Row> constants(const Spec& spec, const Machine& machine) {
  std::vector<std::string> sections;
  for (const Engine e : spec.engines)
    sections.push_back(e == Engine::sync ? "core.sequencer."
                                         : fmt::format("core.{}.", isa::name_of(e)));
  std::vector<Row> rows;
  for (Row& row : machine::rows_of(machine)) {
    const bool branches = row.path.find(".branch_") != std::string::npos;
    const bool ours = std::ranges::any_of(
        sections, [&](const std::string& s) { return row.path.starts_with(s); });
    if (ours && !branches) rows.push_back(std::move(row));
  }
  return rows;
}

std::string constants_text(const Spec& spec, const Machine& machine, const Style& style) {
  Table table;
  table.header = {"constant of " + machine.name, "value", "evidence", "source", "meaning"};
  for (const Row& row : constants(spec, machine)) {
    const machine::Provenance& from = machine.provenance.at(row.path);
    table.rows.push_back({row.path, machine::format_value(row.value, row.key->unit),
                          std::string(machine::evidence_word(from.evidence)), from.source,
                          std::string(row.key->doc)});
  }
  return table.text(style);
}

std::string param_table(const Spec& spec, const Style& style) {
  Table table;
  table.header = {"parameter", "kind", "access", "default", ""};
  for (const Param& p : spec.params)
    table.rows.push_back(
        {std::string(p.name), std::string(isa::word_of(p.kind)),
         std::string(isa::word_of(p.access)), std::string(p.default_text),
         p.kind == isa::ParamKind::name ? "a label for messages and traces" : std::string(p.doc)});
  return table.text(style);
}

}  // namespace

std::string engine_words(const Spec& spec) {
  std::vector<std::string_view> names;
  for (const Engine e : spec.engines) names.push_back(isa::name_of(e));
  return names.empty() ? "sync" : fmt::format("{}", fmt::join(names, ", "));
}

// Breaks after a comma that is not inside parentheses of its own.
std::string wrapped_signature(const Spec& spec) {
  constexpr size_t kColumns = 96;
  const std::string signature = isa::signature(spec);
  const std::string indent(spec.name.size() + 1, ' ');
  std::string text, line;
  for (size_t start = 0; start < signature.size();) {
    size_t end = start;
    for (int depth = start == 0 ? -1 : 0; end < signature.size(); ++end) {
      depth += (signature[end] == '(') - (signature[end] == ')');
      if (signature[end] == ',' && depth == 0) break;
    }
    end = std::min(end + 1, signature.size());
    const std::string part = signature.substr(start, end - start);
    if (!line.empty() && line.size() + part.size() > kColumns) {
      text += line + "\n";
      line = indent + part.substr(1);
    } else {
      line += part;
    }
    start = end;
  }
  return text + line;
}

std::string generation_words(int version) {
  return fmt::format("NeuronCore-v{} and later", version);
}

std::string indirect_words(const Spec& spec) {
  std::vector<std::string_view> names;
  for (const int param : spec.indirect) names.push_back(spec.params[param].name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string evidence_words(const Spec& spec) {
  if (spec.evidence_of) return "by the arguments of the call";
  return fmt::format("{}: {}", isa::word_of(spec.evidence), isa::meaning_of(spec.evidence));
}

std::string instruction_text(const Spec& spec, const Machine& machine, const Style& style) {
  std::string text = fmt::format("{}: {}\n\n", style.bold(spec.name), spec.summary);
  text += wrapped_signature(spec) + "\n\n";
  text += param_table(spec, style) + "\n";
  text += fmt::format("engines      {}\n", engine_words(spec));
  text += fmt::format("generations  {}\n", generation_words(spec.version));
  if (!spec.indirect.empty())
    text += fmt::format("indirect     {} (NkiTensor.indirect, {})\n", indirect_words(spec),
                        generation_words(4));
  text += fmt::format("evidence     {}\n", evidence_words(spec));
  text += fmt::format("described in {}\n", isa::source_file(spec));
  text += fmt::format("{}\n", spec.doc);
  return text + constants_text(spec, machine, style);
}

std::string operator_summary(isa::Operator op) {
  const isa::OperatorInfo& info = isa::info(op);
  return fmt::format("{}{}", isa::word_of(info.kind), info.reduces ? "; reduces" : "");
}

std::string operator_text(isa::Operator op, const Style& style) {
  const isa::OperatorInfo& info = isa::info(op);
  std::string text = fmt::format("{}: an operator, nl.{}\n\n", style.bold(info.name), info.name);
  text += fmt::format("class        {}\n", isa::word_of(info.kind));
  text += fmt::format("reduces      {}\n", info.reduces ? "yes" : "no");
  text += fmt::format("generations  {}\n", generation_words(info.version));
  const isa::Evidence evidence = isa::evidence_of(op);
  text += fmt::format("evidence     {}: {}\n", isa::word_of(evidence), isa::meaning_of(evidence));
  return text;
}

std::string diagnostic_text(const base::DiagnosticRule& rule, const Style& style) {
  const std::string_view effect = base::when_relaxed(base::code_of(rule));
  const std::string relaxed =
      effect.empty() ? "It cannot be relaxed."
                     : fmt::format("With --lenient {} it is a note. {}", rule.name, effect);
  return fmt::format("{} {}\n\n{}\n{}\n{}\n", style.bold(rule.code), rule.name, rule.summary,
                     rule.advice, relaxed);
}

nlohmann::ordered_json instruction_json(const Spec& spec, const Machine* machine) {
  nlohmann::ordered_json page;
  page["name"] = spec.name;
  page["kind"] = "instruction";
  page["signature"] = isa::signature(spec);
  page["module"] = spec.module;
  page["summary"] = spec.summary;
  page["doc"] = spec.doc;
  auto params = nlohmann::ordered_json::array();
  for (const Param& p : spec.params) {
    params.push_back({{"name", p.name},
                      {"kind", isa::word_of(p.kind)},
                      {"access", isa::word_of(p.access)},
                      {"default", p.default_text},
                      {"required", p.default_text.empty()},
                      {"none_allowed", p.none_allowed || p.default_text == "None"},
                      {"doc", p.doc}});
  }
  page["params"] = std::move(params);
  auto engines = nlohmann::ordered_json::array();
  for (const Engine e : spec.engines) engines.push_back(isa::name_of(e));
  page["engines"] = std::move(engines);
  page["neuroncore_version"] = spec.version;
  auto indirect = nlohmann::ordered_json::array();
  for (const int param : spec.indirect) indirect.push_back(spec.params[param].name);
  page["indirect"] = std::move(indirect);
  page["evidence"] = spec.evidence_of ? "by argument" : isa::word_of(spec.evidence);
  page["cost"] = isa::doc_section(spec, "Cost");
  page["sources"] = isa::doc_section(spec, "Sources");
  page["file"] = isa::source_file(spec);
  if (!machine) return page;
  page["machine"] = machine->name;
  auto values = nlohmann::ordered_json::object();
  for (const Row& row : constants(spec, *machine)) {
    const machine::Provenance& from = machine->provenance.at(row.path);
    nlohmann::ordered_json item;
    std::visit([&](const auto& value) { item["value"] = value; }, row.value);
    item["unit"] = row.key->unit;
    item["evidence"] = machine::evidence_word(from.evidence);
    item["source"] = from.source;
    if (from.low && from.high) item["range"] = {*from.low, *from.high};
    values[row.path] = std::move(item);
  }
  page["constants"] = std::move(values);
  return page;
}

nlohmann::ordered_json operator_json(isa::Operator op) {
  const isa::OperatorInfo& info = isa::info(op);
  return {{"name", info.name},
          {"kind", "operator"},
          {"class", isa::word_of(info.kind)},
          {"reduces", info.reduces},
          {"neuroncore_version", info.version},
          {"evidence", isa::word_of(isa::evidence_of(op))}};
}

nlohmann::ordered_json diagnostic_json(const base::DiagnosticRule& rule) {
  return {{"name", rule.code},     {"kind", "diagnostic"},
          {"title", rule.name},    {"summary", rule.summary},
          {"advice", rule.advice}, {"relaxed", base::when_relaxed(base::code_of(rule))}};
}

}  // namespace trainyard::cli
