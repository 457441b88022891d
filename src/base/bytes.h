// Bytes as text and back.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace aright {

/// A SHA-256 or HMAC-SHA-256 value.
using Digest = std::array<std::uint8_t, 32>;

[[nodiscard]] std::string hex(std::span<const std::uint8_t> bytes);
/// Lower-case pairs only. Errc::invalid.
[[nodiscard]] Result<std::string> unhex(std::string_view text);

/// RFC 4648 §4, padded, no line breaks.
[[nodiscard]] std::string base64(std::string_view bytes);
/// Strict: canonical padding, no white space, unused bits zero. Errc::invalid.
[[nodiscard]] Result<std::string> unbase64(std::string_view text);

[[nodiscard]] inline std::span<const std::uint8_t> as_bytes(std::string_view text) {
  // uint8_t is unsigned char, which may alias anything.
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace aright
