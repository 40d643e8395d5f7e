// The lexer of a program's text, and how strings and numbers are spelled.

#include "trainyard/program/text_lexer.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>

#include "trainyard/base/diagnostics.h"

namespace trainyard::program {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < ' ' || c == 127) out += fmt::format("\\x{:02x}", c);
    else out += c;
  }
  return out += '"';
}

std::string hexadecimal(double number) {
  if (std::isnan(number)) return fmt::format("nan(0x{:016x})", std::bit_cast<uint64_t>(number));
  return fmt::format("{:a}", number);  // infinities are inf and -inf
}

size_t Lexer::line_start(const Token& at) const {
  const auto offset = static_cast<size_t>(at.spelled.data() - text_.data());
  const size_t newline = offset == 0 ? std::string_view::npos : text_.rfind('\n', offset - 1);
  return newline == std::string_view::npos ? 0 : newline + 1;
}

void Lexer::fail(const Token& at, std::string message) const {
  base::Error error(base::Code::E301, fmt::format("column {}: {}", at.column, message));
  // Shows the line with a mark under the column; of long lines, the part around it.
  const size_t begin = line_start(at);
  constexpr size_t kWide = 80;
  const size_t column = static_cast<size_t>(at.column - 1);
  const size_t cut = column > kWide / 2 ? column - kWide / 2 : 0;
  std::string line(text_.substr(begin, text_.find('\n', begin) - begin));
  line = line.size() > cut ? line.substr(cut, kWide) : "";
  for (char& c : line)
    if (static_cast<unsigned char>(c) < ' ' || c == 127) c = ' ';
  error.note(line).note(std::string(column - cut, ' ') + "^");
  throw error.at({file_, at.line, ""});
}

Token Lexer::next() {
  Token current = std::move(token_);
  token_ = scan();
  return current;
}

bool Lexer::accept(char symbol) {
  if (!token_.is(symbol)) return false;
  next();
  return true;
}

bool Lexer::accept(std::string_view word) {
  if (!token_.is(word)) return false;
  next();
  return true;
}

void Lexer::expect(char symbol) {
  if (!accept(symbol)) fail(token_, fmt::format("expected '{}'", symbol));
}

void Lexer::expect(std::string_view word) {
  if (!accept(word)) fail(token_, fmt::format("expected {}", word));
}

Token Lexer::expect(Token::Kind kind, std::string_view what) {
  if (token_.kind != kind) fail(token_, fmt::format("expected {}", what));
  return next();
}

Token Lexer::scan() {
  while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r'))
    ++at_;
  Token token;
  token.line = line_;
  token.column = static_cast<int>(at_ - line_start_) + 1;
  token.spelled = text_.substr(at_, 0);
  if (at_ == text_.size()) return token;
  const size_t begin = at_;
  const char c = text_[at_++];
  const std::string_view rest = text_.substr(at_);
  if (c == '\n') {
    token.kind = Token::Kind::newline;
    ++line_;
    line_start_ = at_;
  } else if (c == ';') {
    token.kind = Token::Kind::comment;
    at_ = std::min(text_.find('\n', at_), text_.size());
    token.spelled = text_.substr(begin + 1, at_ - begin - 1);
    return token;
  } else if (is_digit(c) ||
             (c == '-' && !rest.empty() && (is_digit(rest[0]) || rest.starts_with("inf")))) {
    scan_number(token);
  } else if (is_letter(c)) {
    token.kind = Token::Kind::word;
    while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
  } else if (c == '"') {
    scan_text(token);
  } else {
    token.kind = Token::Kind::symbol;
  }
  token.spelled = text_.substr(begin, at_ - begin);
  return token;
}

void Lexer::scan_text(Token& token) {
  token.kind = Token::Kind::text;
  while (at_ < text_.size() && text_[at_] != '\n') {
    char c = text_[at_++];
    if (c == '"') return;
    if (c == '\\' && at_ < text_.size()) {
      c = text_[at_++];
      if (c == 'x') {
        const int high = at_ + 1 < text_.size() ? hex_digit(text_[at_]) : -1;
        const int low = high >= 0 ? hex_digit(text_[at_ + 1]) : -1;
        if (low < 0) fail(token, "\\x takes two hexadecimal digits");
        c = static_cast<char>(high * 16 + low);
        at_ += 2;
      } else if (c != '"' && c != '\\') {
        fail(token, "a backslash stands before \", \\ or xNN");
      }
    }
    token.text += c;
  }
  fail(token, "this string does not end");
}

void Lexer::scan_number(Token& token) {
  const bool negative = text_[at_ - 1] == '-';
  const size_t begin = negative ? at_ : at_ - 1;
  // A word's characters, and signs behind an exponent.
  while (at_ < text_.size()) {
    const char c = text_[at_];
    const char before = text_[at_ - 1];
    const bool exponent_sign = (c == '-' || c == '+') && (before == 'p' || before == 'P');
    if (!is_letter(c) && !is_digit(c) && c != '.' && !exponent_sign) break;
    ++at_;
  }
  std::string_view digits = text_.substr(begin, at_ - begin);
  const std::string_view all = text_.substr(begin - negative, at_ - begin + negative);
  const auto whole = std::from_chars(all.data(), all.data() + all.size(), token.integer);
  if (whole.ec == std::errc{} && whole.ptr == all.data() + all.size()) {
    token.kind = Token::Kind::integer;
    token.number = static_cast<double>(token.integer);
    return;
  }
  token.kind = Token::Kind::number;
  const bool hex = digits.starts_with("0x");
  if (hex) digits.remove_prefix(2);
  const auto real = std::from_chars(digits.data(), digits.data() + digits.size(), token.number,
                                    hex ? std::chars_format::hex : std::chars_format::general);
  token.spelled = all;
  if (real.ec != std::errc{} || real.ptr != digits.data() + digits.size())
    fail(token, fmt::format("{} is not a number", all.substr(0, 40)));
  if (negative) token.number = -token.number;
}

}  // namespace trainyard::program
