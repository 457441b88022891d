// Text without upper and lower case, and the code points of UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace aright::detect::sigma {

/// Unicode's simple case folding (one code point for one, no locale), so that texts that differ only in case become
/// equal. Bytes that are no UTF-8 stay as they are. Pure; any thread; cannot fail.
[[nodiscard]] std::string fold(std::string_view text);

/// Bytes of the code point that begins at `text[at]`, at least 1; a byte that begins none counts as one of its own.
[[nodiscard]] std::size_t code_point_size(std::string_view text, std::size_t at);

/// The code point at `text[at]` and U+FFFD for what is none.
[[nodiscard]] char32_t code_point(std::string_view text, std::size_t at);

}  // namespace aright::detect::sigma
