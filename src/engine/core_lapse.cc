// What was asked under other definitions, or of other people, than those in force is not asked any more: it is answered
// anew, or, where something has been made already, asked again (docs/decisions/0205).
#include <fmt/format.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

constexpr std::string_view again_mark = "; asked again: ";
constexpr std::string_view old_rest_mark = "; mind: ";
/// Of the hex digits of `Review::under`: first the definitions, then the team, then the shared budget, if there is one.
constexpr std::size_t each_part = 32;

enum class Part : std::uint8_t { definitions, team, budget };

/// Empty: there is none, or what was asked is from before that.
std::string_view part_of(std::string_view under, Part part) {
  const std::size_t begin = static_cast<std::size_t>(part) * each_part;
  return begin < under.size() ? under.substr(begin, each_part) : std::string_view();
}

/// As it was asked first.
std::string first_reason(const std::string& reason) {
  return reason.substr(0, std::min(reason.find(again_mark), reason.find(old_rest_mark)));
}

std::string digits(const std::string& text) { return hex(sha256(text)).substr(0, each_part); }

/// The shared budget in force for its workflow. nullptr: it has none; what takes a run back is not counted.
const std::string* budget_of(const Config& config, const Run& r) {
  const auto w = std::ranges::find(config.workflows, r.workflow, &Workflow::name);
  return r.undo || w == config.workflows.end() ? nullptr : w->guards.shared_budget();
}

}  // namespace

std::string deciders(const Team* team) {
  if (team == nullptr) return {};
  const Json doc{
      {"users", team->users}, {"groups", team->groups}, {"quorum", team->quorum}, {"separates", team->separates()}};
  return canonical_json(doc).value_or(std::string());
}

/// An undo goes by what was recorded, whatever the workflow has become.
std::string Reviewing::definition_changed(const Run& r) const {
  if (r.undo) return {};
  for (const auto& [key, hash] :
       {std::pair("workflow " + r.workflow, r.version), std::pair("control " + r.control, r.control_hash)}) {
    const auto now = core_.hashes_.find(key);
    if (now == core_.hashes_.end()) return key + " has been removed since";
    if (now->second != hash) return key + " has changed since";
  }
  return {};
}

/// Why what a run that has made nothing would do is not its definition's any more; empty: it is.
std::string Reviewing::lapsed(const Run& r) const {
  if (made_something(r)) return {};
  const std::string why = definition_changed(r);
  if (why.empty()) return {};
  const Control* control = core_.control_of(r);
  const auto answers = [&](const Workflow& w) { return control != nullptr && w.answers_to(*control); };
  return why + (std::ranges::any_of(core_.config_.workflows, answers) ? "; its finding is answered anew"
                                                                      : "; no workflow answers its finding now");
}

std::string Reviewing::old_rest(const Run& r) const {
  const std::string why = made_something(r) ? definition_changed(r) : std::string();
  if (why.empty()) return {};
  return fmt::format("{}{} this run began: a yes goes on with what is left of its old definition", old_rest_mark, why);
}

std::string Reviewing::under(const Run& r, const std::string& team) const {
  std::string definitions;
  for (const std::string& key : {"workflow " + r.workflow, "control " + r.control}) {
    const auto now = core_.hashes_.find(key);
    if (!r.undo) definitions += (now == core_.hashes_.end() ? std::string("none") : now->second) + "\n";
  }
  std::string all = digits(definitions) + digits(team + "\n" + deciders(team_of(core_.config_.teams, team)));
  if (const std::string* budget = budget_of(core_.config_, r)) {
    const auto now = core_.hashes_.find("budget " + *budget);
    all += digits(now == core_.hashes_.end() ? std::string("none") : now->second);
  }
  return all;
}

RunApproval Reviewing::approval_of(const Review& review) { return {review.under, review.team, review.step}; }

/// Why a review must not be answered any more, or a yes to it does not hold; empty: what it was asked under holds.
std::string Reviewing::changed_since(const RunApproval& asked, const Run& r) const {
  if (const std::string why = r.undo ? std::string() : lapsed(r); !why.empty()) return why;
  const std::string team = asked_now(r, approve_of(r, asked.step)).team;
  const std::string now = under(r, team);
  const auto differs = [&](Part part) {
    return !asked.under.empty() && part_of(asked.under, part) != part_of(now, part);
  };
  if (differs(Part::definitions)) {
    const std::string why = definition_changed(r);
    return why.empty() ? "its definition is again as it was" : why;
  }
  if (team != asked.team) {
    if (!asked.team.empty() && team_of(core_.config_.teams, asked.team) == nullptr) {
      return fmt::format("team {} has been removed since", asked.team);
    }
    return team.empty() ? "no team decides it any more" : fmt::format("team {} decides it now", team);
  }
  if (differs(Part::team)) return fmt::format("team {} has changed since", team);
  const std::string* budget = budget_of(core_.config_, r);
  const bool counts = budget != nullptr && !part_of(asked.under, Part::budget).empty() && !made_something(r);
  if (!counts || !differs(Part::budget)) return {};  // what has made something was counted when it was let go
  return fmt::format("budget {} has {} since; its finding is answered anew", *budget,
                     core_.hashes_.contains("budget " + *budget) ? "changed" : "been removed");
}

std::size_t Reviewing::asked_by_mode(const std::string& workflow) const {
  return static_cast<std::size_t>(std::ranges::count_if(core_.projection_.reviews(), [&](const auto& item) {
    return item.second.workflow == workflow && item.second.guard == "mode";
  }));
}

std::string Reviewing::still_asked(const std::string& workflow) const {
  const auto wait = asked_by_mode(workflow);
  if (wait == 0) return {};
  return fmt::format(
      "{} of it that its mode asked for still {} a person: `aright reviews approve "
      "--workflow {}` shows and approves each",
      counted(wait, "review"), wait == 1 ? "waits for" : "wait for", workflow);
}

std::map<std::string, Mode> Reviewing::modes() const {
  std::map<std::string, Mode> all;
  for (const Workflow& w : core_.config_.workflows) all.emplace(w.name, core_.mode_of(w));
  return all;
}

/// Of a reload: what people were asked before stays theirs to answer.
std::vector<std::string> Reviewing::still_asked_since(const std::map<std::string, Mode>& before) const {
  std::vector<std::string> lines;
  for (const auto& [workflow, now] : modes()) {
    const auto was = before.find(workflow);
    if (now != Mode::auto_ || was == before.end() || was->second == Mode::auto_) continue;
    if (const std::string waits = still_asked(workflow); !waits.empty()) {
      lines.push_back(fmt::format("workflow {}: {}", workflow, waits));
      core_.tell(true, lines.back());
    }
  }
  return lines;
}

void Reviewing::lapse_outdated() {
  std::vector<std::uint64_t> open;
  for (const auto& [id, review] : core_.projection_.reviews()) open.push_back(id);
  for (const std::uint64_t id : open) lapse_review(id);
  lapse_approved();
}

/// An effect of it is there, may be there, or is under way; or its end has begun. A program that failed and is tried
/// again, or waits for a turn, is none.
bool Reviewing::has_begun(const Run& r) const {
  return made_something(r) || core_.under_way(r) || !r.closing.empty() ||
         std::ranges::any_of(r.steps, [](const RunStep& s) { return s.state == StepState::intended; });
}

/// What was done on a yes is done by the definition that it was said to: what has begun goes on, its way back is
/// defined by that. But while it waits, for the end of a pause, in a step `wait`, for a turn, it is only a promise.
void Reviewing::lapse_approved() {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, r] : core_.projection_.runs()) ids.push_back(id);
  for (const std::uint64_t id : ids) {
    if (const Run* r = core_.run(id)) (void)lapses(*r);
  }
}

bool Reviewing::lapses(const Run& r) {
  const bool goes = r.state == RunState::planning || r.state == RunState::running || r.state == RunState::waiting;
  if (!goes || r.approved_plan.empty() || has_begun(r)) return false;
  const std::string why = r.approval ? changed_since(*r.approval, r) : r.undo ? std::string() : lapsed(r);
  if (why.empty()) return false;
  const std::string left = r.workflow + " " + r.subject;
  Fields more;
  if (!r.asked) more["lapsed"] = true;  // a program that has been tried was a try, and others may have heard of it
  const bool anew = r.approved_plan == asked_anew_plan;
  core_.move(r, RunInput::cancel, anew ? why : fmt::format("approved by {}, but {}", r.decided_by, why),
             std::move(more));
  core_.left_[left].news = true;
  return true;
}

void Reviewing::lapse_opened() {
  for (const std::uint64_t id : std::exchange(core_.asking_.opened, {})) lapse_review(id);
}

void Reviewing::lapse_review(std::uint64_t id) {
  const auto found = core_.projection_.reviews().find(id);
  if (found == core_.projection_.reviews().end()) return;
  const Run* r = core_.run(found->second.run);
  if (r == nullptr || r->state != RunState::held) return;  // it only asks a person to look
  if (const std::string why = changed_since(found->second, *r); !why.empty()) (void)lapse(found->second, *r, why);
}

/// A run that has made nothing ends, and its finding is answered at once by what is in force; it was no try. What has
/// been made stays a person's question.
std::unexpected<Error> Reviewing::lapse(const Review& review, const Run& r, const std::string& why) {
  const std::uint64_t id = review.id;
  if (made_something(r) || r.undo) {
    ask_again(review, r, why);
  } else {
    const std::string left = r.workflow + " " + r.subject;
    core_.close_review(id, "lapsed", "aright", why);
    core_.move(r, RunInput::cancel, why, {{"lapsed", true}});
    core_.left_[left].news = true;
  }
  return fail(Errc::conflict, fmt::format("review {} has lapsed: {}", id, why));
}

/// The same plan under a new number and a new hash, so that no yes to the old question counts as one to this.
void Reviewing::ask_again(const Review& review, const Run& r, const std::string& why) {
  const std::string guard = review.guard;
  const Step::Approve* step = approve_of(r, Projection::asked_step(r));
  const Workflow* w = core_.workflow_of(r);
  const Nanos within = step != nullptr ? step->expires
                       : w == nullptr  ? Nanos{std::chrono::hours{24}}
                                       : w->review_within;
  remember_rungs(review);
  core_.close_review(review.id, "lapsed", "aright", why);
  const std::uint64_t next = core_.projection_.next_review();
  const std::string seen = fmt::format("{} review {} under {}", r.plan_hash, next, under(r, asked_now(r, step).team));
  core_.move(r, RunInput::hold, fmt::format("{}{}{}", first_reason(r.reason), again_mark, why),
             {{"review", next},
              {"guard", guard},
              {"expires_at", rfc3339(core_.now_.wall + within)},
              {"review_hash", hex(sha256(seen))}});
}

}  // namespace aright::engine
