#include "base/path_text.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/utf8.h"

namespace aright {

namespace {

constexpr std::string_view cut_mark = "\\~";

void escape(std::string_view bytes, std::string& text) {
  for (const std::uint8_t byte : as_bytes(bytes)) {
    text += "\\x";
    text += hex({&byte, 1});
  }
}

/// Most paths: nothing to escape, nothing to cut.
bool is_as_it_is(std::string_view path) {
  return path.size() <= folder_text_max && plain_ascii(path) == path.size() &&
         path.find('\\') == std::string_view::npos;
}

}  // namespace

std::string path_text(std::string_view bytes) {
  if (is_as_it_is(bytes)) return std::string(bytes);
  std::string text;
  std::size_t cut = 0;
  for (std::string_view rest = bytes; !rest.empty();) {
    const auto character = first_character(rest);
    const std::string_view piece = rest.substr(0, character ? character->size : 1);
    if (!character || is_hidden(character->code)) {
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
  if (is_as_it_is(text)) return std::string(text);
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
  if (path_text(bytes) != text)
    return bad(
        "has characters that cannot be seen; write their bytes as \\xNN, and in YAML that without quotes or in "
        "single ones: double quotes need \\\\xNN");
  return bytes;
}

}  // namespace aright
