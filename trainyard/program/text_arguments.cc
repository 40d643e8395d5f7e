// Parsing the arguments of an instruction: tensors with their access patterns, numbers, lists.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <charconv>

#include "trainyard/program/text_parser.h"

namespace trainyard::program {

using isa::Dim;
using isa::Indirect;
using isa::Layout;
using isa::Param;
using isa::ParamKind;
using Kind = Token::Kind;

int64_t TextParser::integer(std::string_view what, int64_t low, int64_t high) {
  const Token token = lexer_.expect(Kind::integer, what);
  if (token.integer < low || token.integer > high)
    lexer_.fail(token, fmt::format("{} is {} to {}", what, low, high));
  return token.integer;
}

double TextParser::number() {
  if (lexer_.accept("inf")) return std::numeric_limits<double>::infinity();
  if (lexer_.accept("nan")) {
    if (!lexer_.accept('(')) return std::numeric_limits<double>::quiet_NaN();
    const Token bits = lexer_.expect(Kind::number, "the bits of a NaN");
    uint64_t value = 0;
    const std::string_view digits = bits.spelled.substr(std::min<size_t>(2, bits.spelled.size()));
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
    if (end != digits.data() + digits.size() ||
        std::bit_cast<double>(value) == std::bit_cast<double>(value))
      lexer_.fail(bits, "these are not the bits of a NaN");
    lexer_.expect(')');
    return std::bit_cast<double>(value);
  }
  if (lexer_.peek().kind == Kind::integer) return lexer_.next().number;
  return lexer_.expect(Kind::number, "a number").number;
}

bool TextParser::at_numbered(char letter) const {
  const Token& t = lexer_.peek();
  return t.kind == Kind::word && t.spelled.size() > 1 && t.spelled[0] == letter &&
         t.spelled.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

uint32_t TextParser::numbered(char letter, uint32_t count, std::string_view what) {
  const Token token = lexer_.peek();
  if (!at_numbered(letter)) lexer_.fail(token, fmt::format("expected {}, {}0 or so", what, letter));
  lexer_.next();
  uint32_t id = 0;
  const std::string_view digits = token.spelled.substr(1);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), id);
  if (read.ec != std::errc{} || id >= count)
    lexer_.fail(token, fmt::format("no {}: there are {} so far", token.spelled, count));
  return id;
}

std::vector<Dim> TextParser::pattern() {
  std::vector<Dim> dims;
  items('[', ']', [&] {
    Dim dim;
    lexer_.expect('[');
    dim.step = integer("a step");
    lexer_.expect(',');
    dim.count = integer("a count");
    lexer_.expect(']');
    dims.push_back(dim);
  });
  return dims;
}

std::vector<Dim> TextParser::slices(const isa::Tensor& t, int64_t& offset) {
  std::vector<Dim> dims;
  const Token bracket = lexer_.peek();
  items('[', ']', [&] {
    const Token start = lexer_.peek();
    if (dims.size() == t.shape.size())
      lexer_.fail(start, fmt::format("the tensor has {} dimensions", t.shape.size()));
    const int64_t size = t.shape[dims.size()];
    const int64_t first = integer("a start", 0, size);
    lexer_.expect(':');
    const int64_t stop = integer("a stop", first, size);
    if (stop == first) lexer_.fail(start, "an empty slice");
    const int64_t step = lexer_.accept(':') ? integer("a step", 1, size) : 1;
    int64_t stride = 1;
    for (size_t d = dims.size() + 1; d < t.shape.size(); ++d) stride *= t.shape[d];
    offset += first * stride;
    dims.push_back({step * stride, (stop - first + step - 1) / step});
  });
  if (dims.size() != t.shape.size())
    lexer_.fail(bracket, fmt::format("a slice for each of {} dimensions", t.shape.size()));
  return dims;
}

void TextParser::dynamic_address(Program& p, Layout& l, std::vector<Operand>& index) {
  const Token word = lexer_.expect(Kind::word, "scalar, vector or column");
  for (Indirect kind : {Indirect::scalar, Indirect::vector, Indirect::column})
    if (word.is(isa::name_of(kind))) l.indirect = kind;
  if (l.indirect == Indirect::none) lexer_.fail(word, "expected scalar, vector or column");
  lexer_.expect('=');
  if (at_numbered('r')) l.reg = numbered('r', p.register_count(), "a register");
  else access(p, index, true);
  const auto field = [&](std::string_view name, int64_t high) {
    lexer_.expect(name);
    lexer_.expect('=');
    return integer(name, 0, high);
  };
  l.scale = field("scale", kHighest);
  l.limit = field("limit", kHighest);
  l.indirect_dim = static_cast<uint8_t>(field("dim", isa::kMaxDims));
  lexer_.expect('}');
}

void TextParser::access(Program& p, std::vector<Operand>& operands, bool is_index) {
  const Token name = lexer_.peek();
  Operand o;
  o.tensor = numbered('t', static_cast<uint32_t>(p.tensor_count()), "a tensor");
  const isa::Tensor& t = p.tensor(o.tensor);
  Layout l;
  l.dtype = t.dtype;
  std::vector<Dim> dims;
  if (lexer_.accept('@')) {
    o.offset = integer("an offset", 0);
    dims = pattern();
    if (lexer_.accept(':')) {
      const Token type = lexer_.expect(Kind::word, "a data type");
      const auto dtype = base::dtype_from_name(type.spelled);
      if (!dtype) lexer_.fail(type, fmt::format("no data type {}", type.spelled));
      l.dtype = *dtype;
    }
  } else if (lexer_.peek().is('[')) {
    dims = slices(t, o.offset);
  } else {
    int64_t step = 1;
    for (size_t d = t.shape.size(); d-- > 0; step *= t.shape[d])
      dims.insert(dims.begin(), {step, t.shape[d]});
  }
  if (dims.empty() || dims.size() > isa::kMaxDims)
    lexer_.fail(name,
                fmt::format("{} dimensions, 1 to {} are possible", dims.size(), isa::kMaxDims));
  l.ndim = static_cast<uint8_t>(dims.size());
  std::copy(dims.begin(), dims.end(), l.dims.begin());
  std::vector<Operand> index;
  const Token brace = lexer_.peek();
  if (lexer_.accept('{')) {
    if (is_index) lexer_.fail(brace, "an index has no dynamic address of its own");
    dynamic_address(p, l, index);
  }
  o.layout = p.intern(l);
  check_access(p, o, index.empty() ? nullptr : index.data());
  operands.push_back(o);
  operands.insert(operands.end(), index.begin(), index.end());
}

Value TextParser::tensors(Program& p, std::vector<Operand>& operands) {
  const auto first = static_cast<int64_t>(operands.size());
  int64_t count = 0;
  const Token bracket = lexer_.peek();
  items('[', ']', [&] {
    access(p, operands);
    ++count;
  });
  if (count == 0) lexer_.fail(bracket, "expected at least one tensor");
  return {Value::Kind::operand, first | count << 32};
}

Value TextParser::list(Program& p, ParamKind kind) {
  std::vector<int64_t> out;
  items('[', ']', [&] {
    if (kind == ParamKind::pattern && lexer_.peek().is('['))
      items('[', ']', [&] { out.push_back(integer("an integer")); });
    else if (kind == ParamKind::numbers) out.push_back(std::bit_cast<int64_t>(number()));
    else out.push_back(integer("an integer"));
  });
  return Value::list(p.intern_list(out));
}

Value TextParser::member(const Param& param) {
  const auto names = isa::member_names(param.kind);
  const Token word = lexer_.peek();
  const auto found = std::find(names.begin(), names.end(), word.spelled);
  if (word.kind != Kind::word || found == names.end())
    lexer_.fail(word, fmt::format("{} is one of {}", param.name, fmt::join(names, ", ")));
  lexer_.next();
  return Value::integer(found - names.begin());
}

Value TextParser::argument(Program& p, const Param& param, std::vector<Operand>& operands) {
  const Token token = lexer_.peek();
  if (token.is("None")) {
    if (param.default_text.empty() && !param.none_allowed && param.kind != ParamKind::op)
      lexer_.fail(token, fmt::format("{} is needed", param.name));
    lexer_.next();
    return {};
  }
  const auto operand = [&] {
    const auto slot = static_cast<int>(operands.size());
    access(p, operands);
    return Value::operand(slot);
  };
  const auto reg = [&] { return Value::reg(numbered('r', p.register_count(), "a register")); };
  switch (param.kind) {
    case ParamKind::tensor: return operand();
    case ParamKind::tensors: return tensors(p, operands);
    case ParamKind::tensor_or_number:
      if (at_numbered('t')) return operand();
      [[fallthrough]];
    case ParamKind::number:
      if (token.kind == Kind::integer) return Value::integer(lexer_.next().integer);
      return Value::number(number());
    case ParamKind::integer: return Value::integer(integer("an integer"));
    case ParamKind::boolean:
      if (lexer_.accept("True")) return Value::boolean(true);
      if (lexer_.accept("False")) return Value::boolean(false);
      lexer_.fail(token, "expected True or False");
    case ParamKind::op: {
      const Token word = lexer_.expect(Kind::word, "an operator");
      const auto op = isa::operator_from_name(word.spelled);
      if (!op) lexer_.fail(word, fmt::format("no operator {}", word.spelled.substr(0, 60)));
      return Value::op(*op);
    }
    case ParamKind::integers:
    case ParamKind::numbers:
    case ParamKind::pattern: return list(p, param.kind);
    case ParamKind::reg: return reg();
    case ParamKind::reg_or_integer:
      return at_numbered('r') ? reg() : Value::integer(integer("a register or an integer"));
    case ParamKind::name:
      return Value::text(p.intern_text(lexer_.expect(Kind::text, "a string in quotes").text));
    default: return member(param);
  }
}

}  // namespace trainyard::program
