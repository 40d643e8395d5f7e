// Words, numbers and symbols of a program's text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace trainyard::program {

struct Token {
  enum class Kind : uint8_t { word, integer, number, text, symbol, comment, newline, end };
  Kind kind = Kind::end;
  std::string_view spelled;  ///< as it stands in the text; a comment without its semicolon
  int line = 1, column = 1;
  int64_t integer = 0;
  double number = 0;
  std::string text;  ///< a quoted string without its quotes

  bool is(char symbol) const { return kind == Kind::symbol && spelled[0] == symbol; }
  bool is(std::string_view word) const { return kind == Kind::word && spelled == word; }
  bool ends_line() const { return kind >= Kind::comment; }
};

class Lexer {
 public:
  Lexer(std::string_view text, std::string file) : text_(text), file_(std::move(file)) { next(); }

  const Token& peek() const { return token_; }
  /// The current token; moves on to the one behind it.
  Token next();
  bool accept(char symbol);
  bool accept(std::string_view word);
  void expect(char symbol);
  void expect(std::string_view word);
  Token expect(Token::Kind kind, std::string_view what);

  /// Throws E301 at this token.
  [[noreturn]] void fail(const Token& at, std::string message) const;
  const std::string& file() const { return file_; }

 private:
  Token scan();
  size_t line_start(const Token& at) const;
  void scan_text(Token& token);
  void scan_number(Token& token);

  std::string_view text_;
  std::string file_;
  size_t at_ = 0, line_start_ = 0;
  int line_ = 1;
  Token token_;
};

/// A string in quotes, with escapes for what would end it or cannot be seen.
std::string quoted(std::string_view text);
/// A number in hexadecimal, so that no bit is lost; NaNs with all their bits.
std::string hexadecimal(double number);

}  // namespace trainyard::program
