// A delivery as it lies in the spool: the headers that become fields, then the body as it was received. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace aright::source {

struct WebhookRecord {
  std::map<std::string, std::string> fields;
  std::string_view body;  ///< lives as long as the bytes it was read from
};
[[nodiscard]] std::string encode_webhook(const WebhookRecord& record);
/// nullopt: it is none.
[[nodiscard]] std::optional<WebhookRecord> decode_webhook(std::string_view bytes);

}  // namespace aright::source
