// Windows as snapshots and back.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "detect/sigma/count_windows.h"

namespace aright::detect::sigma {

namespace {

/// Times and offsets do not fit the numbers of JSON: they are written as decimal text.
template <class Number>
std::optional<Number> number(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  Number result{};
  const auto [stop, bad] = std::from_chars(text.data(), text.data() + text.size(), result);
  if (text.empty() || bad != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
  return result;
}

std::optional<WallTime> time(const Json& value) {
  const auto nanos = number<std::int64_t>(value);
  if (!nanos) return std::nullopt;
  return WallTime(Nanos(*nanos));
}

std::string text(WallTime at) { return std::to_string(at.time_since_epoch().count()); }

std::optional<Group> group_from(const Json& value) {
  if (!value.is_array()) return std::nullopt;
  Group group;
  for (const Json& one : value) {
    if (!one.is_string()) return std::nullopt;
    group.push_back(one.get<std::string>());
  }
  return group;
}

std::optional<Occurrence> event_from(const Json& value) {
  if (!value.is_array() || value.size() != 3 || !value[1].is_string()) return std::nullopt;
  const auto at = time(value[0]);
  const auto offset = number<std::uint64_t>(value[2]);
  if (!at || !offset) return std::nullopt;
  return Occurrence{*at, value[1].get<std::string>(), *offset};
}

/// The list at `key`; nullptr where there is none.
const Json* list(const Json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? &*found : nullptr;
}

}  // namespace

Json CountWindows::take_changes() {
  Json groups = Json::array();
  Json gone = Json::array();
  for (const Group& group : changed_) {
    const auto found = groups_.find(group);
    if (found == groups_.end() || (found->second.events.empty() && !found->second.fired)) {
      gone.push_back(group);
      continue;
    }
    Json events = Json::array();
    for (const Occurrence& event : found->second.events) {
      events.push_back(Json::array({text(event.at), event.source, std::to_string(event.offset)}));
    }
    Json one{{"group", group}, {"events", std::move(events)}, {"whole_after", text(found->second.whole_after)}};
    if (found->second.fired) one["fired"] = text(*found->second.fired);
    groups.push_back(std::move(one));
  }
  changed_.clear();
  return {{"definition", definition_}, {"groups", std::move(groups)}, {"gone", std::move(gone)}};
}

void CountWindows::all_changed() {
  changed_.clear();
  for (const auto& [group, window] : groups_) changed_.insert(group);
}

Json CountWindows::take_all() {
  all_changed();
  return take_changes();
}

Result<Done> CountWindows::restore(const Json& changes) {
  const auto corrupt = [] { return fail(Errc::corrupt, "a snapshot of a correlation is not what was written"); };
  const Json* groups = list(changes, "groups");
  const Json* gone = list(changes, "gone");
  if (groups == nullptr || gone == nullptr || !changes.contains("definition")) return corrupt();
  if (changes.at("definition") != definition_) {
    return fail(Errc::conflict, "the snapshot belongs to another definition of the correlation");
  }
  std::vector<std::pair<Group, Window>> read;
  for (const Json& one : *groups) {
    const Json* events = list(one, "events");
    const Json* values = list(one, "group");
    const auto group = values != nullptr ? group_from(*values) : std::nullopt;
    if (!group || events == nullptr || (events->empty() && !one.contains("fired"))) return corrupt();
    Window window;
    for (const Json& written : *events) {
      auto event = event_from(written);
      if (!event || (!window.events.empty() && *event <= window.events.back())) return corrupt();
      window.events.push_back(std::move(*event));
    }
    if (one.contains("fired")) {
      window.fired = time(one.at("fired"));
      if (!window.fired) return corrupt();
    }
    // Older versions did not say it, and had forgotten all that was older.
    const auto whole_after = one.contains("whole_after") ? time(one.at("whole_after")) : horizon(window.newest());
    if (!whole_after || window.events.size() > group_events_max_) return corrupt();
    window.whole_after = *whole_after;
    read.emplace_back(*group, std::move(window));
  }
  std::vector<Group> erased;
  for (const Json& one : *gone) {
    const auto group = group_from(one);
    if (!group) return corrupt();
    erased.push_back(*group);
  }
  for (const Group& group : erased) erase(group);
  for (auto& [group, window] : read) {
    insert(group, std::move(window));
    held_.insert(group);  // whoever put it aside may have been holding
  }
  // Only now: between the one and the next there may be more than there ever was.
  if (!by_age_.empty()) make_room(Group(by_age_.rbegin()->second));
  return Done{};
}

}  // namespace aright::detect::sigma
