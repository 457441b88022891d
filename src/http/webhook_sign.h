// What we send, signed as Standard Webhooks says: the other side of http/webhook_auth.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "http/message.h"

namespace aright::http {

/// The headers webhook-id, webhook-timestamp and webhook-signature ("v1,BASE64" over "id.timestamp.body"). `key`: as
/// people write it, see `webhook_key`. The caller sees to it that `id` holds no dot. Errc::invalid: it is no key.
[[nodiscard]] Result<Headers> signed_as_standard_webhook(std::string_view key, const std::string& id,
                                                         std::string_view body, WallTime now);

}  // namespace aright::http
