// Parsing a program's text, statement by statement. What Python calls would have checked is checked
// here again.

#include "trainyard/program/text_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "trainyard/isa/check.h"
#include "trainyard/machine/check.h"
#include "trainyard/program/text.h"

namespace trainyard::program {

using base::Code;
using base::Error;
using isa::Param;
using isa::Spec;
using Kind = Token::Kind;

namespace {

constexpr int64_t kElementsMax = int64_t{1} << 40;  // of a tensor, so that bytes fit 64 bits
constexpr int64_t kRegistersMax = 1 << 20;
constexpr int64_t kRanksMax = 1 << 20;

std::string signature(const Spec& spec) {
  std::string text(spec.name);
  for (const Param& p : spec.params)
    text += p.default_text.empty() ? fmt::format(" {}=…", p.name)
                                   : fmt::format(" [{}={}]", p.name, p.default_text);
  return text;
}

[[noreturn]] void refuse_parameter(const Spec& spec, const std::string& word) {
  std::vector<std::string> names;
  for (const Param& p : spec.params) names.emplace_back(p.name);
  Error error(Code::E115, fmt::format("{} has no parameter {}", spec.name, word));
  error.note(signature(spec));
  const std::string near = base::did_you_mean(word, names);
  if (!near.empty()) error.fix(fmt::format("did you mean {}?", near));
  throw error;
}

}  // namespace

Program parse_program(std::string_view text, const std::string& file,
                      std::shared_ptr<const machine::Machine> machine) {
  return TextParser(text, file).parse(std::move(machine));
}

bool TextParser::skip_empty_lines() {
  while (lexer_.peek().kind == Kind::newline || lexer_.peek().kind == Kind::comment) lexer_.next();
  return lexer_.peek().kind != Kind::end;
}

Program TextParser::parse(std::shared_ptr<const machine::Machine> machine) {
  skip_empty_lines();
  const int header = lexer_.peek().line;
  Program p = [&] {
    try {
      return parse_header(std::move(machine));
    } catch (Error& e) { throw e.at({lexer_.file(), header, ""}); }
  }();
  p.resolve_site = [sites = sites_](uint32_t site) { return (*sites)[site]; };
  while (skip_empty_lines()) {
    const int line = lexer_.peek().line;
    try {
      parse_statement(p);
    } catch (Error& e) { throw e.at({lexer_.file(), line, ""}); }
  }
  check_edges(p);
  return p;
}

// The instruction that waits is the next one; producers may come later.
void TextParser::parse_edges(Program& p) {
  lexer_.expect('=');
  items('[', ']', [&] {
    lexer_.expect('%');
    edge_lines_.push_back(lexer_.peek().line);
    p.add_edge(static_cast<InstructionId>(p.size()),
               static_cast<InstructionId>(integer("an instruction's number", 0, kNone)));
  });
}

void TextParser::check_edges(const Program& p) {
  for (size_t e = 0; e < edge_lines_.size(); ++e) {
    if (p.edges()[e].producer < p.size()) continue;
    Error error(Code::E301, fmt::format("no instruction %{}", p.edges()[e].producer));
    throw error.at({lexer_.file(), edge_lines_[e], ""});
  }
}

Program TextParser::parse_header(std::shared_ptr<const machine::Machine> machine) {
  lexer_.expect("program");
  const std::string name = lexer_.expect(Kind::text, "the program's name in quotes").text;
  lexer_.expect("machine");
  lexer_.expect('=');
  const Token named = lexer_.expect(Kind::text, "a machine's name in quotes");
  if (!machine)
    machine = std::make_shared<const machine::Machine>(machine::load_machine(named.text));
  machine::check_runs_kernels(*machine);
  lexer_.expect("core");
  lexer_.expect('=');
  isa::Seat seat;
  seat.core = static_cast<int>(integer("a core", 0, machine->chip.cores - 1));
  if (lexer_.accept("cores")) {
    lexer_.expect('=');
    seat.cores = static_cast<int>(integer("a number of cores", seat.core + 1, machine->chip.cores));
  }
  if (lexer_.accept("rank")) {
    lexer_.expect('=');
    seat.rank = static_cast<int>(integer("a rank", 0, kRanksMax - 1));
    lexer_.expect("ranks");
    lexer_.expect('=');
    seat.ranks = static_cast<int>(integer("a number of ranks", seat.rank + 1, kRanksMax));
  }
  Program p(machine, seat);
  p.name = name;
  end_statement();
  return p;
}

void TextParser::parse_statement(Program& p) {
  if (lexer_.accept("registers")) {
    const int64_t n = integer("a number of registers", 0, kRegistersMax - p.register_count());
    for (int64_t i = 0; i < n; ++i) p.add_register();
    end_statement();
  } else if (lexer_.accept("inputs")) {
    parse_ids(p, p.inputs);
  } else if (lexer_.accept("outputs")) {
    parse_ids(p, p.outputs);
  } else if (lexer_.accept("branch")) {
    const bool taken = !lexer_.accept("not");
    lexer_.expect("taken");
    p.add_branch(taken);
    end_statement();
  } else if (at_numbered('t')) {
    parse_tensor(p);
  } else {
    parse_instruction(p);
  }
}

void TextParser::parse_tensor(Program& p) {
  const Token word = lexer_.peek();
  const auto next = static_cast<uint32_t>(p.tensor_count());
  if (numbered('t', kNone, "a tensor") != next)
    lexer_.fail(word, fmt::format("the next tensor is t{}", next));
  lexer_.expect(':');
  isa::Tensor t;
  const Token type = lexer_.expect(Kind::word, "a data type");
  const auto dtype = base::dtype_from_name(type.spelled);
  if (!dtype) lexer_.fail(type, fmt::format("no data type {}", type.spelled));
  t.dtype = *dtype;
  int64_t elements = 1;
  const Token bracket = lexer_.peek();
  items('[', ']', [&] {
    t.shape.push_back(integer("a size", 0, kElementsMax));
    if (__builtin_mul_overflow(elements, std::max<int64_t>(1, t.shape.back()), &elements) ||
        elements > kElementsMax)
      lexer_.fail(bracket, "more than 2^40 elements");
  });
  const Token memory = lexer_.expect(Kind::word, "a memory");
  const auto all = {isa::Buffer::private_hbm, isa::Buffer::shared_hbm, isa::Buffer::sbuf,
                    isa::Buffer::psum};
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](isa::Buffer b) { return name_of(b) == memory.spelled; });
  if (found == all.end()) lexer_.fail(memory, "expected private_hbm, shared_hbm, sbuf or psum");
  t.buffer = *found;
  if (lexer_.peek().kind == Kind::text) t.name = lexer_.next().text;
  const Token at = lexer_.peek();
  if (lexer_.accept("at")) {
    if (!isa::is_on_chip(t.buffer)) lexer_.fail(at, "tensors in HBM have no explicit address");
    lexer_.expect('=');
    lexer_.expect('(');
    t.address_partition = integer("a partition", 0, kElementsMax);
    lexer_.expect(',');
    t.address_bytes = integer("a byte", 0, kElementsMax);
    lexer_.expect(')');
  }
  t.input = lexer_.accept("input");
  t.site = end_statement();
  check_tensor(p, t);
  p.add_tensor(std::move(t));
}

void TextParser::parse_ids(Program& p, std::vector<TensorId>& ids) {
  do ids.push_back(numbered('t', static_cast<uint32_t>(p.tensor_count()), "a tensor"));
  while (lexer_.accept(','));
  end_statement();
}

void TextParser::parse_instruction(Program& p) {
  if (lexer_.accept('%')) {  // the number may be left out where a program is written by hand
    const Token id = lexer_.peek();
    if (integer("an instruction's number") != static_cast<int64_t>(p.size()))
      lexer_.fail(id, fmt::format("the next instruction is %{}", p.size()));
    lexer_.expect(':');
  }
  const Token name = lexer_.expect(Kind::word, "a statement");
  const int opcode = isa::find_instruction(name.spelled);
  if (opcode < 0) {
    std::vector<std::string> names;
    for (const Spec* s : isa::instructions()) names.emplace_back(s->name);
    const std::string nearest = base::did_you_mean(name.spelled, names);
    lexer_.fail(name, fmt::format("no instruction {}{}", name.spelled.substr(0, 60),
                                  nearest.empty() ? "" : "; did you mean " + nearest + "?"));
  }
  const Spec& spec = isa::spec(static_cast<isa::Opcode>(opcode));
  Engine engine = Engine::unknown;
  if (lexer_.accept('@')) {
    const Param any{"engine", isa::ParamKind::engine};
    engine = static_cast<Engine>(member(any).integer());
  }
  std::vector<Value> values(spec.params.size());
  std::vector<uint8_t> given(spec.params.size());
  std::vector<Operand> operands;
  while (!lexer_.peek().ends_line()) {
    const Token word = lexer_.expect(Kind::word, "a parameter's name");
    if (word.spelled == "after") {
      parse_edges(p);
      continue;
    }
    const int at = spec.find(word.spelled);
    if (at < 0) refuse_parameter(spec, std::string(word.spelled.substr(0, 60)));
    if (given[at])
      throw Error(Code::E115, fmt::format("{}: {} is given twice", spec.name, word.spelled));
    given[at] = 1;
    lexer_.expect('=');
    values[at] = argument(p, spec.params[at], operands);
  }
  for (size_t i = 0; i < given.size(); ++i) {
    if (given[i]) continue;
    if (spec.params[i].default_text.empty())
      throw Error(Code::E114, fmt::format("{} needs {}", spec.name, spec.params[i].name))
          .note(signature(spec));
    values[i] = spec.params[i].default_value;
  }
  if (engine == Engine::unknown) engine = engine_of(p, spec, values, operands);
  const Call call(spec, values.data(), operands.data(), p, p.machine(), engine);
  isa::check_call(call);
  const uint32_t site = end_statement();
  p.add(static_cast<isa::Opcode>(opcode), engine, values, operands, site);
}

Engine TextParser::engine_of(Program& p, const Spec& spec, const std::vector<Value>& values,
                             const std::vector<Operand>& operands) {
  const Engine first = spec.engines.empty() ? Engine::sync : spec.engines[0];
  const int chosen = spec.engines.size() > 1 ? spec.find("engine") : -1;
  if (chosen >= 0 && values[chosen].integer() != 0)
    return static_cast<Engine>(values[chosen].integer());
  if (!spec.choose_engine) return first;
  return spec.choose_engine(Call(spec, values.data(), operands.data(), p, p.machine(), first));
}

uint32_t TextParser::end_statement() {
  const Token last = lexer_.peek();
  if (!last.ends_line()) lexer_.fail(last, "expected the end of the line");
  return last.kind == Kind::comment ? site_of(lexer_.next().spelled) : kNone;
}

// `file:line`, the file in quotes if need be, and perhaps `in "function"`.
uint32_t TextParser::site_of(std::string_view comment) {
  try {
    base::Place place;
    comment.remove_prefix(std::min(comment.find_first_not_of(' '), comment.size()));
    const bool in_quotes = comment.starts_with('"');
    const size_t colon = in_quotes ? 0 : comment.find(':');
    if (colon == std::string_view::npos) return kNone;
    if (!in_quotes) {
      place.file = comment.substr(0, colon);
      if (place.file.empty() || place.file.find_first_of(" \t\"") != std::string::npos)
        return kNone;
    }
    Lexer rest(comment.substr(colon), lexer_.file());
    if (in_quotes) place.file = rest.expect(Kind::text, "a file").text;
    rest.expect(':');
    const int64_t line = rest.expect(Kind::integer, "a line").integer;
    if (line != static_cast<int>(line) || place.file.empty()) return kNone;
    place.line = static_cast<int>(line);
    if (rest.accept("in")) place.function = rest.expect(Kind::text, "a function").text;
    if (rest.peek().kind != Kind::end) return kNone;
    sites_->push_back(std::move(place));
    return static_cast<uint32_t>(sites_->size() - 1);
  } catch (const Error&) {
    return kNone;  // just a comment
  }
}

}  // namespace trainyard::program
