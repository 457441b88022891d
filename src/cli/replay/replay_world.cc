#include "cli/replay/replay_world.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "detect/fill.h"
#include "model/control.h"

namespace aright::cli {

namespace {

/// Without what controls find: that changes with who has looked.
Json by_itself(Json state) {
  state.erase(found_field);
  return state;
}

const Json nothing_found{{"exists", true}, {found_field, Json::object()}};

}  // namespace

Json unfilled(Json desired) {
  const auto texts = desired.find(cel::filled_field);
  if (texts == desired.end()) return desired;
  Json what = std::move(*texts);
  desired.erase(texts);
  desired["texts"] = std::move(what);  // another name, by which nobody fills them in: that is what tells two apart
  return desired;
}

ReplayWorld::ReplayWorld(const Config& config, const std::vector<std::string>& members)
    : members_(members.begin(), members.end()) {
  for (const Control& control : config.controls) desired_[control.name] = unfilled(control.desired.fields);
}

Json ReplayWorld::state(const std::string& id) const {
  const auto known = states_.find(id);
  return known == states_.end() ? nothing_found : known->second;
}

void ReplayWorld::wrong(const std::string& id, const std::string& control, const Json& state,
                        const std::string& about) {
  Json found = this->state(id).at(found_field);
  Json is = state.is_object() ? state : Json::object();
  found[control] = true;
  is[found_field] = std::move(found);
  is["about"] = about;
  is["exists"] = true;  // what is gone is no member of a folder any more
  states_[id] = std::move(is);
  members_.insert(id);
}

void ReplayWorld::right(const std::string& id, const std::string& control) {
  const auto known = states_.find(id);
  if (known == states_.end() || known->second.at(found_field).erase(control) == 0) return;
  // Somebody has made it otherwise. What is right, the log does not say: as a run has made it, where one has.
  Json found = known->second.at(found_field);
  if (const auto made = made_right_.find(id); made != made_right_.end()) known->second = made->second;
  if (!made_right_.contains(id)) known->second["about"] = "right";
  known->second[found_field] = std::move(found);
}

void ReplayWorld::found(const std::string& id, const std::string& control) {
  Json is = state(id);
  is[found_field][control] = true;
  states_[id] = std::move(is);
  members_.insert(id);
}

void ReplayWorld::unknown(const std::string& id, const std::string& control) {
  if (const auto known = states_.find(id); known != states_.end()) known->second.at(found_field).erase(control);
}

Result<State> ReplayWorld::read(const ResourceId& resource) { return State{state(resource.id), false}; }

Result<std::vector<std::string>> ReplayWorld::list(const Select& select) {
  std::vector<std::string> ids = select.ids;
  for (const std::string& id : members_) {
    const std::string folder = id.substr(0, id.rfind('/'));
    if (std::ranges::find(select.within, folder) != select.within.end()) ids.push_back(id);
  }
  std::ranges::sort(ids);
  ids.erase(std::ranges::unique(ids).begin(), ids.end());
  return ids;
}

/// What is filled in from a state that nobody has kept comes to something else in any case.
Result<Plan> ReplayWorld::plan(const ResourceId& resource, const Desired& desired) {
  Plan plan;
  plan.before.fields = plan.after.fields = state(resource.id);
  for (const auto& [control, wanted] : desired_) {
    if (wanted == desired.fields || made_.right.contains(control)) plan.after.fields[found_field].erase(control);
    if (made_.wrong.contains(control)) plan.after.fields[found_field][control] = true;
  }
  for (const auto& [field, value] : desired.fields.items()) {
    plan.after.fields[field] = value;
    plan.names.push_back(field);
  }
  plan.after.fields["exists"] = true;
  return plan;
}

bool ReplayWorld::failed_then(const ApplyRequest& request) const {
  const std::string& key = request.key;
  std::uint64_t run = 0;
  std::size_t step = 0;
  const char* end = key.data() + key.size();
  const auto [dash, bad] = std::from_chars(key.data() + 1, end, run);
  if (bad != std::errc{} || dash == end) return false;
  std::from_chars(dash + 1, end, step);
  const auto told = told_.find(run);
  return told != told_.end() && told->second->failed_step == step && told->second->began(step, request.resource);
}

Result<ApplyOutcome> ReplayWorld::apply(const ApplyRequest& request) {
  if (!request.key.ends_with("-undo") && failed_then(request)) return fail(Errc::denied, "failed, as it did");
  const Json current = by_itself(state(request.resource.id));
  if (current == by_itself(request.plan.after.fields)) return ApplyOutcome::already;
  if (current.value("about", "") != request.plan.before.fields.value("about", "")) {
    return fail(Errc::conflict, "somebody has changed it");
  }
  states_[request.resource.id] = request.plan.after.fields;
  if (!request.key.ends_with("-undo")) made_right_[request.resource.id] = request.plan.after.fields;
  return ApplyOutcome::applied;
}

KnownErrand ReplayWorld::known(const engine::DoErrand& work, const OutputShape& output) {
  const auto told = told_.find(work.run);
  KnownErrand known = known_errand(work, told == told_.end() ? nullptr : told->second, output);
  answer_ = known.answer;
  return known;
}

Result<ProgramOutcome> ReplayWorld::run(const ProgramRequest& request) {
  ProgramOutcome outcome;
  outcome.input_taken = request.input.size();
  outcome.number = answer_.number;
  outcome.output = {answer_.text, answer_.text.size()};
  return outcome;
}

Result<CallOutcome> ReplayWorld::run(const CallRequest& /*request*/, const MaySend& /*may_send*/) {
  CallOutcome outcome;
  outcome.status = answer_.number;
  outcome.address = "nobody";
  outcome.answer = answer_.text;
  outcome.total = answer_.text.size();
  return outcome;
}

}  // namespace aright::cli
