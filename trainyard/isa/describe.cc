// Words for what a Spec holds as enumerations.

#include "trainyard/isa/describe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace trainyard::isa {

std::string signature(const Spec& spec) {
  std::vector<std::string> parts;
  for (const Param& p : spec.params)
    parts.push_back(p.default_text.empty() ? std::string(p.name)
                                           : fmt::format("{}={}", p.name, p.default_text));
  return fmt::format("{}({})", spec.name, fmt::join(parts, ", "));
}

std::string_view word_of(ParamKind kind) {
  switch (kind) {
    case ParamKind::tensor: return "tile";
    case ParamKind::tensors: return "list of tiles";
    case ParamKind::tensor_or_number: return "tile or number";
    case ParamKind::number: return "number";
    case ParamKind::integer: return "integer";
    case ParamKind::boolean: return "boolean";
    case ParamKind::op: return "operator";
    case ParamKind::integers: return "integers";
    case ParamKind::numbers: return "numbers";
    case ParamKind::pattern: return "access pattern";
    case ParamKind::engine: return "engine";
    case ParamKind::dge_mode: return "dge_mode";
    case ParamKind::oob_mode: return "oob_mode";
    case ParamKind::reduce_cmd: return "reduce_cmd";
    case ParamKind::perf_mode: return "matmul_perf_mode";
    case ParamKind::dma_engine: return "dma_engine";
    case ParamKind::reg: return "register";
    case ParamKind::reg_or_integer: return "register or integer";
    case ParamKind::name: return "string";
  }
  return "";
}

std::string_view word_of(Access access) {
  switch (access) {
    case Access::none: return "";
    case Access::read: return "read";
    case Access::write: return "written";
    case Access::update: return "read and written";
  }
  return "";
}

std::string_view word_of(Evidence evidence) {
  switch (evidence) {
    case Evidence::exact: return "exact";
    case Evidence::order_defined: return "order-defined";
    case Evidence::approximate: return "approximate";
  }
  return "";
}

std::string_view meaning_of(Evidence evidence) {
  switch (evidence) {
    case Evidence::exact: return "the bits that the documents define";
    case Evidence::order_defined:
      return "exact but for the order of additions, which is not public";
    case Evidence::approximate: return "a function whose approximation in the chip is not public";
  }
  return "";
}

std::string_view word_of(OperatorClass kind) {
  switch (kind) {
    case OperatorClass::arith: return "arithmetic of two inputs in float32";
    case OperatorClass::bits: return "raw bits of integers";
    case OperatorClass::unary: return "arithmetic of one input";
    case OperatorClass::function: return "function of the Scalar Engine's tables";
    case OperatorClass::other: return "special";
  }
  return "";
}

std::string doc_section(const Spec& spec, std::string_view head) {
  const std::string opening = fmt::format("\n{}: ", head);
  size_t at = spec.doc.find(opening);
  if (at == std::string_view::npos) return "";
  std::string_view rest = spec.doc.substr(at + opening.size());
  std::string text;
  // Lines that go on are indented.
  for (bool first = true; !rest.empty(); first = false) {
    if (!first && !rest.starts_with("  ")) break;
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, end);
    const size_t start = std::min(line.find_first_not_of(' '), line.size());
    if (!first) text += ' ';
    text += line.substr(start);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

std::string source_file(const Spec& spec) { return fmt::format("trainyard/isa/{}.cc", spec.name); }

}  // namespace trainyard::isa
