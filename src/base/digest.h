// Hashes and random bytes from OpenSSL 3.
#pragma once

#include <string_view>

#include "base/bytes.h"

namespace aright {

/// SHA-256 (FIPS 180-4) over the concatenation of the parts. Any thread. Aborts if OpenSSL cannot hash.
[[nodiscard]] Digest sha256(std::initializer_list<std::string_view> parts);
[[nodiscard]] inline Digest sha256(std::string_view text) { return sha256({text}); }

/// HMAC-SHA-256 (RFC 2104). Any thread.
[[nodiscard]] Digest hmac_sha256(std::string_view key, std::string_view text);

/// Cryptographically random bytes. Aborts when the system has none: never goes on with weak salts.
[[nodiscard]] Digest random_digest();

}  // namespace aright
