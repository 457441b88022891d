#include "cli/source_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/yaml_texts.h"
#include "cli/secret_places.h"
#include "cli/unfed_rules.h"
#include "cli/unknown_fields.h"

namespace aright::cli {

namespace {

Result<Done> check_key(const SecretSource& source, http::WebhookScheme scheme) {
  const auto secret = read_secret(source, source::webhook_secret_bytes_min);
  if (!secret) return std::unexpected(secret.error());
  const auto key = http::webhook_key(scheme, secret->reveal());
  if (!key) return fail(key.error().code, fmt::format("{}: {}", source.shown(), key.error().message));
  return Done{};
}

/// Where each of the places that `secret` names is written, in their order.
std::vector<Position> secret_places(const yaml::Node& secret) {
  std::vector<Position> places;
  if (secret.kind == yaml::Node::Kind::list) {
    for (const yaml::Node& item : secret.items) std::ranges::move(secret_places(item), std::back_inserter(places));
    return places;
  }
  for (const yaml::Pair& pair : secret.pairs) {
    for (const yaml::Node& item : pair.value.items) places.push_back(item.at);
  }
  if (places.empty()) places.push_back(secret.at);
  return places;
}

}  // namespace

std::optional<SourceDefinition> parse_source(const yaml::Node& node, Diagnostics& out, const SecretSources* secrets) {
  const bool is_map = node.kind == yaml::Node::Kind::map;
  const bool is_log = is_map && (node.find("tail") != nullptr || node.find("decode") != nullptr);
  if (is_map && !is_log && node.find("webhook") == nullptr) {
    out.push_back({Severity::error, node.at, "a source needs a field `tail` or `webhook`",
                   "`tail` follows log files, `webhook` takes what is posted to /hooks/NAME"});
    return std::nullopt;
  }
  if (is_map && node.find("webhook") != nullptr) {
    auto webhook = source::parse_webhook(node, out, secrets);
    return webhook ? std::optional<SourceDefinition>(std::move(*webhook)) : std::nullopt;
  }
  auto tail = source::parse_tail(node, out);
  return tail ? std::optional<SourceDefinition>(std::move(*tail)) : std::nullopt;
}

void check_secrets(const SourceDefinition& source, const yaml::Node& node, Diagnostics& out) {
  const auto* webhook = std::get_if<source::WebhookDefinition>(&source);
  const yaml::Node* written = webhook == nullptr ? nullptr : node.find("webhook")->find("secret");
  if (written == nullptr) return;
  const auto places = secret_places(*written);
  for (std::size_t i = 0; i < webhook->secrets.size(); ++i) {
    const SecretSource& secret = webhook->secrets[i];
    report_secret(secret, check_key(secret, *webhook->scheme), places.at(i),
                  "write the key that the sender has into it", out);
  }
}

void check_alert_sources(const AlertMapping& alert, const yaml::Node& node, const std::vector<std::string>& sources,
                         Diagnostics& out) {
  for (const std::string& source : alert.sources) {
    if (std::ranges::find(sources, source) != sources.end()) continue;
    out.push_back({Severity::error, yaml::place_in_list(node.find("source"), source, node.at),
                   fmt::format("there is no source `{}`", source),
                   sources.empty() ? "sources/ names where events come from, such as a webhook"
                                   : suggest(source, sources, "sources")});
  }
}

const std::string& name_of(const SourceDefinition& source) {
  return std::visit([](const auto& one) -> const std::string& { return one.name; }, source);
}

void add_source(SourceDefinition source, LoadedConfig& into) {
  into.config.source_modes[name_of(source)] = std::visit([](const auto& one) { return one.mode; }, source);
  if (auto* tail = std::get_if<source::TailDefinition>(&source)) {
    into.tails.push_back(std::move(*tail));
  } else {
    into.webhooks.push_back(std::move(std::get<source::WebhookDefinition>(source)));
  }
}

bool has_sources(const LoadedConfig& loaded) { return !loaded.tails.empty() || !loaded.webhooks.empty(); }

void check_sources(LoadedConfig& loaded) {
  if (has_errors(loaded.diagnostics)) return;
  if (loaded.rules && !has_sources(loaded)) {
    loaded.diagnostics.push_back({Severity::warning,
                                  {"sources", 0, 0},
                                  "there are rules for events, but no source that brings any",
                                  "put a file like sources/auth.yaml into the configuration folder"});
  }
  if (loaded.rules) warn_of_unfed_rules(*loaded.rules, loaded.tails, loaded.webhooks, loaded.diagnostics);
  if (loaded.rules) warn_of_unknown_fields(*loaded.rules, loaded.tails, loaded.webhooks, loaded.diagnostics);
  if (loaded.webhooks.empty() || !loaded.listen.empty()) return;
  loaded.diagnostics.push_back(
      {Severity::warning,
       {"aright.yaml", 0, 0},
       fmt::format("webhook `{}` is there, but no address to listen at", loaded.webhooks.front().name),
       "listen: 127.0.0.1:7480, or serve --listen"});
}

}  // namespace aright::cli
