#include "source/webhook/webhook_definition.h"

#include <fmt/format.h>

#include <algorithm>

#include "source/source_name.h"
#include "source/tail/tail_definition.h"

namespace aright::source {

namespace {

constexpr std::size_t headers_max = 20;
constexpr std::size_t keys_max = 4;
constexpr auto tolerance_max = std::chrono::hours{24};
const std::vector<std::string> auth_words{"github", "stripe", "standard-webhooks", "bearer", "none"};

bool is_header_name(const std::string& text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return c == '-' || (std::isalnum(static_cast<unsigned char>(c)) != 0);
  });
}

/// By name, as a step of a workflow names it, or where it lies.
void take_place(const yaml::Node& node, const SecretSources* known, WebhookDefinition& into, Diagnostics& out) {
  if (node.kind == yaml::Node::Kind::scalar) {
    if (known == nullptr) return;
    const auto found = known->find(node.scalar);
    if (found != known->end()) return into.secrets.push_back(found->second);
    std::vector<std::string> names;
    for (const auto& [name, place] : *known) names.push_back(name);
    out.push_back(
        no_such_secret(node.scalar, node.at, names,
                       "say in `secrets` of aright.yaml where it lies, or here: { file: /etc/aright/secrets/NAME }"));
    return;
  }
  for (SecretSource& place : parse_secret_sources(node, "`secret`", out)) into.secrets.push_back(std::move(place));
}

/// Of several each counts, while the sender's key is being changed.
void take_secret(const yaml::Node& node, const SecretSources* known, WebhookDefinition& into, Diagnostics& out) {
  const std::size_t before = out.size();
  const bool list = node.kind == yaml::Node::Kind::list;
  if (!list) take_place(node, known, into, out);
  for (const yaml::Node& item : node.items) take_place(item, known, into, out);
  const bool unknown = known == nullptr && (node.kind == yaml::Node::Kind::scalar || !node.items.empty());
  if (has_errors(out, before) || unknown) return;
  if (into.secrets.empty() || into.secrets.size() > keys_max) {
    out.push_back({Severity::error, node.at,
                   fmt::format("`secret` must name 1 to {} places, not {}", keys_max, into.secrets.size()),
                   "[{ file: /etc/aright/secrets/NAME }, { file: /etc/aright/secrets/NEXT }] while it is changed"});
  }
}

void take_headers(const yaml::Node& node, WebhookDefinition& into, Diagnostics& out) {
  const auto error = [&](const Position& at, std::string message, std::string hint = {}) {
    out.push_back({Severity::error, at, std::move(message), std::move(hint)});
  };
  if (node.kind != yaml::Node::Kind::map) {
    error(node.at, "`headers` must be a map, not " + node.describe(), "{ event: X-GitHub-Event }");
  }
  if (node.pairs.size() > headers_max) error(node.at, fmt::format("more than {} headers", headers_max));
  for (const yaml::Pair& pair : node.pairs) {
    if (!pair.value.is_text()) {
      yaml::report_no_text(pair.value, fmt::format("`{}` must be text", pair.key), out);
    } else if (!is_header_name(pair.value.scalar)) {
      error(pair.value.at, fmt::format("`{}` is no name of a header", pair.value.scalar),
            "FIELD: HEADER, such as event: X-GitHub-Event");
    } else if (http::same_name(pair.value.scalar, "Authorization")) {
      error(pair.value.at, "header Authorization holds a secret, which no event may", "leave it out");
    }
    into.headers[pair.key] = pair.value.scalar;
  }
}

/// What does not go with the way of signing is a misunderstanding that would not show otherwise.
void check_scheme(yaml::Fields& in, const WebhookDefinition& made) {
  const bool has_time =
      made.scheme && (*made.scheme == http::WebhookScheme::stripe || *made.scheme == http::WebhookScheme::standard);
  if (const yaml::Node* at = in.node("tolerance"); at != nullptr && !has_time) {
    in.error(at->at, "`tolerance` has no meaning here: no time is signed", "leave it out");
  }
  const bool has_signature = made.scheme && *made.scheme != http::WebhookScheme::bearer;
  if (const yaml::Node* at = in.node("signature_header"); at != nullptr && !has_signature) {
    in.error(at->at, fmt::format("`signature_header` has no meaning with `auth: {}`", made.scheme ? "bearer" : "none"),
             "leave it out");
  }
  const yaml::Node* secret = in.node("secret");
  if (made.scheme && secret == nullptr) {
    in.error(in.at(), fmt::format("`auth: {}` needs a `secret`", name(*made.scheme)),
             "secret: { file: /etc/aright/secrets/NAME }");
  }
  if (!made.scheme && secret != nullptr) {
    in.error(secret->at, "`secret` has no meaning with `auth: none`",
             "leave it out, or say with `auth` how the sender signs");
  }
}

/// A token proves who sends, not what: without a word of the operator a person decides what comes of it.
void take_mode(yaml::Fields& in, WebhookDefinition& into) {
  const auto word = in.word("mode", {"observe", "plan", "propose", "auto"}, "modes");
  if (!into.scheme) {
    into.mode = Mode::observe;
  } else if (*into.scheme == http::WebhookScheme::bearer) {
    into.mode = Mode::propose;
  }
  if (!word) return;
  const Mode mode = parse_mode(*word).value_or(into.mode);
  if (!into.scheme && mode > Mode::observe) {
    return in.error(in.node("mode")->at, "with `auth: none` no workflow does more than observe",
                    "say with `auth` how the sender shows who it is");
  }
  into.mode = mode;
}

void take_auth(yaml::Fields& in, WebhookDefinition& into) {
  if (in.required("auth") == nullptr) return;
  const auto word = in.word("auth", auth_words, "ways to sign");
  if (word) into.scheme = http::parse_webhook_scheme(*word);
  if (const auto span = in.duration("tolerance")) {
    into.tolerance = std::chrono::duration_cast<std::chrono::seconds>(*span);
    if (into.tolerance < std::chrono::seconds{1} || *span > tolerance_max) {
      in.error(in.node("tolerance")->at, "`tolerance` must be 1s to 24h", "5m is customary");
    }
  }
  if (const auto header = in.text("signature_header")) {
    into.signature_header = *header;
    if (!is_header_name(*header)) {
      in.error(in.node("signature_header")->at, fmt::format("`{}` is no name of a header", *header));
    }
  }
  take_mode(in, into);
  if (word) check_scheme(in, into);
}

/// What comes from a header is an outsider's whatever `trusted` says: only the body is signed.
void warn_of_trusted_headers(const yaml::Node& trusted, const WebhookDefinition& made, Diagnostics& out) {
  const auto look = [&](const yaml::Node& item) {
    const auto header = made.headers.find(item.scalar);
    if (header == made.headers.end()) return;
    out.push_back({Severity::warning, item.at,
                   fmt::format("`{}` is not trusted where it comes from header {}: no header is signed", item.scalar,
                               header->second),
                   "leave it out here unless the body has it too; what is to name a target must stand in the body"});
  };
  if (trusted.kind == yaml::Node::Kind::scalar) look(trusted);
  for (const yaml::Node& item : trusted.items) look(item);
}

void take_webhook(const yaml::Node& node, const SecretSources* known, WebhookDefinition& into, Diagnostics& out) {
  yaml::Fields in(node, "`webhook`", out);
  if (const yaml::Node* secret = in.node("secret")) take_secret(*secret, known, into, out);
  take_auth(in, into);
  if (const auto bytes = in.integer("body_max", 1, webhook_body_max)) into.body_max = static_cast<std::size_t>(*bytes);
  if (const yaml::Node* headers = in.node("headers")) take_headers(*headers, into, out);
  into.json.time_field = in.text("time").value_or("");
  into.json.trusted = in.texts("trusted").value_or(std::vector<std::string>());
  if (const yaml::Node* trusted = in.node("trusted")) warn_of_trusted_headers(*trusted, into, out);
  in.finish();
}

}  // namespace

std::optional<WebhookDefinition> parse_webhook(const yaml::Node& node, Diagnostics& out, const SecretSources* known) {
  const std::size_t before = out.size();
  WebhookDefinition made;
  yaml::Fields in(node, "source", out);
  made.name = take_source_name(in);
  if (const yaml::Node* webhook = in.required("webhook")) take_webhook(*webhook, known, made, out);
  made.json.log_sources = parse_log_sources(in.node("log_source"), out);
  in.finish();
  if (has_errors(out, before)) return std::nullopt;
  return made;
}

}  // namespace aright::source
