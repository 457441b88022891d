#include "base/path_text.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/digest.h"

namespace aright {

namespace {

constexpr std::string_view cut_mark = "\\~";
constexpr std::string_view hex_digits = "0123456789abcdef";

/// The length of the character that `bytes` begins with; 0 when it begins with none.
std::size_t character(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes.front());
  const std::size_t length = first < 0x80U ? 1 : first < 0xE0U ? 2 : first < 0xF0U ? 3 : 4;
  return is_utf8(bytes.substr(0, length)) && length <= bytes.size() ? length : 0;
}

/// Control characters, and marks that break a line or turn its direction in a terminal or a browser.
bool is_hidden(std::string_view c) {
  if (c.size() == 1) return static_cast<unsigned char>(c[0]) < 0x20U || c[0] == '\x7F';
  const auto in = [&](std::string_view low, std::string_view high) { return low <= c && c <= high; };
  return in("\u0080", "\u009F") || c == "\u061C" || in("\u200B", "\u200F") || in("\u2028", "\u202E") ||
         in("\u2060", "\u206F") || c == "\uFEFF";
}

void escape(std::string_view bytes, std::string& text) {
  for (const std::uint8_t byte : as_bytes(bytes)) {
    text += "\\x";
    text += hex_digits[byte >> 4U];
    text += hex_digits[byte & 15U];
  }
}

}  // namespace

std::string path_text(std::string_view bytes) {
  std::string text;
  std::size_t cut = 0;
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::size_t length = character(rest);
    const std::string_view piece = rest.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0 || is_hidden(piece)) {
      escape(piece, text);
    } else {
      text += piece == "\\" ? std::string_view("\\\\") : piece;
    }
    if (text.size() <= folder_text_max + 1) cut = text.size();
    rest.remove_prefix(piece.size());
  }
  if (text.size() <= path_text_max) return text;
  text.resize(cut);
  return text.append(cut_mark).append(hex(sha256(bytes)));
}

Result<std::string> path_bytes(std::string_view text) {
  const auto bad = [&](const std::string& why) {
    return fail(Errc::invalid, "path \"" + path_text(text) + "\" " + why);
  };
  if (text.size() > path_text_max) return bad("is longer than 1024 bytes");
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '\\') {
      bytes += text[at];
      continue;
    }
    const std::string_view next = text.substr(at + 1);
    if (next.starts_with('~')) return bad("names a file whose path is too long to be managed; rename it by hand");
    if (next.starts_with('\\')) {
      bytes += '\\';
      at += 1;
    } else if (const auto byte = unhex(next.substr(next.starts_with('x') ? 1 : 0, 2));
               next.starts_with('x') && byte && byte->size() == 1) {
      bytes += *byte;
      at += 3;
    } else {
      return bad("has a single backslash; write it twice, or a byte as \\xNN");
    }
  }
  if (path_text(bytes) != text) return bad("has characters that cannot be seen; write their bytes as \\xNN");
  return bytes;
}

}  // namespace aright
