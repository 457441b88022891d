// How values are encoded before they are looked for: UTF-16 and base64.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aright::detect::sigma {

enum class Utf16 : std::uint8_t { little, big, marked };  ///< marked: byte order mark FF FE, then little

/// Valid UTF-8 → UTF-16 bytes.
[[nodiscard]] std::string utf16(std::string_view text, Utf16 form);

/// The three texts of which one stands in the base64 form of any data that holds `bytes`, by where they begin in a
/// group of three; without what neighbouring bytes decide. Error invalid: a single byte leaves nothing certain.
[[nodiscard]] Result<std::vector<std::string>> base64_at_any_offset(std::string_view bytes);

}  // namespace aright::detect::sigma
