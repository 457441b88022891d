#include "cli/undo_chain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

namespace aright::cli {

namespace {

using Fate = UndoChain::Fate;

/// What one run did to one resource, over all of its steps on it.
struct Change {
  Json before;                     ///< as its first step found it; no object: not kept, or erased
  Json after;                      ///< as its last step left it; likewise
  std::set<std::string> named{};   ///< fields that its plans name
  std::set<std::string> hidden{};  ///< fields of which a difference is told, and no content
};

Json state_of(const Json& step, const char* side) { return step.value(side, Json::object()).value("state", Json()); }

/// None: it did not change it.
std::optional<Change> change_of(const Json& run, const std::string& resource) {
  std::optional<Change> change;
  for (const Json& step : run.value("steps", Json::array())) {
    if (!step.value("changes", false) || step.value("resource", "") != resource) continue;
    if (!change) change = Change{state_of(step, "before"), {}};
    change->after = state_of(step, "after");
    for (const Json& name : step.value("names", Json::array())) {
      if (name.is_string()) change->named.insert(name.get<std::string>());
    }
    for (const Json& one : step.value("difference", Json::array())) {  // it may have been cut: the states say more
      const std::string path = one.value("path", "");
      const std::string field = path.size() > 1 ? path.substr(1, path.find('/', 1) - 1) : "exists";
      if (!change->before.contains(field) && !change->after.contains(field)) change->hidden.insert(field);
    }
  }
  return change;
}

/// Fields that it left otherwise than it found them.
std::set<std::string> fields_made(const Change& change) {
  std::set<std::string> fields;
  for (const Json* side : {&change.before, &change.after}) {
    for (const auto& [field, value] : side->items()) {
      if (change.before.value(field, Json()) != change.after.value(field, Json())) fields.insert(field);
    }
  }
  return fields;
}

/// Of lines: whether none of those that it added is there any more; where it only took lines away, whether all of
/// them are back. Where it did neither, such as putting them in another order, nobody can tell: no.
bool lines_gone(const Json& was, const Json& left, const Json& found) {
  if (!was.is_array() || !left.is_array() || !found.is_array()) return true;  // it differs, and is no list
  const auto has = [](const Json& list, const Json& line) { return std::ranges::find(list, line) != list.end(); };
  bool added = false;
  for (const Json& line : left) {
    if (!line.is_string() || line.get_ref<const std::string&>().empty() || has(was, line)) continue;
    added = true;
    if (has(found, line)) return false;
  }
  bool taken = false;
  for (const Json& line : was) {
    if (has(left, line)) continue;
    taken = true;
    if (!added && !has(found, line)) return false;
  }
  return added || taken;
}

/// How what the older one left of a resource stands to what the newer one found of it.
struct Between {
  std::vector<std::string> changed{};  ///< fields that differ
  bool all_gone{false};                ///< everything that the older one had changed
  bool untold{false};                  ///< a field of it is not shown to everybody
  bool stands{false};                  ///< something that the older one had changed
  bool foreign{false};                 ///< a field is neither as the older one left nor as it found it
};

/// None: it cannot be told.
std::optional<Between> between(const Change& older, const Change& newer) {
  const Json& left = older.after;
  const Json& found = newer.before;
  if (!older.before.is_object() || !left.is_object() || !found.is_object()) return std::nullopt;
  if (left.value("exists", true) != found.value("exists", true)) return Between{{"exists"}, true, false, false, false};
  if (!left.value("exists", true)) return Between{};
  const std::set<std::string> made = fields_made(older);
  std::set<std::string> asked = older.named;  // an undo asks that all of them read as they were left
  asked.insert(made.begin(), made.end());
  Between told{{}, false, !older.hidden.empty(), false, false};
  for (const std::string& field : asked) {
    const auto a = left.find(field);
    const auto b = found.find(field);
    if (a == left.end() || b == found.end()) {
      told.untold = true;
      continue;
    }
    const bool differs = *a != *b;
    if (differs) told.changed.push_back(field);
    const Json was = older.before.value(field, Json());
    const bool gone = differs && (field != "content" || lines_gone(was, *a, *b));
    told.foreign = told.foreign || (differs && was != *b);
    told.stands = told.stands || (made.contains(field) && !gone);
  }
  told.all_gone = !told.untold && !told.stands && !made.empty();
  return told;
}

std::set<std::string> changed_by(const Json& run) {
  std::set<std::string> all;
  for (const Json& step : run.value("steps", Json::array())) {
    if (step.value("changes", false)) all.insert(step.value("resource", ""));
  }
  return all;
}

}  // namespace

bool has_state(std::string_view resource) {
  return std::ranges::none_of(std::array<std::string_view, 3>{"exec:", "call:", "flow:"},
                              [&](std::string_view kind) { return resource.starts_with(kind); });
}

UndoChain::Met UndoChain::meet_on(const std::string& resource, std::uint64_t run, const Last& last) const {
  if (!last.gone_back) {
    return {Fate::hindered, last.run, fmt::format("run {} changed {} after it and is not undone", last.run, resource)};
  }
  if (last.superseded) {
    return {Fate::superseded, last.run, fmt::format("nothing of run {} is left on {}", last.run, resource)};
  }
  const auto older = detail_(run);
  const auto newer = detail_(last.run);
  if (!older || !newer) return {Fate::unknown, last.run, {}};
  const auto left = change_of(*older, resource);
  const auto found = change_of(*newer, resource);
  const auto told = left && found ? between(*left, *found) : std::nullopt;
  if (!told) return {Fate::unknown, last.run, {}};
  // One field that differs is enough for a refusal, unless all may be as it was before.
  const bool refused = !told->changed.empty() && (told->foreign || told->stands);
  if (told->untold && !refused) return {Fate::unknown, last.run, {}};
  if (told->changed.empty()) return {Fate::follows, last.run, {}};
  const bool existence = told->changed.front() == "exists";
  const std::string what = existence ? fmt::format("{} was made or removed", resource)
                                     : fmt::format("{} of {} changed", fmt::join(told->changed, ", "), resource);
  if (told->all_gone) {
    return {Fate::superseded, last.run,
            fmt::format("{} between it and run {}, whose undo gives that back", what, last.run)};
  }
  const bool known = told->stands || !told->untold;
  return {Fate::hindered, last.run,
          fmt::format("{} between it and run {}, {}", what, last.run,
                      known ? "but not all that it had made is gone" : "whose undo gives that back")};
}

UndoChain::Met UndoChain::meet(const Json& run) const {
  Met met;
  bool some_left = false;  // something of it is still as it left it, or is no state
  for (const std::string& resource : changed_by(run)) {
    if (resource.starts_with("flow:")) continue;
    const auto last = has_state(resource) ? last_.find(resource) : last_.end();
    const Met here = last == last_.end() ? Met{} : meet_on(resource, run.at("id").get<std::uint64_t>(), last->second);
    some_left = some_left || here.fate != Fate::superseded;
    const auto rank = [](Fate fate) {  // what decides about the whole
      constexpr std::array order{Fate::alone, Fate::follows, Fate::unknown, Fate::superseded, Fate::hindered};
      return std::ranges::find(order, fate) - order.begin();
    };
    if (rank(here.fate) > rank(met.fate)) met = here;
  }
  if (met.fate == Fate::superseded && some_left) {
    met.fate = Fate::hindered;
    met.why += "; not all that it had made is gone";
  }
  return met;
}

void UndoChain::note(const Json& run, Fate fate, bool gone_back) {
  const Last last{run.at("id").get<std::uint64_t>(), fate == Fate::superseded, gone_back};
  for (const std::string& resource : changed_by(run)) {
    if (has_state(resource)) last_[resource] = last;
  }
}

}  // namespace aright::cli
