#include "http/webhook_auth.h"

#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/json.h"

namespace aright::http {

namespace {

constexpr std::array<std::string_view, 4> scheme_words{"github", "stripe", "standard-webhooks", "bearer"};
constexpr std::array<std::string_view, 7> refusal_words{"no-key", "missing", "repeated", "malformed",
                                                        "wrong",  "too-old", "too-new"};
constexpr std::string_view key_prefix = "whsec_";
constexpr std::size_t standard_key_min = 24;  ///< bytes, as the specification asks
constexpr std::size_t standard_key_max = 64;
constexpr std::size_t seconds_digits_max = 12;

template <class T>
using Judged = std::expected<T, Refused>;

std::unexpected<Refused> refuse(WebhookRefusal why, std::string message) {
  return std::unexpected(Refused{why, std::move(message)});
}

/// nullopt: it is not there.
Judged<std::optional<std::string>> optional_header(const Headers& headers, std::string_view name) {
  const auto values = values_of(headers, name);
  if (values.empty()) return std::nullopt;
  if (values.size() > 1) return refuse(WebhookRefusal::repeated, fmt::format("header {} is there twice", name));
  return std::string(values.front());
}

Judged<std::string> header(const Headers& headers, std::string_view name) {
  auto found = optional_header(headers, name);
  if (!found) return std::unexpected(found.error());
  if (!*found) return refuse(WebhookRefusal::missing, fmt::format("header {} is missing", name));
  return std::move(**found);
}

bool is_id(std::string_view text) {
  return !text.empty() && text.size() <= webhook_id_bytes_max &&
         std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7F; });
}

/// Splits at `separator`; blanks around a part do not count.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    std::string_view part = text.substr(0, end);
    part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
    part = part.substr(0, part.find_last_not_of(" \t") + 1);
    if (!part.empty()) parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// Digits only: what was signed is this text, so there must be one way to read it.
std::optional<WallTime> unix_time(std::string_view text) {
  std::int64_t seconds = 0;
  const bool digits = !text.empty() && text.size() <= seconds_digits_max &&
                      std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t latest = std::chrono::floor<std::chrono::seconds>(WallTime::max()).time_since_epoch().count();
  if (seconds > latest) return std::nullopt;
  return WallTime{std::chrono::seconds{seconds}};
}

/// What a request claims: bytes that were signed, by whom is to be seen.
struct Claim {
  std::string prefix;                   ///< signed before the body
  std::vector<std::string> signatures;  ///< 32 bytes each
  std::optional<WallTime> signed_at;
  std::string id;  ///< may be empty
};

std::string signature_name(const WebhookCheck& check, std::string_view usual) {
  return check.signature_header.empty() ? std::string(usual) : check.signature_header;
}

/// A signature of another length cannot be ours: as if it were not there.
void add(Claim& claim, Result<std::string> bytes) {
  if (bytes && bytes->size() == Digest{}.size()) claim.signatures.push_back(std::move(*bytes));
}

Judged<Claim> github(const WebhookCheck& check, const Headers& headers) {
  const std::string name = signature_name(check, "X-Hub-Signature-256");
  const auto value = header(headers, name);
  if (!value) return std::unexpected(value.error());
  constexpr std::string_view algorithm = "sha256=";
  Claim claim;
  const bool named = value->starts_with(algorithm);
  if (named || !check.signature_header.empty()) add(claim, unhex(value->substr(named ? algorithm.size() : 0)));
  if (claim.signatures.empty()) {
    return refuse(WebhookRefusal::malformed, fmt::format("header {} is not sha256= and 64 hex digits", name));
  }
  auto id = optional_header(headers, "X-GitHub-Delivery");
  if (!id) return std::unexpected(id.error());
  if (*id && !is_id(**id)) return refuse(WebhookRefusal::malformed, "header X-GitHub-Delivery is no delivery id");
  claim.id = id->value_or("");
  return claim;
}

Judged<Claim> stripe(const WebhookCheck& check, const Headers& headers) {
  const std::string name = signature_name(check, "Stripe-Signature");
  const auto value = header(headers, name);
  if (!value) return std::unexpected(value.error());
  const auto malformed = [&](std::string_view why) {
    return refuse(WebhookRefusal::malformed, fmt::format("header {} {}", name, why));
  };
  const auto parts = split(*value, ',');
  if (parts.size() > webhook_signatures_max) return malformed("has too many parts");
  Claim claim;
  for (const std::string_view part : parts) {
    if (part.starts_with("v1=")) add(claim, unhex(part.substr(3)));
    if (!part.starts_with("t=")) continue;
    if (claim.signed_at) return malformed("has two times");
    claim.signed_at = unix_time(part.substr(2));
    if (!claim.signed_at) return malformed("has a time that is not in seconds since 1970");
    claim.prefix = fmt::format("{}.", part.substr(2));
  }
  if (!claim.signed_at) return malformed("has no time t=");
  if (claim.signatures.empty()) return malformed("has no signature v1= of 64 hex digits");
  return claim;
}

Judged<Claim> standard(const WebhookCheck& check, const Headers& headers) {
  const std::string name = signature_name(check, "webhook-signature");
  const auto id = header(headers, "webhook-id");
  if (!id) return std::unexpected(id.error());
  const auto time = header(headers, "webhook-timestamp");
  if (!time) return std::unexpected(time.error());
  const auto value = header(headers, name);
  if (!value) return std::unexpected(value.error());
  if (!is_id(*id)) return refuse(WebhookRefusal::malformed, "header webhook-id is no delivery id");
  Claim claim{fmt::format("{}.{}.", *id, *time), {}, unix_time(*time), *id};
  if (!claim.signed_at) {
    return refuse(WebhookRefusal::malformed, "header webhook-timestamp is not in seconds since 1970");
  }
  const auto parts = split(*value, ' ');
  if (parts.size() > webhook_signatures_max) {
    return refuse(WebhookRefusal::malformed, fmt::format("header {} has too many signatures", name));
  }
  for (const std::string_view part : parts) {
    if (part.starts_with("v1,")) add(claim, unbase64(part.substr(3)));
  }
  if (claim.signatures.empty()) {
    return refuse(WebhookRefusal::malformed,
                  fmt::format("header {} has no signature v1, with base64 of 32 bytes", name));
  }
  return claim;
}

Judged<Claim> claim_of(const WebhookCheck& check, const Headers& headers) {
  switch (check.scheme) {
    case WebhookScheme::github: return github(check, headers);
    case WebhookScheme::stripe: return stripe(check, headers);
    case WebhookScheme::standard: return standard(check, headers);
    case WebhookScheme::bearer: break;  // signs nothing
  }
  std::abort();
}

/// The HMAC of the key that signed, as text of bytes; nullopt: none did.
std::optional<std::string> matching(const WebhookCheck& check, const Claim& claim, std::string_view body) {
  const std::string signed_bytes = claim.prefix + std::string(body);
  std::optional<std::string> match;
  for (const Secret& key : check.keys) {
    const Digest expected = hmac_sha256(key.reveal(), signed_bytes);
    for (const std::string& given : claim.signatures) {
      if (CRYPTO_memcmp(expected.data(), given.data(), expected.size()) == 0) match = as_text(expected);
    }
  }
  return match;
}

/// RFC 6750, section 2.1: what a token is made of.
bool is_token(std::string_view text) {
  const std::string_view body = text.substr(0, text.find_last_not_of('=') + 1);
  return !body.empty() && std::ranges::all_of(body, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~+/").contains(c);
  });
}

/// Compared by their hashes: neither the place of a difference nor a length shows in the time it takes.
Judged<Delivery> bearer(const WebhookCheck& check, const Headers& headers) {
  constexpr std::string_view header_name = "Authorization";
  constexpr std::string_view word = "bearer ";
  const auto value = header(headers, header_name);
  if (!value) return std::unexpected(value.error());
  std::string_view token = *value;
  const bool named = same_name(token.substr(0, word.size()), word);
  token.remove_prefix(std::min(named ? word.size() : 0, token.size()));
  token.remove_prefix(std::min(token.find_first_not_of(' '), token.size()));
  if (!named || !is_token(token)) {
    return refuse(WebhookRefusal::malformed, fmt::format("header {} is not Bearer and a token", header_name));
  }
  const Digest given = sha256(token);
  bool known = false;
  for (const Secret& key : check.keys) {
    const Digest ours = sha256(key.reveal());
    known = CRYPTO_memcmp(ours.data(), given.data(), ours.size()) == 0 || known;
  }
  if (!known) return refuse(WebhookRefusal::wrong, "the token is none of ours");
  return Delivery{};
}

/// Stripe's event id, part of what was signed. Empty: there is none.
std::string id_of_event(std::string_view body) {
  const auto event = parse_json(body);
  if (!event || !event->is_object()) return {};
  const auto id = event->find("id");
  if (id == event->end() || !id->is_string() || !is_id(id->get_ref<const std::string&>())) return {};
  return id->get<std::string>();
}

}  // namespace

std::string_view name(WebhookScheme scheme) { return scheme_words.at(static_cast<std::size_t>(scheme)); }

std::optional<WebhookScheme> parse_webhook_scheme(std::string_view text) {
  const auto found = std::ranges::find(scheme_words, text);
  if (found == scheme_words.end()) return std::nullopt;
  return static_cast<WebhookScheme>(found - scheme_words.begin());
}

std::string_view name(WebhookRefusal why) { return refusal_words.at(static_cast<std::size_t>(why)); }

Result<Secret> webhook_key(WebhookScheme scheme, std::string_view text) {
  if (scheme != WebhookScheme::standard) {
    if (text.empty()) return fail(Errc::invalid, "the key of a webhook is empty");
    if (scheme == WebhookScheme::bearer && !is_token(text)) {
      return fail(Errc::invalid, "the token of a webhook has other characters than letters, digits and -._~+/");
    }
    return Secret(std::string(text));
  }
  if (text.starts_with(key_prefix)) text.remove_prefix(key_prefix.size());
  auto bytes = unbase64(text);
  if (!bytes || bytes->size() < standard_key_min || bytes->size() > standard_key_max) {
    return fail(Errc::invalid, fmt::format("the key of a webhook is not {} and base64 of {} to {} bytes", key_prefix,
                                           standard_key_min, standard_key_max));
  }
  return Secret(std::move(*bytes));
}

std::expected<Delivery, Refused> authenticate(const WebhookCheck& check, const Headers& headers, std::string_view body,
                                              WallTime now) {
  if (check.keys.empty() || std::ranges::any_of(check.keys, [](const Secret& key) { return key.size() == 0; })) {
    return refuse(WebhookRefusal::no_key, "no key is known to check the signature with");
  }
  if (check.scheme == WebhookScheme::bearer) return bearer(check, headers);
  auto claim = claim_of(check, headers);
  if (!claim) return std::unexpected(std::move(claim.error()));
  const auto match = matching(check, *claim, body);
  if (!match) return refuse(WebhookRefusal::wrong, "the signature is not ours over these bytes");
  if (claim->signed_at) {
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    const auto ahead = std::chrono::floor<std::chrono::seconds>(*claim->signed_at) - second;
    if (ahead < -check.tolerance) {
      return refuse(WebhookRefusal::too_old,
                    fmt::format("signed {} s ago, more than {} s", -ahead.count(), check.tolerance.count()));
    }
    if (ahead > check.tolerance) {
      return refuse(WebhookRefusal::too_new,
                    fmt::format("signed for {} s ahead of our clock, more than {} s; compare the clocks", ahead.count(),
                                check.tolerance.count()));
    }
  }
  Delivery delivery{std::move(claim->id), hex(as_bytes(*match)), claim->signed_at};
  if (check.scheme == WebhookScheme::stripe) delivery.id = id_of_event(body);
  if (delivery.id.empty()) delivery.id = delivery.signature;
  return delivery;
}

}  // namespace aright::http
