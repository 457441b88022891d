// No headers make a delivery of a key that did not sign it, and none crash the reader; what is rightly signed is taken.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "http/webhook_auth.h"

namespace {

using namespace aright::http;

const std::string key(32, 'f');
const aright::WallTime now{std::chrono::seconds{1'800'000'000}};

WebhookCheck check_of(WebhookScheme scheme, const std::vector<std::string>& keys, std::chrono::seconds tolerance) {
  WebhookCheck check{scheme, {}, tolerance, {}};
  for (std::string text : keys) check.keys.emplace_back(std::move(text));
  return check;
}

/// "Name: value" lines up to an empty one; the rest is the body.
Headers take_headers(std::string_view& text) {
  Headers headers;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.empty()) break;
    const std::size_t colon = std::min(line.find(": "), line.size());
    headers.emplace_back(line.substr(0, colon), line.substr(std::min(line.size(), colon + 2)));
  }
  return headers;
}

void rightly_signed(std::string_view body) {
  const std::string time = "1800000000";
  const auto mac = [](const std::string& text) { return aright::hmac_sha256(key, text); };
  const std::string text(body);
  const Headers github{{"X-Hub-Signature-256", "sha256=" + aright::hex(mac(text))}};
  const Headers stripe{{"Stripe-Signature", "t=" + time + ",v1=" + aright::hex(mac(time + "." + text))}};
  const Headers standard{{"webhook-id", "m"},
                         {"webhook-timestamp", time},
                         {"webhook-signature", "v1," + aright::base64(aright::as_text(mac("m." + time + "." + text)))}};
  if (!authenticate(check_of(WebhookScheme::github, {key}, {}), github, body, now) ||
      !authenticate(check_of(WebhookScheme::stripe, {"other", key}, {}), stripe, body, now) ||
      !authenticate(check_of(WebhookScheme::standard, {key}, {}), standard, body, now)) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all{reinterpret_cast<const char*>(data), size};
  std::string_view text = all;
  const Headers headers = take_headers(text);
  for (const auto scheme : {WebhookScheme::github, WebhookScheme::stripe, WebhookScheme::standard}) {
    if (authenticate(check_of(scheme, {key}, std::chrono::hours{24 * 365 * 100}), headers, text, now)) std::abort();
    static_cast<void>(webhook_key(scheme, text));
  }
  const bool has_token = all.find(key) != std::string_view::npos;
  if (!has_token && authenticate(check_of(WebhookScheme::bearer, {key}, {}), headers, text, now)) std::abort();
  static_cast<void>(webhook_key(WebhookScheme::bearer, text));
  rightly_signed(text);
  return 0;
}
