#include "engine/permits.h"

#include <algorithm>
#include <set>

#include "engine/reviewers.h"

namespace aright::engine {

const Workflow* Permits::workflow(const std::string& name) const {
  const auto found = std::ranges::find(config_.workflows, name, &Workflow::name);
  return found == config_.workflows.end() ? nullptr : &*found;
}

const Control* Permits::control(const std::string& name) const {
  const auto found = std::ranges::find(config_.controls, name, &Control::name);
  return found == config_.controls.end() ? nullptr : &*found;
}

/// Where none of them is a team, any that there is: an outsider never.
std::vector<std::string> Permits::in_force(std::vector<std::string> teams) const {
  std::erase_if(teams, [&](const std::string& name) { return team_of(config_.teams, name) == nullptr; });
  if (teams.empty()) {
    for (const Team& team : config_.teams) teams.push_back(team.name);
  }
  return teams;
}

/// A member of any of them.
Result<Permit> Permits::as_one_of(std::vector<std::string> teams, const Identity& who) const {
  if (config_.teams.empty()) return Permit{};
  teams = in_force(std::move(teams));
  Question question{.team = teams.front()};
  question.also.assign(teams.begin() + 1, teams.end());
  const Reviewers reviewers(config_.teams);
  if (auto ok = reviewers.may_decide(question, who); !ok) return std::unexpected(ok.error());
  if (!reviewers.decides_alone(question, who)) return Permit{};
  return Permit{true, std::move(teams)};
}

Result<Permit> Permits::of(const Command& command, const Identity& who) const {
  if (config_.teams.empty()) return Permit{};
  return std::visit(
      [&](const auto& asked) -> Result<Permit> {
        if constexpr (requires { to(asked, who); }) return to(asked, who);
        return Permit{};
      },
      command);
}

Result<Permit> Permits::to_raise(const Workflow& workflow, const Identity& who) const {
  return as_one_of({workflow.owner}, who);
}

/// Of the version it began with, as for its reviews; where that is gone, or its owner is no team any more, of the one
/// in force. Looking what it would do is anybody's.
Result<Permit> Permits::to(const UndoRun& asked, const Identity& who) const {
  if (asked.plan_only || !asked.source || *asked.source == nullptr) return Permit{};
  const UndoSource& source = **asked.source;
  std::vector<std::string> owners;
  if (source.workflow && team_of(config_.teams, source.workflow->owner) != nullptr) {
    owners.push_back(source.workflow->owner);
  } else if (const Workflow* now = workflow(source.run.workflow)) {
    owners.push_back(now->owner);
  }
  auto permit = as_one_of(std::move(owners), who);
  if (!permit || asked.waive.value_or(Nanos::zero()) <= waiver_along_max) return permit;
  auto waives = to_waive(source.run.control, who);
  if (waives) waives->add(*permit);
  return waives;
}

/// It is answered by the workflow in force.
Result<Permit> Permits::to(const RetryRun& asked, const Identity& who) const {
  const Workflow* w = workflow(asked.workflow);
  return w == nullptr ? Permit{} : to_raise(*w, who);
}

Result<Permit> Permits::to(const Waive& asked, const Identity& who) const {
  return control(asked.control) == nullptr ? Permit{} : to_waive(asked.control, who);
}

/// It lets automation act again.
Result<Permit> Permits::to(const Unwaive& asked, const Identity& who) const {
  const auto waiver = projection_.waivers().find(asked.waiver);
  return waiver == projection_.waivers().end() ? Permit{} : to_waive(waiver->second.control, who);
}

/// The denial itself is asked of those who decide the review.
Result<Permit> Permits::to(const Deny& asked, const Identity& who) const {
  if (asked.waive.value_or(Nanos::zero()) <= waiver_along_max) return Permit{};
  const auto review = projection_.reviews().find(asked.review);
  if (review == projection_.reviews().end()) return Permit{};
  const auto run = projection_.runs().find(review->second.run);
  return run == projection_.runs().end() ? Permit{} : to_waive(run->second.control, who);
}

/// The control's owner; where it names none, those of the workflows that answer it.
std::vector<std::string> Permits::owners_to_waive(const std::string& name) const {
  std::vector<std::string> owners;
  const Control* waived = control(name);
  if (waived != nullptr && !waived->owner.empty()) {
    owners.push_back(waived->owner);
  } else if (waived != nullptr) {
    for (const Workflow& w : config_.workflows) {
      if (w.answers_to(*waived)) owners.push_back(w.owner);
    }
  }
  return owners;
}

std::vector<std::string> Permits::teams_to_waive(const std::string& name) const {
  return in_force(owners_to_waive(name));
}

Result<Permit> Permits::to_waive(const std::string& name, const Identity& who) const {
  return as_one_of(owners_to_waive(name), who);
}

/// It may lift a definition out of mode propose again, and lets its editors approve.
Result<Permit> Permits::to(const Reviewed& asked, const Identity& who) const {
  if (asked.definition == "team") {
    return team_of(config_.teams, asked.name) == nullptr ? Permit{} : as_one_of({asked.name}, who);
  }
  if (asked.definition == "control") return control(asked.name) == nullptr ? Permit{} : to_waive(asked.name, who);
  const Workflow* w = workflow(asked.name);
  return w == nullptr ? Permit{} : to_raise(*w, who);
}

/// What is erased can neither be undone nor shown by anybody: every team whose it is has to be one's own.
Result<Permit> Permits::to(const Erase& asked, const Identity& who) const {
  std::set<std::string> owners;
  for (const std::string& name : asked.workflows) {
    if (const Workflow* w = workflow(name)) owners.insert(w->owner);
  }
  for (const std::string& name : asked.controls) {
    const Control* c = control(name);
    if (c != nullptr && !c->owner.empty()) owners.insert(c->owner);
  }
  std::erase_if(owners, [&](const std::string& name) { return team_of(config_.teams, name) == nullptr; });
  if (owners.empty()) return as_one_of({}, who);
  Permit permit;
  for (const std::string& owner : owners) {
    const auto one = as_one_of({owner}, who);
    if (!one) return one;
    permit.add(*one);
  }
  return permit;
}

}  // namespace aright::engine
