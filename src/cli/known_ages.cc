#include "cli/known_ages.h"

#include <nlohmann/json.hpp>

#include "cli/offline_log.h"

namespace aright::cli {

namespace {

void take(LookedAt& all, const std::string& key, const std::string& at, const std::string& hash) {
  if (const auto time = parse_rfc3339(at)) all[key] = {*time, hash};
}

}  // namespace

LookedAt looked_at_in(const std::string& state) {
  LookedAt all;
  const auto context = read_log(state + "/aright.db", [](store::SqliteHistory& history) -> Result<Json> {
    auto stored = history.context();
    if (!stored) return std::unexpected(stored.error());
    return stored->empty() ? Result<Json>(Json::object()) : parse_json(*stored);
  });
  if (!context || !context->is_object()) return all;
  const Json ages = context->value("ages", Json::object());
  const Json hashes = context->value("definitions", Json::object());
  for (const auto& [key, age] : ages.items()) {
    if (age.is_object()) take(all, key, age.value("since", ""), hashes.value(key, ""));
  }
  return all;
}

LookedAt looked_at_of(const Json& definitions) {
  LookedAt all;
  for (const std::string kind : {"control", "workflow"}) {
    const Json list = definitions.value(kind + "s", Json::array());
    const char* hash = kind == "control" ? "hash" : "version";
    for (const Json& doc : list) {
      take(all, kind + " " + doc.value(kind, ""), doc.value("looked_at", ""), doc.value(hash, ""));
    }
  }
  return all;
}

}  // namespace aright::cli
