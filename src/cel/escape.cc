#include "cel/escape.h"

#include <fmt/format.h>

#include <cstdint>
#include <iterator>
#include <optional>

#include "base/utf8.h"
#include "cel/lexer.h"

namespace aright::cel {

namespace {

std::optional<std::uint32_t> digits(std::string_view text, std::size_t count, std::uint32_t base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(0, count)) {
    std::uint32_t digit = base;
    if (c >= '0' && c <= '9') digit = static_cast<std::uint32_t>(c - '0');
    if (c >= 'a' && c <= 'f') digit = static_cast<std::uint32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') digit = static_cast<std::uint32_t>(c - 'A' + 10);
    if (digit >= base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

std::optional<char> simple(char c) {
  switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\':
    case '?':
    case '"':
    case '\'':
    case '`': return c;
    default: return std::nullopt;
  }
}

Escape coded(std::size_t prefix, std::size_t count, std::optional<std::uint32_t> code, bool bytes, std::string& out) {
  if (!code) return {0, fmt::format("an escape needs {} digits", count)};
  if (bytes) {
    if (*code > 0xff) return {0, "an octal escape in bytes goes up to \\377"};
    out += static_cast<char>(*code);
    return {prefix + count, {}};
  }
  if (*code > 0x10ffff || (*code >= 0xd800 && *code <= 0xdfff)) return {0, "an escape that is no character"};
  append_character(out, *code);
  return {prefix + count, {}};
}

void write_escaped(std::string& out, unsigned char c) {
  switch (c) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    default: fmt::format_to(std::back_inserter(out), "\\x{:02x}", c);
  }
}

}  // namespace

Escape decode_escape(std::string_view text, bool bytes, std::string& out) {
  if (text.size() < 2) return {0, "a text in quotes is not closed"};
  const char c = text[1];
  if (const auto plain = simple(c)) {
    out += *plain;
    return {2, {}};
  }
  const std::string_view rest = text.substr(2);
  if (c == 'x' || c == 'X') return coded(2, 2, digits(rest, 2, 16), bytes, out);
  if (c >= '0' && c <= '3') return coded(1, 3, digits(text.substr(1), 3, 8), bytes, out);
  if (c == 'u' || c == 'U') {
    if (bytes) return {0, fmt::format("\\{} stands in text, not in bytes", c)};
    const std::size_t count = c == 'u' ? 4 : 8;
    return coded(2, count, digits(rest, count, 16), false, out);
  }
  return {0, "an unknown escape"};
}

std::string text_literal(std::string_view value) {
  std::string out = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    byte < 0x20 || byte == 0x7f || c == '"' || c == '\\' ? write_escaped(out, byte) : out.push_back(c);
  }
  return out + '"';
}

std::string bytes_literal(std::string_view value) {
  std::string out = "b\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\' ? write_escaped(out, byte) : out.push_back(c);
  }
  return out + '"';
}

}  // namespace aright::cel
