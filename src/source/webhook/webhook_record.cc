#include "source/webhook/webhook_record.h"

#include <nlohmann/json.hpp>

#include "base/json.h"

namespace aright::source {

std::string encode_webhook(const WebhookRecord& record) {
  // A header's bytes that are no UTF-8 are replaced: they are shown, never compared.
  const Json fields(record.fields);
  std::string out = fields.dump(-1, ' ', true, Json::error_handler_t::replace);
  out += '\n';
  out += record.body;
  return out;
}

std::optional<WebhookRecord> decode_webhook(std::string_view bytes) {
  const auto end = bytes.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const auto fields = parse_json(bytes.substr(0, end));
  if (!fields || !fields->is_object()) return std::nullopt;
  WebhookRecord record{{}, bytes.substr(end + 1)};
  for (const auto& [name, value] : fields->items()) {
    if (!value.is_string()) return std::nullopt;
    record.fields[name] = value.get<std::string>();
  }
  return record;
}

}  // namespace aright::source
