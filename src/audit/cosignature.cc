#include "audit/cosignature.h"

#include <fmt/format.h>

#include <limits>

#include "audit/note.h"

namespace aright::audit {

namespace {

constexpr std::size_t time_bytes = 8;

std::unexpected<Error> no_cosignature(std::string why) { return fail(Errc::invalid, "cosignature: " + std::move(why)); }

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8U | static_cast<unsigned char>(c);
  return number;
}

}  // namespace

std::string cosigned_message(std::uint64_t time, std::string_view body) {
  return fmt::format("cosignature/v1\ntime {}\n{}", time, body);
}

Result<Cosignature> open_cosignature(std::string_view note, std::string_view lines, const VerifyKey& key) {
  const auto signed_note = open_note(note);
  if (!signed_note) return no_cosignature(signed_note.error().message);
  const auto signatures = read_signatures(lines);
  if (!signatures) return no_cosignature(signatures.error().message);
  for (const NoteSignature& one : *signatures) {
    if (one.name != key.name || one.key_id != key_id_text(key.key_id)) continue;
    if (one.bytes.size() <= time_bytes) return no_cosignature("that of " + key.name + " is too short");
    const std::uint64_t time = big_endian(std::string_view(one.bytes).substr(0, time_bytes));
    const bool possible = time <= std::uint64_t{std::numeric_limits<std::int64_t>::max()};
    if (!possible || !key.verify(cosigned_message(time, signed_note->body), one.bytes.substr(time_bytes))) {
      return no_cosignature("that of " + key.name + " does not sign this checkpoint");
    }
    return Cosignature{time, std::string(one.line) + "\n"};
  }
  return no_cosignature("there is none of " + key.name);
}

}  // namespace aright::audit
