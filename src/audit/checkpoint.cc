#include "audit/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/utf8.h"

namespace aright::audit {

namespace {

constexpr std::size_t note_max = 64U << 10U;
constexpr std::size_t signatures_max = 64;
constexpr std::string_view signature_mark = "\xE2\x80\x94 ";  // em dash, space
constexpr std::size_t key_id_bytes = 4;

std::unexpected<Error> bad(std::string_view why) { return fail(Errc::invalid, fmt::format("checkpoint: {}", why)); }

bool plain(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](char c) {
           return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == '\x7F';
         });
}

/// Removes and returns the first line; nullopt when no newline is left.
std::optional<std::string_view> take_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::string key_id_text(std::uint32_t id) {
  return {static_cast<char>(id >> 24U), static_cast<char>(id >> 16U), static_cast<char>(id >> 8U),
          static_cast<char>(id)};
}

Result<CheckpointBody> parse_body(std::string_view text) {
  CheckpointBody body;
  const auto origin = take_line(text);
  const auto size = take_line(text);
  const auto root = take_line(text);
  if (!origin || origin->empty() || !size || !root) return bad("origin, size and root expected");
  body.origin = *origin;
  const auto [stop, error] = std::from_chars(size->data(), size->data() + size->size(), body.size);
  const bool leading_zero = size->size() > 1 && size->front() == '0';
  if (error != std::errc{} || stop != size->data() + size->size() || leading_zero || size->empty()) {
    return bad("the size is not a decimal number");
  }
  const auto bytes = unbase64(*root);
  if (!bytes || bytes->size() != body.root.size()) return bad("the root is not 32 bytes of base64");
  std::ranges::copy(as_bytes(*bytes), body.root.begin());
  while (const auto line = take_line(text)) {
    if (line->empty()) return bad("an extension line is empty");
    body.extensions.emplace_back(*line);
  }
  return body;
}

/// True for a good signature of `key`; false for one of somebody else; an error for a malformed or wrong one.
Result<bool> check_signature(std::string_view line, std::string_view text, const VerifyKey& key) {
  if (!line.starts_with(signature_mark)) return bad("a signature line begins with an em dash");
  line.remove_prefix(signature_mark.size());
  const auto space = line.find(' ');
  if (space == 0 || space == std::string_view::npos) return bad("a signature line has a name and base64");
  const auto bytes = unbase64(line.substr(space + 1));
  if (!bytes || bytes->size() <= key_id_bytes) return bad("a signature is not base64");
  if (line.substr(0, space) != key.name || bytes->substr(0, key_id_bytes) != key_id_text(key.key_id)) return false;
  if (!key.verify(text, bytes->substr(key_id_bytes))) return bad("the signature of " + key.name + " is wrong");
  return true;
}

bool is_line(std::string_view text) {
  return !text.empty() && plain(text) && text.find('\n') == std::string_view::npos;
}

}  // namespace

Result<std::string> sign_checkpoint(const CheckpointBody& body, const SigningKey& key, const std::string& key_name) {
  if (!is_line(body.origin) || !std::ranges::all_of(body.extensions, is_line)) {
    return bad("origin and extensions are non-empty lines");
  }
  if (!is_line(key_name) || key_name.find_first_of(" +") != std::string::npos) {
    return bad("a key name has no spaces and no plus sign");
  }
  std::string text = fmt::format("{}\n{}\n{}\n", body.origin, body.size, base64(as_text(body.root)));
  for (const std::string& line : body.extensions) text += line + "\n";
  const VerifyKey public_half = VerifyKey::make(key_name, key.public_key());
  return fmt::format("{}\n{}{} {}\n", text, signature_mark, key_name,
                     base64(key_id_text(public_half.key_id) + key.sign(text)));
}

Result<CheckpointBody> open_checkpoint(std::string_view note, const VerifyKey& key) {
  if (note.size() > note_max) return bad("larger than 64 KiB");
  if (!plain(note)) return bad("not UTF-8, or with control characters");
  const auto blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return bad("no blank line before the signatures");
  const std::string_view text = note.substr(0, blank + 1);
  std::string_view signatures = note.substr(blank + 2);
  if (signatures.empty() || !signatures.ends_with('\n')) return bad("no signature line, or the last one is not ended");
  bool good = false;
  std::size_t count = 0;
  while (const auto line = take_line(signatures)) {
    if (++count > signatures_max) return bad("more than 64 signatures");
    const auto checked = check_signature(*line, text, key);
    if (!checked) return std::unexpected(checked.error());
    good = good || *checked;
  }
  if (!good) return bad("no signature of " + key.name);
  return parse_body(text);
}

}  // namespace aright::audit
