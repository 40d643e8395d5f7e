// `trainyard explain`: the manual page of an instruction, an operator or a diagnostic.
#include <algorithm>
#include <cctype>
#include <memory>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "trainyard/cli/command.h"
#include "trainyard/cli/explain_pages.h"
#include "trainyard/isa/value.h"

namespace trainyard::cli {
namespace {

using base::Code;
using base::Error;

constexpr int kIndent = 2;

struct Options {
  std::string name, machine = "trn2";
  std::vector<std::string> overrides;
  bool list = false, json = false, markdown = false;
};

/// Everything that bears a name: `reciprocal` is an instruction and an operator.
struct Found {
  const isa::Spec* instruction = nullptr;
  std::optional<isa::Operator> op;
  const base::DiagnosticRule* diagnostic = nullptr;

  bool any() const { return instruction || op || diagnostic; }
};

bool same_code(std::string_view a, std::string_view b) {
  return std::ranges::equal(
      a, b, [](unsigned char x, unsigned char y) { return std::toupper(x) == std::toupper(y); });
}

Found find(const std::string& name) {
  Found found;
  const int opcode = isa::find_instruction(name);
  if (opcode >= 0) found.instruction = isa::instructions()[static_cast<size_t>(opcode)];
  found.op = isa::operator_from_name(name);
  for (const base::DiagnosticRule& rule : base::all_rules())
    if (same_code(rule.code, name) || rule.name == name) found.diagnostic = &rule;
  return found;
}

std::vector<isa::Operator> operators() {
  std::vector<isa::Operator> all;
  for (int i = 0; i < isa::operator_count(); ++i) all.push_back(static_cast<isa::Operator>(i));
  return all;
}

[[noreturn]] void refuse(const std::string& name) {
  std::vector<std::string> known;
  for (const isa::Spec* spec : isa::instructions()) known.emplace_back(spec->name);
  for (const isa::Operator op : operators()) known.emplace_back(isa::name_of(op));
  for (const base::DiagnosticRule& rule : base::all_rules()) {
    known.emplace_back(rule.code);
    known.emplace_back(rule.name);
  }
  const std::string near = base::did_you_mean(name, known);
  throw Error(Code::E001, fmt::format("no instruction, operator or diagnostic is called {}", name))
      .fix(near.empty() ? "see trainyard explain --list" : fmt::format("did you mean {}?", near));
}

std::string list_text(const Style& style) {
  const auto section = [&](std::string_view title, const Table& table) {
    return style.bold(title) + "\n" + table.text(style) + "\n";
  };
  Table instructions{.header = {"name", "what it does"}, .right = {}, .rows = {}};
  Table ops{.header = {"name", "class"}, .right = {}, .rows = {}};
  Table diagnostics{.header = {"code", "name", "what it demands"}, .right = {}, .rows = {}};
  for (const isa::Spec* s : isa::instructions())
    instructions.rows.push_back({std::string(s->name), std::string(s->summary)});
  for (const isa::Operator op : operators())
    ops.rows.push_back({std::string(isa::name_of(op)), operator_summary(op)});
  for (const base::DiagnosticRule& r : base::all_rules())
    diagnostics.rows.push_back({std::string(r.code), std::string(r.name), std::string(r.summary)});
  return section("Instructions", instructions) + section("Operators", ops) +
         section("Diagnostics", diagnostics) + "`trainyard explain NAME` shows the page of one.\n";
}

nlohmann::ordered_json list_json() {
  auto pages = nlohmann::ordered_json::array();
  for (const isa::Spec* spec : isa::instructions())
    pages.push_back(instruction_json(*spec, nullptr));
  for (const isa::Operator op : operators()) pages.push_back(operator_json(op));
  for (const base::DiagnosticRule& rule : base::all_rules()) pages.push_back(diagnostic_json(rule));
  return pages;
}

void show(const Options& options) {
  const Found found = find(options.name);
  if (!found.any()) refuse(options.name);
  const machine::Machine machine = machine::load_machine(options.machine, options.overrides);
  if (options.json) {
    auto pages = nlohmann::ordered_json::array();
    if (found.instruction) pages.push_back(instruction_json(*found.instruction, &machine));
    if (found.op) pages.push_back(operator_json(*found.op));
    if (found.diagnostic) pages.push_back(diagnostic_json(*found.diagnostic));
    fmt::print("{}\n", pages.dump(kIndent));
    return;
  }
  const Style style = Style::of_stdout();
  std::vector<std::string> pages;
  if (found.instruction) pages.push_back(instruction_text(*found.instruction, machine, style));
  if (found.op) pages.push_back(operator_text(*found.op, style));
  if (found.diagnostic) pages.push_back(diagnostic_text(*found.diagnostic, style));
  for (size_t i = 0; i < pages.size(); ++i) fmt::print("{}{}", i ? "\n" : "", pages[i]);
}

}  // namespace

Action add_explain(CLI::App& app) {
  auto options = std::make_shared<Options>();
  app.add_option("NAME", options->name, "an instruction, an operator or a code such as E104")
      ->type_name("");
  app.add_option("--machine", options->machine, "whose constants to show (trn2)")
      ->type_name("NAME|FILE");
  app.add_option("--set", options->overrides, "change a number, e.g. core.tensor.clock_ghz=3.0")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_flag("--list", options->list, "everything that has a page");
  app.add_flag("--json", options->json, "print a JSON list of pages");
  app.add_flag("--markdown", options->markdown, "print docs/instructions.md");
  app.footer(
      "Examples:\n"
      "  trainyard explain nc_matmul                 parameters, limits, cost and evidence\n"
      "  trainyard explain nc_matmul --machine trn1  with that machine's constants\n"
      "  trainyard explain E104                      what a message means\n"
      "  trainyard explain gelu                      an operator\n"
      "  trainyard explain --list");
  return [options] {
    if (options->markdown) {
      fmt::print("{}", reference_markdown());
    } else if (options->list && options->json) {
      fmt::print("{}\n", list_json().dump(kIndent));
    } else if (options->list) {
      fmt::print("{}", list_text(Style::of_stdout()));
    } else if (options->name.empty()) {
      throw Error(Code::E001, "explain what?").fix("see trainyard explain --list");
    } else {
      show(*options);
    }
  };
}

}  // namespace trainyard::cli
