#include "base/redact_views.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>

#include "base/utf8.h"

namespace aright {

void View::add(char byte, std::size_t begin, std::size_t end) {
  text += byte;
  begins.push_back(static_cast<std::uint32_t>(begin));
  ends.push_back(static_cast<std::uint32_t>(end));
}

void View::add(std::string_view bytes, std::size_t begin, std::size_t end) {
  for (const char byte : bytes) add(byte, begin, end);
}

namespace {

/// What an escape stands for, and how long it is. No text: it is none, or it is cut off at the end (`cut`).
struct Escape {
  std::string text{};
  std::size_t size{0};
  bool cut{false};
};
using Decode = Escape (*)(std::string_view at);

bool is_white(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

std::optional<std::uint32_t> number(std::string_view digits, int base) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::string utf8_of(std::uint32_t code) {
  std::string text;
  if (code < 0x110000) append_character(text, code);
  return text;
}

/// So many digits behind `prefix` signs.
Escape by_digits(std::string_view at, std::size_t prefix, std::size_t digits, int base, bool as_code) {
  const std::string_view there = at.substr(prefix, digits);
  const auto value = number(there, base);
  if (there.size() < digits) return {.cut = there.empty() || value};
  if (!value || (!as_code && *value > 0xFF)) return {};
  return {as_code ? utf8_of(*value) : std::string(1, static_cast<char>(*value)), prefix + digits, false};
}

/// "\ud83d\ude00": two halves of one sign.
Escape by_code(std::string_view at) {
  Escape one = by_digits(at, 2, 4, 16, true);
  if (one.size == 0) return one;
  const std::uint32_t high = number(at.substr(2, 4), 16).value_or(0);
  if (high < 0xD800 || high >= 0xDC00 || !at.substr(6).starts_with("\\u")) return one;
  const std::uint32_t low = number(at.substr(8, 4), 16).value_or(0);
  if (low < 0xDC00 || low >= 0xE000 || at.size() < 12) return one;
  return {utf8_of(0x10000 + ((high - 0xD800) << 10U) + (low - 0xDC00)), 12, false};
}

Escape of_json_and_c(std::string_view at) {
  if (at[0] != '\\') return {};
  if (at.size() == 1) return {.cut = true};
  constexpr std::string_view signs = "bfnrtae0";
  constexpr std::string_view meant{"\b\f\n\r\t\a\x1b\0", 8};
  const char sign = at[1];
  if (sign == 'u') return by_code(at);
  if (sign == 'x') return by_digits(at, 2, 2, 16, false);
  if (sign >= '0' && sign <= '3' && at.size() > 3) {
    if (Escape octal = by_digits(at, 1, 3, 8, false); octal.size != 0) return octal;
  }
  if (const auto place = signs.find(sign); place != std::string_view::npos) return {{meant[place]}, 2, false};
  const bool itself = std::string_view("\"\\/'`$ &;").contains(sign);
  return itself ? Escape{{sign}, 2, false} : Escape{};
}

Escape of_url(std::string_view at) { return at[0] == '%' ? by_digits(at, 1, 2, 16, false) : Escape{}; }

Escape of_form(std::string_view at) { return at[0] == '+' ? Escape{" ", 1, false} : of_url(at); }

Escape of_html(std::string_view at) {
  if (at[0] != '&') return {};
  constexpr std::size_t longest = 10;
  const auto end = at.substr(0, longest).find(';');
  if (end == std::string_view::npos) return {.cut = at.size() < longest};
  const std::string_view word = at.substr(1, end - 1);
  constexpr std::array<std::pair<std::string_view, char>, 5> words{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}}};
  for (const auto& [name, sign] : words) {
    if (word == name) return {{sign}, end + 1, false};
  }
  if (!word.starts_with('#')) return {};
  const bool hex = word.starts_with("#x") || word.starts_with("#X");
  const auto code = number(word.substr(hex ? 2 : 1), hex ? 16 : 10);
  return code ? Escape{utf8_of(*code), end + 1, false} : Escape{};
}

Escape without_white(std::string_view at) { return is_white(at[0]) ? Escape{"", 1, false} : Escape{}; }

/// "DE:AD", "0xde, 0xad", "de ad": digits only.
Escape bare_hex(std::string_view at) {
  const bool prefix = at.size() > 2 && at[0] == '0' && (at[1] == 'x' || at[1] == 'X') && is_hex(at[2]);
  if (prefix) return {"", 2, false};
  if (is_white(at[0]) || std::string_view(":-,").contains(at[0])) return {"", 1, false};
  if (at[0] >= 'A' && at[0] <= 'F') return {{static_cast<char>(at[0] - 'A' + 'a')}, 1, false};
  return {};
}

/// With the signs that its escapes begin with.
struct Decoder {
  Decode decode;
  std::string_view leads;
};
constexpr Decoder json_and_c{of_json_and_c, "\\"};
constexpr std::array<Decoder, 5> others{
    {{of_url, "%"}, {of_form, "%+"}, {of_html, "&"}, {without_white, " \t\r\n"}, {bare_hex, "0ABCDEF:-, \t\r\n"}}};

/// nullopt: it would be the same.
std::optional<View> decoded(const View& from, const Decoder& decoder) {
  if (from.text.find_first_of(decoder.leads) == std::string::npos) return std::nullopt;
  View made;
  bool other = false;
  for (std::size_t at = 0; at < from.text.size();) {
    const bool may_be = decoder.leads.contains(from.text[at]);
    const Escape escape = may_be ? decoder.decode(std::string_view(from.text).substr(at)) : Escape{};
    other = other || escape.size != 0 || escape.cut;
    if (escape.cut) break;
    if (escape.size == 0) {
      made.add(from.text[at], from.begins[at], from.ends[at]);
      ++at;
      continue;
    }
    made.add(escape.text, from.begins[at], from.ends[at + escape.size - 1]);
    at += escape.size;
  }
  if (!other) return std::nullopt;
  return made;
}

View as_it_is(std::string_view text) {
  View view;
  const std::size_t size = std::min<std::size_t>(text.size(), std::numeric_limits<std::uint32_t>::max() - 1);
  for (std::size_t at = 0; at < size; ++at) view.add(text[at], at, at + 1);
  return view;
}

}  // namespace

std::vector<View> views_of(std::string_view text) {
  constexpr std::size_t depth = 3;
  std::vector<View> plain;  // as it is, and without one and two layers of escapes
  plain.push_back(as_it_is(text));
  while (plain.size() < depth) {
    auto next = decoded(plain.back(), json_and_c);
    if (!next) break;
    plain.push_back(std::move(*next));
  }
  std::vector<View> all;
  for (View& view : plain) {
    for (const Decoder& decoder : others) {
      if (auto other = decoded(view, decoder)) all.push_back(std::move(*other));
    }
    all.push_back(std::move(view));
  }
  return all;
}

}  // namespace aright
