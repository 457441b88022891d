// What the checker asks of open questions when definitions change: none is left that was asked under other ones than
// those in force, or of others than those who decide now.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checker.h"
#include "entry_field.h"

namespace aright::sim {

void Checker::defined(const Json& e) {
  const std::string key = text(e, "definition") + " " + text(e, "name");
  in_force_[key] = text(e, "kind") == "definition.removed" ? std::string() : text(e, "hash");
}

/// Empty: there is none of that name.
std::string Checker::in_force(const std::string& definition) const {
  const auto known = in_force_.find(definition);
  return known == in_force_.end() ? std::string() : known->second;
}

/// What takes a run back goes by what was recorded.
std::string Checker::under(const RunSeen& run, const std::string& team) const {
  const std::string people = team + " " + in_force("team " + team);
  if (run.undoes != 0) return people;
  const std::string control = run.waived_by.substr(0, run.waived_by.find(' '));
  return in_force("workflow " + run.workflow) + " " + in_force("control " + control) + " " + people;
}

/// As it was last recorded: an edited folder may not have been read yet.
std::optional<Team> Checker::deciding(const std::string& name) const {
  const auto stored = store_.definitions.find(in_force("team " + name));
  if (stored == store_.definitions.end()) return std::nullopt;
  const Json doc = parse_json(stored->second.doc).value();
  Team team;
  team.name = name;
  team.users = doc.at("users").get<std::vector<std::string>>();
  team.groups = doc.at("groups").get<std::vector<std::string>>();
  team.quorum = doc.at("quorum").get<std::uint32_t>();
  return team;
}

/// What a person has let go begins under the definitions, and by the people, that the yes was said under.
void Checker::begins_as_approved(const RunSeen& run) const {
  const bool begun = std::ranges::any_of(run.steps, [](const StepSeen& s) { return is_made(s) || !s.key.empty(); });
  if (run.approved_under.empty() || begun || run.approved_under == under(run, run.approved_by)) return;
  violation("begins what was approved under definitions, or by a team, that are not in force any more");
}

void Checker::questions() const {
  for (const auto& [id, asked] : asked_) {
    const auto found = runs_.find(asked.run);
    if (found == runs_.end() || found->second.state != "held" || found->second.review != id) continue;
    const RunSeen& run = found->second;
    if (asked.under != under(run, asked.team))
      violation(fmt::format("review {} is open, and what it was asked under is not in force any more", id));
    if (!asked.team.empty() && !deciding(asked.team))
      violation(fmt::format("review {} is open, and its team is gone", id));
    if (run.undoes != 0 || std::ranges::any_of(run.steps, is_made)) continue;
    const std::string control = run.waived_by.substr(0, run.waived_by.find(' '));
    const bool other =
        run.version != in_force("workflow " + run.workflow) && in_force_.contains("workflow " + run.workflow);
    if (other || (run.control_hash != in_force("control " + control) && in_force_.contains("control " + control)))
      violation(fmt::format("review {} is about definitions that are not in force, and nothing has been made", id));
  }
}

}  // namespace aright::sim
