#include "cel/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "cel/compare.h"
#include "cel/escape.h"

namespace aright::cel {

namespace {

std::string print_literal(const Value& value) {
  switch (value.kind()) {
    case Kind::text: return text_literal(value.as_text());
    case Kind::bytes: return bytes_literal(value.as_bytes());
    case Kind::unsigned_integer: return fmt::format("{}u", value.as_uint());
    case Kind::floating: {
      std::string out = fmt::format("{}", value.as_double());
      return out.find_first_of(".e") == std::string::npos ? out + ".0" : out;
    }
    default: return to_text(value).value_or("null");
  }
}

bool plain_name(const std::string& text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return std::ranges::all_of(text, fits) && !(text[0] >= '0' && text[0] <= '9') && text != "in" && text != "true" &&
         text != "false" && text != "null";
}

std::string print_field(const std::string& text) { return plain_name(text) ? text : "`" + text + "`"; }

/// children[first…] with commas; `joint` before every second when they are pairs.
std::string print_list(const Syntax& tree, std::size_t first) {
  std::string out;
  for (std::size_t i = first; i < tree.children.size(); ++i) {
    if (i > first) out += tree.kind == SyntaxKind::map && i % 2 == 1 ? ": " : ", ";
    if (tree.kind == SyntaxKind::message) out += print_field(tree.fields[i]) + ": ";
    out += print(tree.children[i]);
  }
  return out;
}

std::string print_joined(const Syntax& tree, const char* sign) {
  std::string out = "(" + print(tree.children[0]);
  for (std::size_t i = 1; i < tree.children.size(); ++i) out += sign + print(tree.children[i]);
  return out + ")";
}

}  // namespace

bool Syntax::same(const Syntax& other) const {
  if (kind != other.kind || text != other.text || flag != other.flag || fields != other.fields ||
      children.size() != other.children.size() || value.kind() != other.value.kind()) {
    return false;
  }
  Meter meter(text.max_size());
  const auto equals = equal(value, other.value, meter);
  if (!equals || !*equals) return false;
  return std::ranges::equal(children, other.children, [](const Syntax& a, const Syntax& b) { return a.same(b); });
}

std::string print(const Syntax& tree) {
  const auto child = [&](std::size_t i) { return print(tree.children[i]); };
  const auto target = [&] {  // a sign before it would take the rest along
    const SyntaxKind kind = tree.children[0].kind;
    const bool has_sign = kind == SyntaxKind::negate || kind == SyntaxKind::invert;
    return has_sign ? "(" + child(0) + ")" : child(0);
  };
  const std::string root = tree.flag ? "." : "";
  switch (tree.kind) {
    case SyntaxKind::literal: return print_literal(tree.value);
    case SyntaxKind::name: return root + tree.text;
    case SyntaxKind::select: return target() + "." + print_field(tree.text);
    case SyntaxKind::call: return root + tree.text + "(" + print_list(tree, 0) + ")";
    case SyntaxKind::method: return target() + "." + tree.text + "(" + print_list(tree, 1) + ")";
    case SyntaxKind::index: return target() + "[" + child(1) + "]";
    case SyntaxKind::list: return "[" + print_list(tree, 0) + "]";
    case SyntaxKind::map: return "{" + print_list(tree, 0) + "}";
    case SyntaxKind::message: return root + tree.text + "{" + print_list(tree, 0) + "}";
    case SyntaxKind::negate: return "-(" + child(0) + ")";
    case SyntaxKind::invert: return "!(" + child(0) + ")";
    case SyntaxKind::binary: return "(" + child(0) + " " + tree.text + " " + child(1) + ")";
    case SyntaxKind::all_of: return print_joined(tree, " && ");
    case SyntaxKind::any_of: return print_joined(tree, " || ");
    case SyntaxKind::conditional: return "(" + child(0) + " ? " + child(1) + " : " + child(2) + ")";
  }
  std::abort();
}

}  // namespace aright::cel
