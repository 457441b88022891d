// What a review asks of whom: the team, who is barred from saying yes, and how many it takes.
#include <algorithm>

#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

namespace {

const Workflow* named(const Config& config, const std::string& name) {
  const auto found = std::ranges::find(config.workflows, name, &Workflow::name);
  return found == config.workflows.end() ? nullptr : &*found;
}

}  // namespace

Question Reviewing::question_of(const Run* r, const Review* review) const {
  Question question;
  if (core_.config_.teams.empty()) return question;
  const Workflow* of_run = r == nullptr ? nullptr : core_.workflow_of(*r);
  const std::string name = r != nullptr ? r->workflow : review != nullptr ? review->workflow : std::string();
  const Workflow* in_force = named(core_.config_, name);
  question.team = team_among({review == nullptr ? "" : review->team, of_run == nullptr ? "" : of_run->owner,
                              in_force == nullptr ? "" : in_force->owner});
  if (review != nullptr) question.also = review->also;
  if (r != nullptr) question.requester = r->asked_by;
  add_edits(question, "workflow", name);
  if (r != nullptr) add_edits(question, "control", r->control);
  for (const std::string& team : question.also) add_edits(question, "team", team);
  add_edits(question, "team", question.team);
  return question;
}

Result<Permit> Reviewing::may_let_act(const Workflow& workflow, const Identity& who) const {
  if (team_of(core_.config_.teams, workflow.owner) == nullptr) return Permit{};
  Question question{.team = workflow.owner};
  add_edits(question, "workflow", workflow.name);
  for (const Control& control : core_.config_.controls) {
    if (workflow.answers_to(control)) add_edits(question, "control", control.name);
  }
  add_edits(question, "team", question.team);
  const Reviewers reviewers(core_.config_.teams);
  if (auto ok = reviewers.may_approve(question, who); !ok) return std::unexpected(ok.error());
  return reviewers.approves_alone(question, 1, {}, who) ? Permit{true, {question.team}} : Permit{};
}

/// With `ensure: desired` the control is the change, and whoever writes a team says how many it takes.
void Reviewing::add_edits(Question& question, const std::string& kind, const std::string& name) const {
  if (name.empty()) return;
  const Ages& ages = core_.projection_.ages();
  const std::string key = kind + " " + name;
  for (const std::string& user : ages.editors(key)) question.edits.push_back({user, kind, name});
  const Age* age = ages.find(key);
  question.apart = question.apart || (age != nullptr && age->apart && !age->editors.empty());
}

/// The first that there is; else the first that is named, so that nobody decides rather than anybody.
std::string Reviewing::team_among(const std::vector<std::string>& names) const {
  std::string first;
  for (const std::string& name : names) {
    if (team_of(core_.config_.teams, name) != nullptr) return name;
    if (first.empty()) first = name;
  }
  return first;
}

std::uint32_t Reviewing::quorum_of(const Review& review, const Question& question) const {
  return review.step ? review.quorum : Reviewers(core_.config_.teams).quorum(question);
}

}  // namespace aright::engine
