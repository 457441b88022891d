// Ed25519 keys (RFC 8032, by OpenSSL) and their C2SP note form.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace aright::audit {

/// Signs. Any thread. The seed never leaves except through `seed()`.
class SigningKey {
 public:
  /// 32 bytes. Errc::invalid otherwise.
  static Result<SigningKey> from_seed(std::string_view seed);
  [[nodiscard]] std::string sign(std::string_view message) const;  ///< 64 bytes
  [[nodiscard]] const std::string& public_key() const { return public_key_; }

 private:
  std::string seed_;
  std::string public_key_;
};

/// A public key with the name signatures carry. C2SP signed-note: "NAME+HEXID+base64(0x01 || key)".
struct VerifyKey {
  std::string name;
  std::uint32_t key_id{0};
  std::string public_key;

  static VerifyKey make(std::string name, std::string public_key);
  /// Errc::invalid: not that form, not Ed25519, or an id that does not fit name and key.
  static Result<VerifyKey> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool verify(std::string_view message, std::string_view signature) const;
};

}  // namespace aright::audit
