// A webhook as written in sources/*.yaml.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/secret_source.h"
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
  std::vector<SecretSource> secrets;           ///< where its key lies; several while it is being changed
  std::chrono::seconds tolerance{300};         ///< of the time that was signed
  std::string signature_header;                ///< empty: as the scheme says
  std::size_t body_max{webhook_body_max};      ///< bytes
  std::map<std::string, std::string> headers;  ///< fields of the event from headers
  JsonLines json;
  bool operator==(const WebhookDefinition&) const = default;
};

/// Shorter ones can be guessed by whoever may try as often as he likes.
inline constexpr std::size_t webhook_secret_bytes_min = 16;

/// A file whose `source:` has a `webhook:`. nullopt after reporting every mistake to `out`. `known`: what `secret:
/// NAME` may name; nullptr: nobody knows here, any name will do. Pure.
[[nodiscard]] std::optional<WebhookDefinition> parse_webhook(const yaml::Node& node, Diagnostics& out,
                                                             const SecretSources* known = nullptr);

}  // namespace aright::source
