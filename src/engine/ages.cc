#include "engine/ages.h"

#include <algorithm>

namespace aright::engine {

namespace {

constexpr std::size_t gone_max = 1000;  ///< definitions that somebody took away, before another has looked

void add(std::vector<std::string>& editors, const std::vector<std::string>& more) {
  for (const std::string& user : more) {
    if (std::ranges::find(editors, user) == editors.end()) editors.push_back(user);
  }
}

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
  if (kind == "definition.removed") return remove(key);
  const bool dates = kind == "definition.loaded" || kind == "definition.dated";
  if (dates && !in.has("modified")) return;  // recorded before there were ages; or it decides as before
  if (!dates && !ages_.contains(key)) return in.wrong("name");
  Age& age = ages_[key];
  age.overdue = kind == "definition.overdue";
  if (kind == "definition.reviewed") age.since = at;
  const bool by_another = in.has("by_another");
  if (dates || by_another) age.apart = in.has("apart");
  if (by_another) {
    const std::string by = in.text("by");
    std::erase_if(age.editors, [&](const std::string& user) { return user != by; });
  }
  if (!dates) return;
  age.since = std::min(at, in.time("modified"));
  if (const auto gone = gone_.find(key); gone != gone_.end()) {
    add(age.editors, gone->second);
    gone_.erase(gone);
  }
  if (in.has("editors")) add(age.editors, in.texts("editors"));
}

/// It may come back with the next reload.
void Ages::remove(const std::string& key) {
  const auto known = ages_.find(key);
  if (known == ages_.end()) return;
  if (!known->second.editors.empty()) gone_[key] = std::move(known->second.editors);
  ages_.erase(known);
  if (gone_.size() > gone_max) gone_.erase(gone_.begin());
}

Json Ages::to_json() const {
  Json all = Json::object();
  for (const auto& [key, age] : ages_) {
    all[key] = {{"since", rfc3339(age.since)}};
    if (!age.editors.empty()) all[key]["editors"] = age.editors;
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
    if (in.has("overdue")) age.overdue = in.boolean("overdue");
    if (in.has("apart")) age.apart = in.boolean("apart");
    if (auto ok = in.finish(); !ok) return ok;
    ages_[key] = std::move(age);
  }
  return Done{};
}

}  // namespace aright::engine
