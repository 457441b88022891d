// Text from outside on its way to a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aright::cli {

/// Nothing in it may move the cursor, change colours or turn the direction of writing: what `is_hidden`
/// (base/utf8.h) names, what Unicode has for no character (U+FFFE) and bytes that are not UTF-8 become `\xNN` or
/// `\u{N}`.
[[nodiscard]] std::string safe(std::string_view text);

/// How many columns `text` takes: characters, not bytes. Wide characters count as one.
[[nodiscard]] std::size_t columns_of(std::string_view text);

}  // namespace aright::cli
