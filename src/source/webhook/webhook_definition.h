// A webhook as written in sources/*.yaml.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/yaml.h"
#include "http/webhook_auth.h"
#include "model/mode.h"
#include "source/tail/decode.h"

namespace aright::source {

inline constexpr std::int64_t webhook_body_max = std::int64_t{1} << 20U;

struct WebhookDefinition {
  std::string name;                            ///< as TailDefinition's; deliveries are posted to /hooks/NAME
  std::optional<http::WebhookScheme> scheme;   ///< nullopt: `auth: none`
  Mode mode{Mode::auto_};                      ///< how far workflows go with what it tells; `auth: none`: observe
  std::vector<std::string> secret_files;       ///< absolute paths, bytes; several while a key is being changed
  std::chrono::seconds tolerance{300};         ///< of the time that was signed
  std::string signature_header;                ///< empty: as the scheme says
  std::size_t body_max{webhook_body_max};      ///< bytes
  std::map<std::string, std::string> headers;  ///< fields of the event from headers
  JsonLines json;
  bool operator==(const WebhookDefinition&) const = default;
};

/// A file whose `source:` has a `webhook:`. nullopt after reporting every mistake to `out`. Pure.
[[nodiscard]] std::optional<WebhookDefinition> parse_webhook(const yaml::Node& node, Diagnostics& out);

}  // namespace aright::source
