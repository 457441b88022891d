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

/// What an Ed25519 key signs: the same key bytes have another id for each. C2SP signed-note and tlog-cosignature.
enum class KeyUse : std::uint8_t { note = 0x01, cosignature = 0x04 };

/// A public key with the name signatures carry. C2SP signed-note: "NAME+HEXID+base64(use || key)".
struct VerifyKey {
  std::string name;
  std::uint32_t key_id{0};
  std::string public_key;
  KeyUse use{KeyUse::note};

  static VerifyKey make(std::string name, std::string public_key, KeyUse use = KeyUse::note);
  /// Errc::invalid: not that form, not an Ed25519 key for `use`, or an id that does not fit name and key.
  static Result<VerifyKey> parse(std::string_view text, KeyUse use = KeyUse::note);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool verify(std::string_view message, std::string_view signature) const;
  bool operator==(const VerifyKey&) const = default;
};

}  // namespace aright::audit
