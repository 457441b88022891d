// What is in force: workflows, controls and teams, as people read them.
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/answers.h"
#include "api/api.h"
#include "engine/unknown_name.h"

namespace aright::api {

namespace {

void drop_nulls(Json& object) {
  if (!object.is_object()) return;
  for (auto it = object.begin(); it != object.end();) it = it->is_null() ? object.erase(it) : std::next(it);
}

/// What a definition does not say is null where its hash is made, and left out here; a step without a resource of its
/// own brings about what its control desires. What stands within a state, a call or a program's input is left as it is.
Json readable(Json doc) {
  drop_nulls(doc);
  if (const auto guards = doc.find("guards"); guards != doc.end()) drop_nulls(*guards);
  for (const char* list : {"answers", "steps"}) {
    const auto found = doc.find(list);
    if (found == doc.end() || !found->is_array()) continue;
    for (Json& item : *found) {
      if (const auto ensure = item.find("ensure"); ensure != item.end() && ensure->is_null()) *ensure = "desired";
      drop_nulls(item);
    }
  }
  return doc;
}

}  // namespace

http::Response Api::list_definitions(const std::string& kind) {
  Json docs = operators_.definitions().value(kind + "s", Json::array());
  for (Json& doc : docs) doc = readable(std::move(doc));
  return json(list_json(std::move(docs), 0));
}

http::Response Api::show_definition(const std::string& kind, const std::string& name) {
  std::vector<std::string> known;
  for (const Json& doc : operators_.definitions().value(kind + "s", Json::array())) {
    known.push_back(doc.value(kind, ""));
    if (known.back() == name) return json(readable(doc));
  }
  return problem(engine::no_such(kind, name, known).error());
}

}  // namespace aright::api
