#include "model/resource.h"

#include <algorithm>
#include <array>

#include "base/digest.h"
#include "base/subject_text.h"
#include "model/line_difference.h"

namespace aright {

std::optional<ResourceId> resource_of(std::string_view subject) {
  const auto colon = subject.find(':');
  const auto driver = subject.substr(0, colon);
  const bool named = colon != std::string_view::npos && !driver.empty() &&
                     driver.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.") == std::string_view::npos;
  if (!named) return std::nullopt;
  return ResourceId{std::string(driver), std::string(subject.substr(colon + 1))};
}

ResourceId subject_parts(std::string_view subject) {
  if (auto resource = resource_of(subject)) return std::move(*resource);
  auto field = only_field(subject);
  if (!field) return {"group", std::string(subject)};
  return {std::move(field->name), std::move(field->value)};
}

namespace {

constexpr std::size_t salt_time_bytes = 6;
constexpr std::array secret_differences{"content",   "attributes",  ///< of a sensitive state …
                                        "arguments", "environment", "input",   "confirm", "output",
                                        "errors",    "url",         "headers", "body"};  ///< … or errand

bool is_secret(const std::string& path) {
  return std::ranges::any_of(secret_differences,
                             [&](const char* field) { return path.starts_with(std::string("/") + field); });
}

Json without_content(const Json& fields) {
  Json rest = Json::object();
  for (const auto& [key, value] : fields.items()) {
    if (key != "content") rest[key] = value;
  }
  return rest;
}

}  // namespace

Json difference(const State& before, const State& after) {
  const auto old = before.fields.find("content");
  const auto now = after.fields.find("content");
  const bool lines = old != before.fields.end() && now != after.fields.end() && old->is_array() && now->is_array();
  Json patch = lines ? Json::diff(without_content(before.fields), without_content(after.fields))
                     : Json::diff(before.fields, after.fields);
  if (lines) {
    for (Json& change : line_difference("/content", *old, *now)) patch.push_back(std::move(change));
  }
  if (!before.sensitive && !after.sensitive) return patch;
  for (Json& change : patch) {
    if (is_secret(change.at("path").get_ref<const std::string&>()) && change.contains("value"))
      change["value"] = nullptr;
  }
  return patch;
}

Json shown(Json fields, bool sensitive) {
  if (!sensitive) return fields;
  for (const char* field : secret_differences) fields.erase(field);
  return fields;
}

std::string commitment_id(std::string_view salt, std::string_view bytes) {
  return hex(as_bytes(salt.substr(0, salt_time_bytes))) + "-" + hex(hmac_sha256(salt, bytes));
}

Digest salt_at(WallTime at, Digest random) {
  auto millis = static_cast<std::uint64_t>(at.time_since_epoch() / std::chrono::milliseconds{1});
  for (std::size_t i = salt_time_bytes; i > 0; --i, millis >>= 8U) random.at(i - 1) = static_cast<std::uint8_t>(millis);
  return random;
}

Result<Blob> seal(const State& state, const Digest& salt) {
  auto bytes = canonical_json(state.fields);
  if (!bytes) return std::unexpected(bytes.error());
  Blob blob;
  blob.salt = as_text(salt);
  blob.commitment = {commitment_id(blob.salt, *bytes), bytes->size()};
  blob.bytes = std::move(*bytes);
  blob.sensitive = state.sensitive;
  return blob;
}

}  // namespace aright
