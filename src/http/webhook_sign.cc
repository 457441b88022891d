#include "http/webhook_sign.h"

#include <chrono>

#include "base/digest.h"
#include "http/webhook_auth.h"

namespace aright::http {

Result<Headers> signed_as_standard_webhook(std::string_view key, const std::string& id, std::string_view body,
                                           WallTime now) {
  const auto bytes = webhook_key(WebhookScheme::standard, key);
  if (!bytes) return std::unexpected(bytes.error());
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  const std::string time = std::to_string(seconds);
  const Digest mac = hmac_sha256(bytes->reveal(), id + "." + time + "." + std::string(body));
  return Headers{{"webhook-id", id}, {"webhook-timestamp", time}, {"webhook-signature", "v1," + base64(as_text(mac))}};
}

}  // namespace aright::http
