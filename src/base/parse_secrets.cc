// Where secrets lie, as it stands in YAML.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/path_text.h"
#include "base/secret_source.h"
#include "base/yaml_texts.h"

namespace aright {

namespace {

constexpr std::size_t secrets_max = 100;
constexpr std::size_t name_max = 64;
constexpr const char* places_example = "{ file: /etc/aright/secrets/NAME }";
using SecretKind = SecretSource::Kind;

bool is_secret_name(std::string_view name) {
  return !name.empty() && name.size() <= name_max &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

bool is_variable(std::string_view name) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
  return !name.empty() && !name.starts_with(' ') && name.find_first_not_of(letters) == std::string_view::npos &&
         !(name.front() >= '0' && name.front() <= '9');
}

bool is_credential(std::string_view name) {
  return !name.empty() && !name.contains('/') && !name.starts_with('.') && !name.contains('\0');
}

void take_place(SecretKind kind, const std::string& text, const Position& at, std::vector<SecretSource>& into,
                Diagnostics& out) {
  const auto error = [&](std::string message, std::string hint = {}) {
    out.push_back({Severity::error, at, std::move(message), std::move(hint)});
  };
  if (kind == SecretKind::environment && !is_variable(text)) {
    return error(fmt::format("`{}` is no name of an environment variable", text));
  }
  if (kind == SecretKind::credential && !is_credential(text)) {
    return error(fmt::format("`{}` is no name of a credential", text), "the name in the unit's LoadCredential=");
  }
  if (kind != SecretKind::file) {
    into.push_back({kind, text});
    return;
  }
  const auto bytes = path_bytes(text);
  if (!bytes || !bytes->starts_with('/') || bytes->ends_with('/')) {
    error(bytes ? fmt::format("`{}` is not the absolute path of a file", text) : bytes.error().message,
          "such as /etc/aright/secrets/github, readable by the daemon's user only");
  }
  into.push_back({kind, bytes.value_or("")});
}

}  // namespace

std::vector<SecretSource> parse_secret_sources(const yaml::Node& node, const std::string& what, Diagnostics& out) {
  static constexpr std::array kinds{std::pair{"file", SecretKind::file},
                                    std::pair{"environment", SecretKind::environment},
                                    std::pair{"credential", SecretKind::credential}};
  std::vector<SecretSource> all;
  const std::size_t before = out.size();
  if (node.kind != yaml::Node::Kind::map) {  // not shown: it may be the secret
    out.push_back({Severity::error, node.at, what + " must say where it lies, not what it is", places_example});
    return all;
  }
  yaml::Fields in(node, what, out);
  int stated = 0;
  for (const auto& [key, kind] : kinds) {
    const yaml::Node* place = in.node(key);
    if (place == nullptr) continue;
    ++stated;
    for (const yaml::Node* item : yaml::text_items(in, key)) take_place(kind, item->scalar, item->at, all, out);
  }
  in.finish();
  if (stated != 1 && !has_errors(out, before)) {
    in.error(in.at(), fmt::format("{} needs one of `file`, `environment` and `credential`", what), places_example);
  }
  return all;
}

Diagnostic no_such_secret(const std::string& name, const Position& at, const std::vector<std::string>& known,
                          std::string hint) {
  const bool may_be_one = name.size() >= secret_bytes_min;
  std::string message =
      may_be_one ? "there is no secret of the name that stands here" : fmt::format("there is no secret `{}`", name);
  if (nearest(name, known)) hint = suggest(name, known, "secrets");
  return {Severity::error, at, std::move(message), std::move(hint)};
}

SecretSources parse_secrets(const yaml::Node& node, Diagnostics& out) {
  SecretSources all;
  if (node.kind != yaml::Node::Kind::map || node.pairs.size() > secrets_max) {
    out.push_back({Severity::error, node.at,
                   fmt::format("`secrets` must be a map of up to {} names to places, not {}", secrets_max,
                               node.describe_counted()),
                   "{ github-token: { file: /etc/aright/secrets/github-token } }"});
    return all;
  }
  for (const yaml::Pair& pair : node.pairs) {
    if (!is_secret_name(pair.key)) {
      out.push_back({Severity::error, pair.key_at, fmt::format("`{}` is no name of a secret", pair.key),
                     "1 to 64 of a-z, 0-9 and -"});
    }
    const std::size_t before = out.size();
    const auto places = parse_secret_sources(pair.value, fmt::format("secret `{}`", pair.key), out);
    all[pair.key] = {};  // what names it is no mistake of its own
    if (has_errors(out, before)) continue;
    if (places.size() != 1) {
      out.push_back({Severity::error, pair.value.at, fmt::format("secret `{}` lies in one place", pair.key), {}});
      continue;
    }
    all[pair.key] = places.front();
  }
  return all;
}

}  // namespace aright
