#include "engine/ages.h"

#include <algorithm>

namespace aright::engine {

namespace {

constexpr std::size_t gone_max = 1000;  ///< definitions that somebody took away, before another has looked

}  // namespace

const std::vector<std::string>& Ages::editors(const std::string& key) const {
  static const std::vector<std::string> none;
  if (const Age* age = find(key)) return age->editors;
  const auto gone = gone_.find(key);
  return gone == gone_.end() ? none : gone->second;
}

void Ages::take(const std::string& kind, WallTime at, DocReader& in) {
  const std::string what = in.text("definition");
  if (what != "workflow" && what != "control" && what != "team") return;
  const std::string key = what + " " + in.text("name");
  if (kind == "definition.removed") return remove(key, in);
  const bool dates = kind == "definition.loaded" || kind == "definition.dated";
  if (dates && !in.has("modified")) return;  // recorded before there were ages; or it decides as before
  if (!dates && !ages_.contains(key)) return in.wrong("name");
  Age& age = ages_[key];
  age.overdue = kind == "definition.overdue";
  age.due = kind == "definition.due" || (age.overdue && age.due);
  if (kind == "definition.reviewed") age.since = at;
  if (in.has("by_another")) {
    const std::string by = in.text("by");
    std::erase_if(age.editors, [&](const std::string& user) { return user != by; });
    if (age.editors.empty()) age.apart = in.has("apart");
  }
  if (!dates) return;
  gone_.erase(key);
  age.since = std::min(at, in.time("modified"));
  age.apart = in.has("apart");
  age.editors.clear();
  if (in.has("editors")) age.editors = in.texts("editors");
}

/// It may come back with the next reload. (Older entries name no editors.)
void Ages::remove(const std::string& key, DocReader& in) {
  ages_.erase(key);
  if (in.has("editors")) gone_[key] = in.texts("editors");
  if (gone_.size() > gone_max) gone_.erase(gone_.begin());
}

Json Ages::to_json() const {
  Json all = Json::object();
  for (const auto& [key, age] : ages_) {
    all[key] = {{"since", rfc3339(age.since)}};
    if (!age.editors.empty()) all[key]["editors"] = age.editors;
    if (age.due) all[key]["due"] = true;
    if (age.overdue) all[key]["overdue"] = true;
    if (age.apart) all[key]["apart"] = true;
  }
  for (const auto& [key, editors] : gone_) all[key] = {{"gone", editors}};
  return all;
}

Result<Done> Ages::load(const Json& doc) {
  for (const auto& [key, item] : doc.items()) {
    DocReader in(item, "context: age of " + key);
    if (in.has("gone")) {
      gone_[key] = in.texts("gone");
      if (auto ok = in.finish(); !ok) return ok;
      continue;
    }
    Age age;
    age.since = in.time("since");
    if (in.has("editors")) age.editors = in.texts("editors");
    if (in.has("due")) age.due = in.boolean("due");
    if (in.has("overdue")) age.overdue = in.boolean("overdue");
    if (in.has("apart")) age.apart = in.boolean("apart");
    if (auto ok = in.finish(); !ok) return ok;
    ages_[key] = std::move(age);
  }
  return Done{};
}

}  // namespace aright::engine
