#include "base/text.h"

#include <algorithm>

#include "base/bytes.h"

namespace aright {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view ellipsis = "\xE2\x80\xA6";

/// Length of the well-formed character in front of `text`; 0 when there is none.
std::size_t character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t size = 1;
  if (lead >= 0xF0) {
    size = 4;
  } else if (lead >= 0xE0) {
    size = 3;
  } else if (lead >= 0xC0) {
    size = 2;
  }
  return size <= text.size() && is_utf8(text.substr(0, size)) ? size : 0;
}

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
    const std::size_t size = character(text);
    const std::string_view piece = size == 0 ? replacement : shown(text.substr(0, size));
    if (out.size() + piece.size() > bytes_max) {
      out.resize(safe);
      out += ellipsis;
      return out;
    }
    out += piece;
    text.remove_prefix(std::max<std::size_t>(size, 1));
    if (out.size() + ellipsis.size() <= bytes_max) safe = out.size();
  }
  return out;
}

}  // namespace aright
