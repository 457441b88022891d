#include "engine/window_snapshot.h"

#include <nlohmann/json.hpp>
#include <set>

#include "model/doc.h"

namespace aright::engine {

namespace {

/// So many changes on top of a whole snapshot are read one by one; then they are made into one.
constexpr std::size_t row_max = 20;

const Json* list_of(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? &*found : nullptr;
}

/// Of one correlation.
Result<Done> merge_one(const std::string& name, Json& whole, const Json& changes) {
  const auto corrupt = [&] {
    return fail(Errc::corrupt, "snapshot of correlation `" + name + "`: is not what was written");
  };
  const Json* groups = list_of(changes, "groups");
  const Json* gone = list_of(changes, "gone");
  if (groups == nullptr || gone == nullptr || !changes.contains("definition")) return corrupt();
  if (!whole.is_object() || whole.value("definition", Json()) != changes.at("definition")) {  // another, or the first
    whole = {{"definition", changes.at("definition")}, {"groups", Json::array()}, {"gone", Json::array()}};
  }
  const Json* before = list_of(whole, "groups");
  if (before == nullptr) return corrupt();
  std::map<Json, Json> all;
  for (const Json& group : *before) all[group.value("group", Json())] = group;
  for (const Json& group : *gone) all.erase(group);
  for (const Json& group : *groups) all[group.value("group", Json())] = group;
  Json merged = Json::array();
  for (auto& [key, group] : all) merged.push_back(std::move(group));
  whole["groups"] = std::move(merged);
  const auto modes = changes.find("modes");
  if (modes == changes.end()) return Done{};
  if (!modes->is_object()) return corrupt();
  for (const auto& [mode, one] : modes->items()) {
    if (auto ok = merge_one(name, whole["modes"][mode], one); !ok) return ok;
  }
  return Done{};
}

Snapshots::Stored stored(const WindowSnapshot& snapshot) { return {snapshot.number, snapshot.whole, snapshot.text()}; }

}  // namespace

std::string WindowSnapshot::text() const {
  Json all = Json::object();
  for (const auto& [source, lanes] : sources) {
    Intake intake;
    intake.lanes = lanes;
    all[source] = intake.to_json().at("lanes");
  }
  return Json{{"number", number}, {"whole", whole}, {"sources", std::move(all)}, {"windows", windows}}.dump();
}

Result<WindowSnapshot> WindowSnapshot::from_text(const std::string& text) {
  auto doc = parse_own_json(text);
  if (!doc) return fail(Errc::corrupt, "window snapshot: " + doc.error().message);
  DocReader in(*doc, "window snapshot");
  WindowSnapshot made{in.number("number"), in.boolean("whole"), {}, in.object("windows")};
  for (const auto& [source, lanes] : in.object("sources").items()) {
    Json intake = Intake{}.to_json();
    intake["lanes"] = lanes;
    auto read = Intake::from_json(intake);
    if (!read) return std::unexpected(read.error());
    made.sources[source] = std::move(read->lanes);
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return made;
}

Result<Done> merge_windows(Json& whole, const Json& changes) {
  if (!whole.is_object() || !changes.is_object()) return fail(Errc::corrupt, "a window snapshot is not an object");
  for (const auto& [name, one] : changes.items()) {
    if (auto ok = merge_one(name, whole[name], one); !ok) return ok;
  }
  return Done{};
}

Result<Done> put_aside(Snapshots& files, const WindowSnapshot& snapshot) {
  if (snapshot.whole) return files.put(stored(snapshot));
  auto row = files.load();
  if (!row) return std::unexpected(row.error());
  if (row->size() < row_max) return files.put(stored(snapshot));
  WindowSnapshot merged{snapshot.number, true, snapshot.sources, Json::object()};
  for (const Snapshots::Stored& one : *row) {
    auto read = WindowSnapshot::from_text(one.text);
    if (!read) return std::unexpected(read.error());
    if (auto ok = merge_windows(merged.windows, read->windows); !ok) return ok;
  }
  if (auto ok = merge_windows(merged.windows, snapshot.windows); !ok) return ok;
  return files.put(stored(merged));
}

}  // namespace aright::engine
