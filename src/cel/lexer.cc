#include "cel/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "cel/characters.h"
#include "cel/escape.h"

namespace aright::cel {

namespace {

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool continues_name(char c) { return starts_name(c) || is_digit(c); }

/// Longer ones first.
constexpr std::array<std::string_view, 25> signs{"==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "%",
                                                 "!",  "?",  ":",  ".",  ",",  "(",  ")", "[", "]", "{", "}", "="};

}  // namespace

void Lexer::skip_blank() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f') {
      ++at_;
    } else if (c == '/' && peek(1) == '/') {
      at_ = std::min(text_.find('\n', at_), text_.size());
    } else {
      return;
    }
  }
}

Token Lexer::make(TokenKind kind, std::size_t begin) {
  return {kind, static_cast<std::uint32_t>(begin), text_.substr(begin, at_ - begin), {}, {}};
}

Token Lexer::wrong(std::size_t begin, std::string message, std::string hint) {
  at_ = text_.size();
  return {TokenKind::wrong, static_cast<std::uint32_t>(begin), {}, std::move(message), std::move(hint)};
}

Token Lexer::next() {
  skip_blank();
  if (at_ >= text_.size()) return make(TokenKind::end, text_.size());
  const char c = text_[at_];
  if (starts_name(c)) return name_or_literal();
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
  if (c == '"' || c == '\'') return literal(at_, false, false);
  if (c == '`') return quoted_name();
  return sign();
}

Token Lexer::name_or_literal() {
  const std::size_t begin = at_;
  while (continues_name(peek())) ++at_;
  const std::string_view word = text_.substr(begin, at_ - begin);
  if ((peek() == '"' || peek() == '\'') && word.size() <= 2) {
    const auto has = [&](char lower, char upper) {
      return std::ranges::count_if(word, [&](char c) { return c == lower || c == upper; }) == 1;
    };
    const bool raw = has('r', 'R');
    const bool bytes = has('b', 'B');
    if (static_cast<std::size_t>(raw) + static_cast<std::size_t>(bytes) == word.size())
      return literal(begin, raw, bytes);
  }
  return make(TokenKind::name, begin);
}

Token Lexer::quoted_name() {
  const std::size_t begin = at_++;
  while (continues_name(peek()) ||
         (peek() != '\0' && std::string_view(".-/ ").find(peek()) != std::string_view::npos)) {
    ++at_;
  }
  if (peek() != '`') {
    return wrong(begin, "a field name in back quotes is not closed",
                 "it holds letters, digits, `_`, `.`, `-`, `/` and spaces; for others write map[\"name\"]");
  }
  ++at_;
  Token token = make(TokenKind::quoted_name, begin);
  token.value = token.written.substr(1, token.written.size() - 2);
  if (token.value.empty()) return wrong(begin, "an empty field name");
  return token;
}

Token Lexer::number() {
  const std::size_t begin = at_;
  bool floating = false;
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X') && is_hex(peek(2))) {
    at_ += 2;
    while (is_hex(peek())) ++at_;
  } else {
    while (is_digit(peek())) ++at_;
    if (peek() == '.' && is_digit(peek(1))) {
      floating = true;
      ++at_;
      while (is_digit(peek())) ++at_;
    }
    const std::size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
      floating = true;
      at_ += 1 + sign;
      while (is_digit(peek())) ++at_;
    }
  }
  TokenKind kind = floating ? TokenKind::floating : TokenKind::integer;
  if (!floating && (peek() == 'u' || peek() == 'U')) {
    kind = TokenKind::unsigned_integer;
    ++at_;
  }
  if (continues_name(peek())) {
    return wrong(begin, fmt::format("`{}…` is not a number", text_.substr(begin, at_ + 1 - begin)),
                 "names do not begin with a digit; text stands in quotes");
  }
  return make(kind, begin);
}

Token Lexer::literal(std::size_t begin, bool raw, bool bytes) {
  const char quote = peek();
  const bool triple = peek(1) == quote && peek(2) == quote;
  at_ += triple ? std::size_t{3} : std::size_t{1};
  std::string value;
  while (true) {
    if (at_ >= text_.size()) return wrong(begin, "a text in quotes is not closed");
    const char c = text_[at_];
    if (c == quote && (!triple || (peek(1) == quote && peek(2) == quote))) break;
    if (c == '\n' || c == '\r') {
      if (!triple)
        return wrong(begin, "a text in quotes is not closed on its line", "write \\n, or three quotes around");
      at_ += c == '\r' && peek(1) == '\n' ? std::size_t{2} : std::size_t{1};
      value += '\n';  // every line end is one line feed
    } else if (c == '\\' && !raw) {
      const Escape escape = decode_escape(text_.substr(at_), bytes, value);
      if (escape.length == 0) return wrong(at_, escape.problem, "in r\"…\" a backslash is only itself");
      at_ += escape.length;
    } else {
      value += c;  // raw: a backslash too, which says nothing of what follows it
      ++at_;
    }
  }
  at_ += triple ? std::size_t{3} : std::size_t{1};
  Token token = make(bytes ? TokenKind::bytes : TokenKind::text, begin);
  token.value = std::move(value);
  return token;
}

Token Lexer::sign() {
  const std::size_t begin = at_;
  const auto known = std::ranges::find_if(signs, [&](std::string_view s) { return text_.substr(at_).starts_with(s); });
  if (known == signs.end()) {
    const char c = text_[at_];
    if (c == '&' || c == '|') return wrong(begin, fmt::format("`{}` alone is no operator", c), "write && or ||");
    std::size_t end = at_ + 1;
    while (end < text_.size() && (static_cast<unsigned char>(text_[end]) & 0xc0U) == 0x80) ++end;
    const bool visible = static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
    return wrong(begin, visible ? fmt::format("unexpected `{}`", text_.substr(begin, end - begin))
                                : fmt::format("unexpected control character {:#04x}", static_cast<unsigned char>(c)));
  }
  if (*known == "=") return wrong(begin, "`=` is no operator", "write == to compare");
  at_ += known->size();
  return make(TokenKind::sign, begin);
}

}  // namespace aright::cel
