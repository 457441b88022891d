// Text to tokens.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace aright::cel {

enum class TokenKind : std::uint8_t {
  end,               ///< of the text
  name,              ///< also `true`, `in`, …: the parser knows which are none
  quoted_name,       ///< `content-type` in back quotes; `value` without them
  integer,           ///< decimal or hexadecimal digits
  unsigned_integer,  ///< the same and u
  floating,
  text,   ///< `value` is the text meant
  bytes,  ///< `value` are the bytes meant
  sign,   ///< an operator or bracket
  wrong,  ///< `value` says what, `hint` what to try
};

struct Token {
  TokenKind kind{TokenKind::end};
  std::uint32_t offset{0};   ///< byte where it begins
  std::string_view written;  ///< a part of the text
  std::string value;
  std::string hint;

  [[nodiscard]] bool is(std::string_view sign) const { return kind == TokenKind::sign && written == sign; }
  [[nodiscard]] bool is_word(std::string_view word) const { return kind == TokenKind::name && written == word; }
  [[nodiscard]] std::uint32_t end() const { return offset + static_cast<std::uint32_t>(written.size()); }
};

/// Reads tokens one by one, so that an expression inside other text ends where its tokens end. `text` is UTF-8 and
/// outlives the lexer and its tokens.
class Lexer {
 public:
  Lexer(std::string_view text, std::size_t begin) : text_(text), at_(begin) {}
  Token next();

 private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  void skip_blank();
  Token make(TokenKind kind, std::size_t begin);
  Token wrong(std::size_t begin, std::string message, std::string hint = {});
  Token name_or_literal();
  Token quoted_name();
  Token number();
  Token literal(std::size_t begin, bool raw, bool bytes);
  Token sign();

  std::string_view text_;
  std::size_t at_;
};

}  // namespace aright::cel
