#include "cel/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/text.h"
#include "cel/lexer.h"

namespace aright::cel {

namespace {

/// Words the language keeps for itself; they may be fields and methods, but no names.
constexpr std::array<std::string_view, 17> reserved{"as",        "break",  "const",  "continue", "else", "for",
                                                    "function",  "if",     "import", "let",      "loop", "package",
                                                    "namespace", "return", "var",    "void",     "while"};

/// How tightly an operator binds; 0: not one. && and || are apart: they take any number of parts.
int strength(const Token& token) {
  if (token.is_word("in")) return 1;
  if (token.kind != TokenKind::sign) return 0;
  const std::string_view s = token.written;
  if (s == "==" || s == "!=" || s == "<" || s == "<=" || s == ">" || s == ">=") return 1;
  if (s == "+" || s == "-") return 2;
  if (s == "*" || s == "/" || s == "%") return 3;
  return 0;
}

struct Stop {};  // thrown and caught inside this file only: the first mistake ends the parse

class Parser {
 public:
  Parser(std::string_view text, std::size_t begin, const Limits& limits)
      : text_(text), limits_(limits), lexer_(text, begin) {}

  std::expected<Parsed, Mistake> run(Ends ends) {
    try {
      advance();
      Syntax tree = expression();
      const bool closed = ends == Ends::with_the_text ? token_.kind == TokenKind::end : token_.is("}");
      if (!closed) unexpected(ends == Ends::with_the_text ? "an operator or the end" : "an operator or `}`");
      return Parsed{std::move(tree), token_.end()};
    } catch (const Stop&) {
      return std::unexpected(mistake_);
    }
  }

 private:
  [[noreturn]] void stop(std::uint32_t offset, std::string message, std::string hint = {}) {
    mistake_ = mistake_at(text_, offset, std::move(message), std::move(hint));
    throw Stop{};
  }
  [[noreturn]] void unexpected(std::string_view expected) {
    const std::string seen =
        token_.kind == TokenKind::end ? "the text ends" : fmt::format("`{}` stands", clip_text(token_.written, 40));
    stop(token_.offset, fmt::format("{} where {} was expected", seen, expected));
  }
  void advance() {
    token_ = lexer_.next();
    if (token_.kind == TokenKind::wrong) stop(token_.offset, token_.value, token_.hint);
  }
  bool take(std::string_view sign) {
    if (!token_.is(sign)) return false;
    advance();
    return true;
  }
  void expect(std::string_view sign, std::string_view what) {
    if (!take(sign)) unexpected(what);
  }

  /// Every node is made here, so that depth and number are bounded.
  Syntax make(SyntaxKind kind, std::uint32_t offset, std::string text, std::vector<Syntax> children = {}) {
    Syntax out;
    out.kind = kind;
    out.offset = offset;
    out.text = std::move(text);
    out.children = std::move(children);
    for (const Syntax& child : out.children) out.depth = std::max(out.depth, child.depth + 1);
    if (out.depth > limits_.depth_max) too_deep(offset);
    if (++nodes_ > limits_.nodes_max) {
      stop(offset, fmt::format("an expression of more than {} parts", limits_.nodes_max), "split it");
    }
    return out;
  }
  [[noreturn]] void too_deep(std::uint32_t offset) {
    stop(offset, fmt::format("nested deeper than {} levels", limits_.depth_max), "split it");
  }
  template <class... Parts>
  static std::vector<Syntax> parts(Parts&&... part) {
    std::vector<Syntax> out;
    out.reserve(sizeof...(part));
    (out.push_back(std::forward<Parts>(part)), ...);
    return out;
  }

  Syntax expression() {
    if (++levels_ > limits_.depth_max) too_deep(token_.offset);
    Syntax out = joined(SyntaxKind::any_of);
    const std::uint32_t at = token_.offset;
    if (take("?")) {
      Syntax yes = joined(SyntaxKind::any_of);
      expect(":", "`:` of `? :`");
      Syntax no = expression();
      out = make(SyntaxKind::conditional, at, {}, parts(std::move(out), std::move(yes), std::move(no)));
    }
    --levels_;
    return out;
  }

  Syntax joined(SyntaxKind kind) {
    const bool any = kind == SyntaxKind::any_of;
    const auto part = [&] { return any ? joined(SyntaxKind::all_of) : binary(1); };
    Syntax first = part();
    const std::uint32_t at = token_.offset;
    if (!token_.is(any ? "||" : "&&")) return first;
    std::vector<Syntax> list = parts(std::move(first));
    while (take(any ? "||" : "&&")) list.push_back(part());
    return make(kind, at, {}, std::move(list));
  }

  Syntax binary(int weakest) {
    Syntax left = unary();
    for (int bind = strength(token_); bind >= weakest; bind = strength(token_)) {
      const std::uint32_t at = token_.offset;
      std::string sign(token_.written);
      advance();
      Syntax right = binary(bind + 1);
      left = make(SyntaxKind::binary, at, std::move(sign), parts(std::move(left), std::move(right)));
    }
    return left;
  }

  Syntax unary() {
    const std::uint32_t at = token_.offset;
    const bool minus = token_.is("-");
    if (!minus && !token_.is("!")) return member(primary());
    advance();
    if (minus && (token_.kind == TokenKind::integer || token_.kind == TokenKind::floating))
      return member(number(at, true));
    if (++levels_ > limits_.depth_max) too_deep(at);
    Syntax inner = unary();
    --levels_;
    return make(minus ? SyntaxKind::negate : SyntaxKind::invert, at, {}, parts(std::move(inner)));
  }

  Syntax member(Syntax out) {
    while (true) {
      const std::uint32_t bracket = token_.offset;
      if (take("[")) {
        Syntax index = expression();
        expect("]", "`]`");
        out = make(SyntaxKind::index, bracket, {}, parts(std::move(out), std::move(index)));
      } else if (take(".")) {
        out = dotted(std::move(out));
      } else {
        return out;
      }
    }
  }

  Syntax dotted(Syntax target) {
    const std::uint32_t at = token_.offset;
    const bool quoted = token_.kind == TokenKind::quoted_name;
    if (!quoted && (token_.kind != TokenKind::name || is_constant_word()))
      unexpected("the name of a field or function");
    std::string field = quoted ? token_.value : std::string(token_.written);
    advance();
    if (!quoted && take("(")) {
      std::vector<Syntax> list = parts(std::move(target));
      arguments(")", list);
      return make(SyntaxKind::method, at, std::move(field), std::move(list));
    }
    if (!quoted && token_.is("{") && is_qualified(target)) {
      const bool rooted = first_name(target).flag;
      return message(first_name(target).offset, qualified(target) + "." + field, rooted);
    }
    return make(SyntaxKind::select, at, std::move(field), parts(std::move(target)));
  }

  static bool is_qualified(const Syntax& tree) {
    const Syntax* at = &tree;
    while (at->kind == SyntaxKind::select) at = &at->children[0];
    return at->kind == SyntaxKind::name;
  }
  static const Syntax& first_name(const Syntax& tree) {
    const Syntax* at = &tree;
    while (at->kind == SyntaxKind::select) at = &at->children[0];
    return *at;
  }
  static std::string qualified(const Syntax& tree) {
    return tree.kind == SyntaxKind::name ? tree.text : qualified(tree.children[0]) + "." + tree.text;
  }

  [[nodiscard]] bool is_constant_word() const {
    return token_.is_word("true") || token_.is_word("false") || token_.is_word("null") || token_.is_word("in");
  }

  Syntax primary() {
    const std::uint32_t at = token_.offset;
    switch (token_.kind) {
      case TokenKind::integer:
      case TokenKind::unsigned_integer:
      case TokenKind::floating: return number(at, false);
      case TokenKind::text: return literal(at, Value::text(token_.value));
      case TokenKind::bytes: return literal(at, Value::bytes(token_.value));
      case TokenKind::name: return named(at, false);
      case TokenKind::quoted_name: stop(at, "only a field may stand in back quotes", "write map.`name`");
      case TokenKind::sign: return bracketed(at);
      case TokenKind::end:
      case TokenKind::wrong: break;
    }
    unexpected("a value");
  }

  Syntax bracketed(std::uint32_t at) {
    if (take("(")) {
      Syntax inner = expression();
      expect(")", "`)`");
      return inner;
    }
    if (take("[")) {
      std::vector<Syntax> list;
      arguments("]", list, true);
      return make(SyntaxKind::list, at, {}, std::move(list));
    }
    if (take("{")) return map(at);
    if (take(".")) {
      if (token_.kind != TokenKind::name) unexpected("a name");
      return named(at, true);
    }
    unexpected("a value");
  }

  Syntax literal(std::uint32_t at, Value value) {
    advance();
    Syntax out = make(SyntaxKind::literal, at, {});
    out.value = std::move(value);
    return out;
  }

  Syntax named(std::uint32_t at, bool rooted) {
    if (!rooted && token_.is_word("true")) return literal(at, Value::boolean(true));
    if (!rooted && token_.is_word("false")) return literal(at, Value::boolean(false));
    if (!rooted && token_.is_word("null")) return literal(at, Value());
    if (is_constant_word()) unexpected("a value");
    std::string name(token_.written);
    if (std::ranges::find(reserved, name) != reserved.end()) {
      stop(at, fmt::format("`{}` is a word the language keeps for itself", name), "as a field, write it after a dot");
    }
    advance();
    if (take("(")) {
      std::vector<Syntax> list;
      arguments(")", list);
      Syntax out = make(SyntaxKind::call, at, std::move(name), std::move(list));
      out.flag = rooted;
      return out;
    }
    if (token_.is("{")) return message(at, std::move(name), rooted);
    Syntax out = make(SyntaxKind::name, at, std::move(name));
    out.flag = rooted;
    return out;
  }

  void arguments(std::string_view close, std::vector<Syntax>& out, bool comma_at_end = false) {
    if (take(close)) return;
    while (true) {
      out.push_back(expression());
      if (take(close)) return;
      expect(",", close == ")" ? "`,` or `)`" : "`,` or `]`");
      if (comma_at_end && take(close)) return;
    }
  }

  Syntax map(std::uint32_t at) {
    std::vector<Syntax> list;
    while (!take("}")) {
      if (!list.empty()) {
        expect(",", "`,` or `}`");
        if (take("}")) break;
      }
      list.push_back(expression());
      expect(":", "`:` behind a key");
      list.push_back(expression());
    }
    return make(SyntaxKind::map, at, {}, std::move(list));
  }

  Syntax message(std::uint32_t at, std::string name, bool rooted) {
    advance();
    std::vector<std::string> fields;
    std::vector<Syntax> list;
    while (!take("}")) {
      if (!list.empty()) {
        expect(",", "`,` or `}`");
        if (take("}")) break;
      }
      const bool quoted = token_.kind == TokenKind::quoted_name;
      if (!quoted && token_.kind != TokenKind::name) unexpected("the name of a field");
      fields.push_back(quoted ? token_.value : std::string(token_.written));
      advance();
      expect(":", "`:` behind a field");
      list.push_back(expression());
    }
    Syntax out = make(SyntaxKind::message, at, std::move(name), std::move(list));
    out.fields = std::move(fields);
    out.flag = rooted;
    return out;
  }

  /// The token is a number; `at` is where it or its sign stands.
  Syntax number(std::uint32_t at, bool negative) {
    std::string_view digits = token_.written;
    const TokenKind kind = token_.kind;
    if (kind == TokenKind::floating) {
      double value = 0;
      const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
      // Too small for a double is zero or nearly; too large is nothing.
      if (code == std::errc::result_out_of_range) value = std::strtod(std::string(digits).c_str(), nullptr);
      if (std::isinf(value)) stop(at, fmt::format("{} is more than a double holds", clip_text(digits, 40)));
      return literal(at, Value::floating(negative ? -value : value));
    }
    if (kind == TokenKind::unsigned_integer) digits.remove_suffix(1);
    const bool hex = digits.size() > 2 && (digits[1] == 'x' || digits[1] == 'X');
    if (hex) digits.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), value, hex ? 16 : 10);
    if (kind == TokenKind::unsigned_integer) {
      if (code != std::errc{}) stop(at, fmt::format("{} is more than 64 bits hold", clip_text(token_.written, 40)));
      return literal(at, Value::unsigned_integer(value));
    }
    const std::uint64_t most = (1ULL << 63U) - (negative ? 0 : 1);
    if (code != std::errc{} || value > most) {
      stop(at, fmt::format("{} is more than 64 bits with a sign hold", clip_text(token_.written, 40)),
           "append u for a uint, or .0 for a double");
    }
    return literal(at, Value::integer(static_cast<std::int64_t>(negative ? 0 - value : value)));
  }

  std::string_view text_;
  const Limits& limits_;
  Lexer lexer_;
  Token token_;
  Mistake mistake_;
  std::uint32_t levels_{0};
  std::uint32_t nodes_{0};
};

}  // namespace

std::expected<Parsed, Mistake> parse(std::string_view text, std::size_t begin, Ends ends, const Limits& limits) {
  return Parser(text, begin, limits).run(ends);
}

}  // namespace aright::cel
