#include "audit/note.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/utf8.h"

namespace aright::audit {

namespace {

constexpr std::size_t note_max = 64U << 10U;
constexpr std::size_t signatures_max = 64;
constexpr std::string_view signature_mark = "\xE2\x80\x94 ";  // em dash, space
constexpr std::size_t key_id_bytes = 4;

std::unexpected<Error> no_note(std::string_view why) { return fail(Errc::invalid, std::string(why)); }

Result<NoteSignature> read_signature(std::string_view line) {
  NoteSignature one;
  one.line = line;
  if (!line.starts_with(signature_mark)) return no_note("a signature line begins with an em dash");
  line.remove_prefix(signature_mark.size());
  const auto space = line.find(' ');
  if (space == 0 || space == std::string_view::npos) return no_note("a signature line has a name and base64");
  const auto bytes = unbase64(line.substr(space + 1));
  if (!bytes || bytes->size() <= key_id_bytes) return no_note("a signature is not base64");
  one.name = line.substr(0, space);
  one.key_id = bytes->substr(0, key_id_bytes);
  one.bytes = bytes->substr(key_id_bytes);
  return one;
}

}  // namespace

std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

bool is_note_text(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) {
           return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7F';
         });
}

std::string key_id_text(std::uint32_t id) {
  return {static_cast<char>(id >> 24U), static_cast<char>(id >> 16U), static_cast<char>(id >> 8U),
          static_cast<char>(id)};
}

std::string signature_line(std::string_view name, std::uint32_t key_id, std::string_view signature) {
  return fmt::format("{}{} {}\n", signature_mark, name, base64(key_id_text(key_id) + std::string(signature)));
}

Result<std::vector<NoteSignature>> read_signatures(std::string_view lines) {
  if (lines.size() > note_max) return no_note("larger than 64 KiB");
  if (!is_note_text(lines)) return no_note("not UTF-8, or with control characters");
  if (lines.empty() || !lines.ends_with('\n')) return no_note("no signature line, or the last one is not ended");
  std::vector<NoteSignature> all;
  while (const auto line = take_line(lines)) {
    if (all.size() == signatures_max) return no_note("more than 64 signatures");
    auto one = read_signature(*line);
    if (!one) return std::unexpected(one.error());
    all.push_back(std::move(*one));
  }
  return all;
}

Result<Note> open_note(std::string_view text) {
  if (text.size() > note_max) return no_note("larger than 64 KiB");
  if (!is_note_text(text)) return no_note("not UTF-8, or with control characters");
  const auto blank = text.rfind("\n\n");
  if (blank == std::string_view::npos) return no_note("no blank line before the signatures");
  auto signatures = read_signatures(text.substr(blank + 2));
  if (!signatures) return std::unexpected(signatures.error());
  return Note{text.substr(0, blank + 1), std::move(*signatures)};
}

}  // namespace aright::audit
