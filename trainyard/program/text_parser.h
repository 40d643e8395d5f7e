// The parser of a program's text: statements in text_parser.cc, arguments in text_arguments.cc.
#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "trainyard/program/program.h"
#include "trainyard/program/text_lexer.h"

namespace trainyard::program {

class TextParser {
 public:
  TextParser(std::string_view text, const std::string& file) : lexer_(text, file) {}

  Program parse(std::shared_ptr<const machine::Machine> machine);

 private:
  static constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
  static constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();

  // Statements; each goes to the end of its line.
  Program parse_header(std::shared_ptr<const machine::Machine> machine);
  void parse_statement(Program& p);
  void parse_tensor(Program& p);
  void parse_ids(Program& p, std::vector<TensorId>& ids);
  void parse_instruction(Program& p);
  void parse_edges(Program& p);
  /// Refuses edges from instructions that the program does not have.
  void check_edges(const Program& p);
  Engine engine_of(Program& p, const isa::Spec& spec, const std::vector<Value>& values,
                   const std::vector<Operand>& operands);
  /// Ends the line; the site that its comment names.
  uint32_t end_statement();
  uint32_t site_of(std::string_view comment);
  bool skip_empty_lines();

  // Arguments.
  Value argument(Program& p, const isa::Param& param, std::vector<Operand>& operands);
  Value tensors(Program& p, std::vector<Operand>& operands);
  Value list(Program& p, isa::ParamKind kind);
  Value member(const isa::Param& param);
  void access(Program& p, std::vector<Operand>& operands, bool is_index = false);
  std::vector<isa::Dim> pattern();
  std::vector<isa::Dim> slices(const isa::Tensor& t, int64_t& offset);
  void dynamic_address(Program& p, isa::Layout& layout, std::vector<Operand>& index);

  // Parts.
  int64_t integer(std::string_view what, int64_t low = kLowest, int64_t high = kHighest);
  double number();
  /// Whether the current word is `letter` and a number, such as t5.
  bool at_numbered(char letter) const;
  /// The number of such a word, which is below `count`.
  uint32_t numbered(char letter, uint32_t count, std::string_view what);
  /// Items between brackets, separated by commas.
  template <class Item>
  void items(char open, char close, Item item) {
    lexer_.expect(open);
    if (lexer_.accept(close)) return;
    do item();
    while (lexer_.accept(','));
    lexer_.expect(close);
  }

  Lexer lexer_;
  std::vector<int> edge_lines_;  // of each edge of the program
  std::shared_ptr<std::vector<base::Place>> sites_ = std::make_shared<std::vector<base::Place>>();
};

}  // namespace trainyard::program
