// The age of definitions: what nobody has looked at for long only proposes, until somebody does (docs/decisions/0185).
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"
#include "engine/growing_old.h"
#include "engine/reviewing.h"
#include "engine/unknown_name.h"

namespace aright::engine {

namespace {

/// So often it is looked at whether a grace is over.
constexpr auto ages_every = std::chrono::hours{1};

}  // namespace

/// Root owns most files, whoever wrote them: that says nothing. Who has it reloaded is an editor in any case, root too.
/// Editors stay ones whatever is changed afterwards: the entry names all of them.
Fields Reviewing::dated(const std::string& key, const Origin& origin, const Identity* editor) const {
  const WallTime now = core_.now_.wall;
  std::vector<std::string> editors;
  if (!origin.owner.empty() && origin.owner != "root") editors.push_back(origin.owner);
  const auto add = [&](const std::string& user) {
    if (std::ranges::find(editors, user) == editors.end()) editors.push_back(user);
  };
  if (editor != nullptr) add(editor->user);
  for (const std::string& user : core_.projection_.ages().editors(key)) add(user);
  Fields fields{{"modified", rfc3339(std::min(origin.modified.value_or(now), now))}};
  if (!editors.empty()) fields["editors"] = short_list(editors);
  return fields;
}

/// Whoever takes the others out of a team, or writes `separate: false`, does not get to approve by that what he
/// changes: until one of the others, or root, has looked.
Fields Reviewing::dated(const Team& team, const Identity* editor) const {
  const std::string key = "team " + team.name;
  Fields fields = dated(key, core_.asking_.teams, editor);
  const Age* age = core_.projection_.ages().find(key);
  if (team.separates() || (age != nullptr && age->apart)) fields["apart"] = true;
  return fields;
}

void Reviewing::date_definitions() {
  const auto date = [&](const std::string& kind, const std::string& name, const std::string& hash, const auto& fields) {
    const std::string key = kind + " " + name;
    if (core_.projection_.ages().find(key) != nullptr) return;
    Fields entry = fields(key);
    entry.add({{"definition", kind}, {"name", name}, {"hash", hash}});
    core_.record("definition.dated", std::move(entry));
  };
  const auto by_file = [this](const Origin& origin) {
    return [this, &origin](const std::string& key) { return dated(key, origin, nullptr); };
  };
  for (const Control& c : core_.config_.controls) date("control", c.name, c.hash(), by_file(c.origin));
  for (const Workflow& w : core_.config_.workflows) date("workflow", w.name, w.version(), by_file(w.origin));
  for (const Team& t : core_.config_.teams) {
    date("team", t.name, t.hash(), [&](const std::string& /*key*/) { return dated(t, nullptr); });
  }
}

/// Each is recorded, so that neither the next look nor a restart says it again.
void Reviewing::age_definitions() {
  if (core_.asking_.ages_due && core_.now_.boot < *core_.asking_.ages_due) return;
  core_.asking_.ages_due = core_.now_.boot + ages_every;
  for (const Aging& one : aging(core_.config_)) {
    const Age* age = core_.projection_.ages().find(one.key());
    if (age == nullptr || age->overdue) continue;
    const Nanos old = core_.now_.wall - age->since;
    const bool falls = old >= one.within + review_grace;
    if (falls || (old >= one.within && !age->due)) grows_old(one, *age, falls);
  }
}

/// Its time is over, or its grace.
void Reviewing::grows_old(const Aging& one, const Age& age, bool falls) {
  Fields entry{{"definition", one.kind},
               {"name", one.name},
               {"hash", core_.hashes_.at(one.key())},
               {"since", rfc3339(age.since)},
               {"reason", fmt::format("nobody has changed or reviewed it since {}", rfc3339(age.since))}};
  if (falls) entry["mode"] = "propose";
  core_.record(falls ? "definition.overdue" : "definition.due", std::move(entry));
  const std::string text = due_text(one, core_.projection_.ages());
  core_.tell(true, fmt::format("{} {}: {}", one.kind, one.name, text));
  NewNotification what{.notice = falls ? "overdue" : "due", .severity = falls ? Level::high : Level::medium};
  what.title = falls ? fmt::format("{} {} goes no further than propose", one.kind, one.name)
                     : fmt::format("{} {} has to be looked at", one.kind, one.name);
  what.text = text;
  what.data = {{one.kind, one.name}};
  core_.notices_.notify(heard_by(one.owner), what);
}

Result<Json> Reviewing::carry_out(const Reviewed& command, const Identity& who) {
  const auto known = core_.hashes_.find(command.definition + " " + command.name);
  if (known == core_.hashes_.end()) {
    if (command.definition == "control") return no_such(command.definition, command.name, core_.config_.controls);
    if (command.definition == "team") return no_such(command.definition, command.name, core_.config_.teams);
    return no_such(command.definition, command.name, core_.config_.workflows);
  }
  Fields entry{{"definition", command.definition},
               {"name", command.name},
               {"hash", known->second},
               {"by", line(who.user)},
               {"groups", short_list(who.groups)},
               {"reason", line(command.reason)}};
  if (who.alone) entry["break_glass"] = true;
  const auto& editors = core_.projection_.ages().editors(command.definition + " " + command.name);
  const bool his = std::ranges::find(editors, who.user) != editors.end();
  const bool of_others = std::ranges::any_of(editors, [&](const std::string& user) { return user != who.user; });
  if (of_others || !his) {
    const Team* team = command.definition == "team" ? team_of(core_.config_.teams, command.name) : nullptr;
    entry["by_another"] = true;
    if (team != nullptr && team->separates()) entry["apart"] = true;
  }
  core_.record("definition.reviewed", std::move(entry));
  core_.read_all("reviewed", core_.projection_.entries());  // what it only proposed may now be answered
  core_.answer_events(false);
  Json answer{{command.definition, command.name}, {"reviewed_by", who.user}, {"hash", known->second}};
  if (his) {
    answer["hint"] = fmt::format("{} changed it: to say yes to what it decides takes another's word, too", who.user);
  }
  return answer;
}

}  // namespace aright::engine
