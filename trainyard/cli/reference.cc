// The reference of all instructions and operators as one page of Markdown.
#include <fmt/format.h>

#include "trainyard/cli/explain_pages.h"
#include "trainyard/isa/describe.h"
#include "trainyard/isa/operators.h"

namespace trainyard::cli {
namespace {

using isa::Param;
using isa::Spec;

constexpr std::string_view kOpening = R"(# The instructions

Made from the descriptions in `trainyard/isa` by `trainyard explain --markdown`; do not edit it.
Every instruction is a function of `nki.isa`. `trainyard explain NAME` shows one page, with the
constants of a machine's cost law.

| instruction | what it does | engines |
| --- | --- | --- |
)";

std::string section(const Spec& spec) {
  std::string text = fmt::format("\n## {}\n\n{}\n\n```python\n{}\n```\n\n", spec.name, spec.summary,
                                 wrapped_signature(spec));
  text += "| parameter | kind | access | default | |\n| --- | --- | --- | --- | --- |\n";
  for (const Param& p : spec.params) {
    if (p.kind == isa::ParamKind::name) continue;
    text += fmt::format("| {} | {} | {} | {} | {} |\n", p.name, isa::word_of(p.kind),
                        isa::word_of(p.access), p.default_text, p.doc);
  }
  const std::string indirect =
      spec.indirect.empty() ? "" : fmt::format(" Indirect (v4): {}.", indirect_words(spec));
  return text + fmt::format("\nEngines: {}. {}. Values: {}.{}\n\n```text{}```\n",
                            engine_words(spec), generation_words(spec.version),
                            evidence_words(spec), indirect, spec.doc);
}

std::string operator_table() {
  std::string text =
      "\n## Operators\n\n"
      "| operator | class | reduces | from | values |\n| --- | --- | --- | --- | --- |\n";
  for (int i = 0; i < isa::operator_count(); ++i) {
    const auto op = static_cast<isa::Operator>(i);
    const isa::OperatorInfo& info = isa::info(op);
    text +=
        fmt::format("| {} | {} | {} | NeuronCore-v{} | {} |\n", info.name, isa::word_of(info.kind),
                    info.reduces ? "yes" : "", info.version, isa::word_of(isa::evidence_of(op)));
  }
  return text;
}

}  // namespace

std::string reference_markdown() {
  std::string text(kOpening);
  for (const Spec* s : isa::instructions())
    text += fmt::format("| [{0}](#{0}) | {1} | {2} |\n", s->name, s->summary, engine_words(*s));
  for (const Spec* s : isa::instructions()) text += section(*s);
  return text + operator_table();
}

}  // namespace trainyard::cli
