#include "cli/known_ages.h"

#include <nlohmann/json.hpp>

#include "cli/offline_log.h"

namespace aright::cli {

namespace {

void take(LookedAt& all, const std::string& key, const Json& doc, const char* field) {
  if (!doc.is_object()) return;
  const auto at = parse_rfc3339(doc.value(field, ""));
  if (at) all[key] = *at;
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
  for (const auto& [key, age] : ages.items()) take(all, key, age, "since");
  return all;
}

LookedAt looked_at_of(const Json& definitions) {
  LookedAt all;
  for (const std::string kind : {"control", "workflow"}) {
    const Json list = definitions.value(kind + "s", Json::array());
    for (const Json& doc : list) take(all, kind + " " + doc.value(kind, ""), doc, "looked_at");
  }
  return all;
}

}  // namespace aright::cli
