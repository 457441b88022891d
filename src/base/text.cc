#include "base/text.h"

#include <fmt/format.h>

#include "base/utf8.h"

namespace aright {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

std::string_view shown(std::string_view character) {
  const char c = character.front();
  if (c == '\n' || c == '\t' || c == '\r') return " ";
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? replacement : character;
}

}  // namespace

std::string clip_text(std::string_view text, std::size_t bytes_max) {
  std::string out;
  std::size_t safe = 0;  // bytes of `out` after which the ellipsis still fits
  while (!text.empty()) {
    const auto character = first_character(text);
    const std::string_view piece = character ? shown(text.substr(0, character->size)) : replacement;
    if (out.size() + piece.size() > bytes_max) {
      out.resize(safe);
      out += ellipsis;
      return out;
    }
    out += piece;
    text.remove_prefix(character ? character->size : 1);
    if (out.size() + ellipsis.size() <= bytes_max) safe = out.size();
  }
  return out;
}

std::string counted(std::uint64_t count, std::string_view noun) {
  if (count == 1) return fmt::format("1 {}", noun);
  if (noun.ends_with('s')) return fmt::format("{} {}es", count, noun);
  const bool to_ies = noun.ends_with('y') && !noun.ends_with("ay") && !noun.ends_with("ey");
  if (!to_ies) return fmt::format("{} {}s", count, noun);
  noun.remove_suffix(1);
  return fmt::format("{} {}ies", count, noun);
}

}  // namespace aright
