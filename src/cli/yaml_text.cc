#include "cli/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/utf8.h"

namespace aright::cli {

namespace {

constexpr std::size_t key_max = 1000;  ///< bytes; readers take no longer one without a `?` (YAML 1.2 §7.4.2)

std::string escape(char32_t code) {
  const auto number = static_cast<std::uint32_t>(code);
  if (code == U'\n') return "\\n";
  if (code == U'\t') return "\\t";
  if (code == U'"' || code == U'\\') return {'\\', static_cast<char>(code)};
  if (code <= 0xFF) return fmt::format("\\x{:02X}", number);
  return code <= 0xFFFF ? fmt::format("\\u{:04X}", number) : fmt::format("\\U{:08X}", number);
}

}  // namespace

std::string yaml_quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const auto character = first_character(text);
    const char32_t code = character ? character->code : 0xFFFD;
    const std::size_t size = character ? character->size : 1;
    const bool itself = character && !is_hidden(code) && code != U'"' && code != U'\\' && !is_no_character(code);
    if (itself) {
      out += text.substr(0, size);
    } else if (character) {
      out += escape(code);
    } else {
      append_character(out, code);
    }
    text.remove_prefix(size);
  }
  return out + "\"";
}

namespace {

/// Names as ours need no quotes; words that a reader takes for something else (no, null) do.
std::string key_text(const std::string& key) {
  static constexpr std::array<std::string_view, 9> others{"true", "false", "null", "yes", "no", "on", "off", "y", "n"};
  const bool plain = !key.empty() && key[0] >= 'a' && key[0] <= 'z' &&
                     std::ranges::all_of(key, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }) &&
                     std::ranges::find(others, key) == others.end();
  return plain ? key : yaml_quoted(key);
}

void emit(const Json& value, std::size_t indent, std::string& out);

/// What stands behind `key:`.
void emit_below(const Json& value, std::size_t indent, std::string& out) {
  const bool block = value.is_structured() && !value.empty();
  out += block ? "\n" + std::string(indent, ' ') : " ";
  emit(value, indent, out);
}

/// The first line goes where `out` ends; the others begin with `indent` spaces.
void emit(const Json& value, std::size_t indent, std::string& out) {
  if (value.is_string()) {
    out += yaml_quoted(value.get_ref<const std::string&>());
  } else if (!value.is_structured() || value.empty()) {
    out += value.dump();  // the same in YAML
  } else {
    const std::string next_line = "\n" + std::string(indent, ' ');
    bool first = true;
    for (const auto& [key, item] : value.items()) {
      if (!std::exchange(first, false)) out += next_line;
      if (value.is_array()) {
        out += "- ";
        emit(item, indent + 2, out);
      } else {
        const std::string name = key_text(key);
        out += name.size() <= key_max ? name : "? " + name + next_line;
        out += ":";
        emit_below(item, indent + 2, out);
      }
    }
  }
}

}  // namespace

std::string as_yaml(const Json& doc) {
  std::string out;
  emit(doc, 0, out);
  return out + "\n";
}

}  // namespace aright::cli
