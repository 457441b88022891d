// A file's path as text that can stand in records, answers and configuration: valid UTF-8 without control characters,
// whatever bytes the name has. Anybody may give a file in a watched folder any name.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aright {

inline constexpr std::size_t path_text_max = 1024;  ///< bytes; an id must leave room in an entry of 4 KiB
/// A folder's text may have this many, so that the ids of all files in it keep their folder readable.
inline constexpr std::size_t folder_text_max = 900;

/// `bytes` with "\" as "\\", and each byte as "\xNN" (lower case) that is not UTF-8 or belongs to a character that
/// cannot be seen as itself (controls, line and direction marks). Different bytes give different texts. A text that
/// would be longer than path_text_max is cut and ends in "\~" and the SHA-256 of the bytes: it names the file for a
/// person, and path_bytes refuses it. Pure.
[[nodiscard]] std::string path_text(std::string_view bytes);

/// The reverse. Errc::invalid: not exactly what path_text gives (a lone "\", "\x41", a control character), or cut.
[[nodiscard]] Result<std::string> path_bytes(std::string_view text);

}  // namespace aright
