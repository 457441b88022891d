// Who sent a webhook: HMAC-SHA-256 over the raw body, in the forms of GitHub, Stripe and Standard Webhooks, or a token.
// Pure: any thread, no clock; comparisons take the same time whatever differs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/time.h"
#include "http/message.h"

namespace aright::http {

enum class WebhookScheme : std::uint8_t {
  /// X-Hub-Signature-256: sha256=HEX over the body; in a header of another name `sha256=` may be left out. No time:
  /// only
  /// the delivery id stops a replay.
  github,
  stripe,    ///< Stripe-Signature: t=SECONDS,v1=HEX[,v1=HEX…] over "t.body"
  standard,  ///< webhook-id, webhook-timestamp, webhook-signature: "v1,BASE64 …" over "id.timestamp.body"
  /// Authorization: Bearer TOKEN (RFC 6750). The sender knows the token; nothing binds the body to it, and a repeated
  /// delivery looks like any other.
  bearer,
};
/// "github", "stripe", "standard-webhooks", "bearer".
[[nodiscard]] std::string_view name(WebhookScheme scheme);
[[nodiscard]] std::optional<WebhookScheme> parse_webhook_scheme(std::string_view text);

inline constexpr std::size_t webhook_signatures_max = 16;  ///< in one header; more are refused
inline constexpr std::size_t webhook_id_bytes_max = 128;

/// What a source accepts.
struct WebhookCheck {
  WebhookScheme scheme{WebhookScheme::github};
  std::vector<Secret> keys;             ///< raw bytes; several while a key is being changed: any one is enough
  std::chrono::seconds tolerance{300};  ///< between the time that was signed and `now`, both ways; stripe and standard
  std::string signature_header;         ///< where the sender names it otherwise; empty: as the scheme says
};

/// A key as people write it → its bytes. Standard Webhooks: "whsec_" (may be left out) and base64 of 24 to 64 bytes;
/// bearer: the token, of the characters that RFC 6750 allows; the others: the text itself, not empty. Errc::invalid;
/// the message does not show the key.
[[nodiscard]] Result<Secret> webhook_key(WebhookScheme scheme, std::string_view text);

/// A delivery that was signed with one of the keys.
struct Delivery {
  /// What tells a repeated delivery: the sender's own id (github: X-GitHub-Delivery; stripe: "id" of the body;
  /// standard: webhook-id), else `signature`. GitHub does not sign its id: whoever holds a delivery can send it again
  /// under another one, so `signature` is to be remembered as well. bearer: empty, both.
  std::string id;
  std::string signature;              ///< hex of the matching HMAC: the same for the same signed bytes
  std::optional<WallTime> signed_at;  ///< stripe and standard
};

enum class WebhookRefusal : std::uint8_t {
  no_key,     ///< the check has no key, or an empty one: a fault of ours
  missing,    ///< a header that must be there is not
  repeated,   ///< a header that must be there once is there twice: which one counts would be a guess
  malformed,  ///< a header is not of its form, or has too many signatures
  wrong,      ///< no signature is one of ours over these bytes; the token is none of ours
  too_old,    ///< rightly signed, outside the tolerance
  too_new,    ///< rightly signed, ahead of our clock by more than the tolerance
};
/// The word for counters: "no-key", "missing", …
[[nodiscard]] std::string_view name(WebhookRefusal why);

struct Refused {
  WebhookRefusal why{};
  std::string message;  ///< for our log; names headers and times, never keys, signatures or other content
};

/// Judges one delivery. `body`: the bytes as received. Every pair of key and signature is compared, also after a match.
[[nodiscard]] std::expected<Delivery, Refused> authenticate(const WebhookCheck& check, const Headers& headers,
                                                            std::string_view body, WallTime now);

}  // namespace aright::http
