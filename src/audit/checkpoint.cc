#include "audit/checkpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "audit/note.h"

namespace aright::audit {

namespace {

std::unexpected<Error> bad(std::string_view why) { return fail(Errc::invalid, fmt::format("checkpoint: {}", why)); }

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

bool is_line(std::string_view text) {
  return !text.empty() && is_note_text(text) && text.find('\n') == std::string_view::npos;
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
  return text + "\n" + signature_line(key_name, public_half.key_id, key.sign(text));
}

Result<CheckpointBody> open_checkpoint(std::string_view note, const VerifyKey& key) {
  const auto parts = open_note(note);
  if (!parts) return bad(parts.error().message);
  bool good = false;
  for (const NoteSignature& one : parts->signatures) {
    if (one.name != key.name || one.key_id != key_id_text(key.key_id)) continue;
    if (!key.verify(parts->body, one.bytes)) return bad("the signature of " + key.name + " is wrong");
    good = true;
  }
  if (!good) return bad("no signature of " + key.name);
  return parse_body(parts->body);
}

}  // namespace aright::audit
