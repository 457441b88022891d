#include "engine/ages.h"

#include <algorithm>

namespace aright::engine {

void Ages::take(const std::string& kind, WallTime at, DocReader& in) {
  const std::string what = in.text("definition");
  if (what != "workflow" && what != "control" && what != "team") return;
  const std::string key = what + " " + in.text("name");
  if (kind == "definition.removed") {
    ages_.erase(key);
    return;
  }
  const bool dates = kind == "definition.loaded" || kind == "definition.dated";
  if (dates && !in.has("modified")) return;  // recorded before there were ages
  if (!dates && !ages_.contains(key)) return in.wrong("name");
  Age& age = ages_[key];
  age.overdue = kind == "definition.overdue";
  if (kind == "definition.reviewed") age.since = at;
  const bool by_another = in.has("by_another");
  if (dates || by_another) age.apart = in.has("apart");
  if (by_another) age.editors.clear();
  if (!dates) return;
  age.since = std::min(at, in.time("modified"));
  age.editors.clear();
  if (in.has("editors")) age.editors = in.texts("editors");
}

Json Ages::to_json() const {
  Json all = Json::object();
  for (const auto& [key, age] : ages_) {
    all[key] = {{"since", rfc3339(age.since)}};
    if (!age.editors.empty()) all[key]["editors"] = age.editors;
    if (age.overdue) all[key]["overdue"] = true;
    if (age.apart) all[key]["apart"] = true;
  }
  return all;
}

Result<Done> Ages::load(const Json& doc) {
  for (const auto& [key, item] : doc.items()) {
    DocReader in(item, "context: age of " + key);
    Age age;
    age.since = in.time("since");
    if (in.has("editors")) age.editors = in.texts("editors");
    if (in.has("overdue")) age.overdue = in.boolean("overdue");
    if (in.has("apart")) age.apart = in.boolean("apart");
    if (auto ok = in.finish(); !ok) return ok;
    ages_[key] = std::move(age);
  }
  return Done{};
}

}  // namespace aright::engine
