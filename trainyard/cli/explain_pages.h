// What `trainyard explain` says about an instruction, an operator or a diagnostic.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "trainyard/base/diagnostics.h"
#include "trainyard/cli/terminal.h"
#include "trainyard/isa/instruction.h"

namespace trainyard::cli {

/// The signature, broken into lines.
std::string wrapped_signature(const isa::Spec& spec);
/// "tensor", or "vector, scalar, gpsimd".
std::string engine_words(const isa::Spec& spec);
std::string generation_words(int version);
/// The operands that may be NkiTensor.indirect views: "dst, src".
std::string indirect_words(const isa::Spec& spec);
std::string evidence_words(const isa::Spec& spec);

std::string instruction_text(const isa::Spec& spec, const machine::Machine& machine,
                             const Style& style);
std::string operator_text(isa::Operator op, const Style& style);
std::string operator_summary(isa::Operator op);
std::string diagnostic_text(const base::DiagnosticRule& rule, const Style& style);

/// Without `machine`, without the constants of the cost law.
nlohmann::ordered_json instruction_json(const isa::Spec& spec, const machine::Machine* machine);
nlohmann::ordered_json operator_json(isa::Operator op);
nlohmann::ordered_json diagnostic_json(const base::DiagnosticRule& rule);

/// docs/instructions.md
std::string reference_markdown();

}  // namespace trainyard::cli
