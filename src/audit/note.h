// C2SP signed notes, as text: a body, a blank line, signature lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aright::audit {

struct NoteSignature {
  std::string_view name;  ///< of the key
  std::string key_id;     ///< 4 bytes
  std::string bytes;      ///< of the signature; what they mean says the key
  std::string_view line;  ///< as it stands there, without its newline
};
struct Note {
  std::string_view body;  ///< with its last newline: what is signed
  std::vector<NoteSignature> signatures;
};

/// Points into `text`. Errc::invalid: not that form, larger than 64 KiB, or more than 64 signatures.
[[nodiscard]] Result<Note> open_note(std::string_view text);
/// Signature lines alone, each ended by a newline, at least one. Errors as `open_note`.
[[nodiscard]] Result<std::vector<NoteSignature>> read_signatures(std::string_view lines);
/// With its newline.
[[nodiscard]] std::string signature_line(std::string_view name, std::uint32_t key_id, std::string_view signature);
/// Big endian, as it stands before a signature.
[[nodiscard]] std::string key_id_text(std::uint32_t id);

/// UTF-8 without control characters but newlines.
[[nodiscard]] bool is_note_text(std::string_view text);
/// Removes and returns the first line; nullopt when no newline is left.
[[nodiscard]] std::optional<std::string_view> take_line(std::string_view& text);

}  // namespace aright::audit
