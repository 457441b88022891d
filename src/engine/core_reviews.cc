// Answers to reviews: who may give them, how many it takes, and what follows.
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"
#include "engine/reviewing.h"
#include "workflow/errand_texts.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

/// The run has ended; the review only asks a person to look. What follows depends on whether a finding on its subject
/// is open.
Json noted(const Review& review, const Projection& projection) {
  const std::uint64_t run = review.run;
  const bool open = std::ranges::any_of(projection.findings(),
                                        [&](const auto& item) { return item.second.subject == review.subject; });
  const std::string next =
      open ? "nothing more is done by itself while it reads as it does. rescan tries again, through the guards"
           : fmt::format(
                 "its finding is over, so nothing more is done. What it has made and not undone stays: `aright "
                 "runs undo {}` takes it back",
                 run);
  return {{"review", review.id}, {"run", run}, {"state", "noted"}, {"note", "the run has ended; " + next}};
}

/// A yes would have to mean that it has happened, which is not what it means of any other review.
std::unexpected<Error> in_doubt(const Run& r) {
  return fail(Errc::conflict,
              fmt::format("run {} is unknown: whether its effect happened is for whoever has looked to say, not to "
                          "approve; `aright runs resolve {} --as done|not-done`",
                          r.id, r.id));
}

std::unexpected<Error> no_review(std::uint64_t id) {
  return fail(Errc::not_found, fmt::format("no open review {}", id));
}

}  // namespace

Result<Permit> Reviewing::may_decide(const Run& r, const Identity& who) const {
  const auto review = core_.projection_.reviews().find(r.review);
  const Question question = question_of(&r, review == core_.projection_.reviews().end() ? nullptr : &review->second);
  if (auto ok = Reviewers(core_.config_.teams).may_decide(question, who); !ok) return std::unexpected(ok.error());
  return Permit{Reviewers(core_.config_.teams).decides_alone(question, who)};
}

/// What people are asked about is what is left as it is now, not as it was planned before the first step: it is planned
/// anew, and asked about then.
void Reviewing::ask_for_step(const Run& r) {
  const std::uint64_t id = r.id;
  if (core_.move(r, RunInput::more_known, "")) core_.ask_plans(*core_.run(id));
}

/// The step `approve` whose turn it is, of a run that has been planned anew.
std::optional<std::size_t> Reviewing::asks_next(const Run& r) const {
  const Workflow* w = core_.workflow_of(r);
  for (std::size_t i = 0; w != nullptr && i < r.steps.size(); ++i) {
    const RunStep& step = r.steps[i];
    const bool due =
        step.state == StepState::open || (step.state == StepState::planned && (step.changes || step.steers()));
    if (due) return w->steps.at(i).approve() != nullptr ? std::optional(i) : std::nullopt;
  }
  return std::nullopt;
}

/// The run gives everything back, as in a wait.
void Reviewing::hold_for_step(const Run& r, std::size_t step, bool as_approved) {
  const Step::Approve& asked = *core_.workflow_of(r)->steps.at(step).approve();
  ++core_.figures_.verdicts["approve hold"];
  Fields more = core_.planned_on(r);
  more.add({{"review", core_.projection_.next_review()},
            {"guard", "approve"},
            {"expires_at", rfc3339(core_.now_.wall + asked.expires)},
            {"asks_step", step}});
  const auto before = Projection::asked_step(r);
  if (before ? *before != step : as_approved && !r.answered.empty()) more["answered"] = true;  // it has been heard
  // Reasons stay when contents are erased: what is filled in stands in `text` only.
  const bool fixed = !asked.text.empty() && !asked.text.contains("${");
  core_.move(r, RunInput::hold, "approve: " + (fixed ? asked.text : "its workflow asks for a person"), std::move(more));
}

/// Whom a question about the run goes to now: the team of its step, else of its workflow.
Question Reviewing::asked_now(const Run& r, const Step::Approve* step) const {
  Question question = question_of(&r, nullptr);
  if (step != nullptr && !step->team.empty() && !core_.config_.teams.empty()) {
    question.team = team_among({step->team, question.team});
  }
  return question;
}

const Step::Approve* Reviewing::approve_of(const Run& r, std::optional<std::size_t> step) const {
  const Workflow* w = core_.workflow_of(r);
  return step && w != nullptr && *step < w->steps.size() ? w->steps[*step].approve() : nullptr;
}

void Reviewing::name_people(const Run& r, Fields& fields) const {
  const Json* asking = fields.find("asks_step");
  const auto step = asking != nullptr ? std::optional(asking->get<std::size_t>()) : Projection::asked_step(r);
  const Step::Approve* asked = approve_of(r, step);
  const Question question = asked_now(r, asked);
  fields["severity"] = name(r.severity);
  fields["under"] = under(r, question.team);
  if (core_.config_.teams.empty() && asked == nullptr) return;
  if (!question.team.empty()) fields["team"] = question.team;
  std::uint32_t quorum = Reviewers(core_.config_.teams).quorum(question);
  if (asked != nullptr && asked->quorum) quorum = *asked->quorum;
  if (!question.team.empty() || asked != nullptr) fields["quorum"] = quorum;
  if (asked != nullptr) fields["asks_step"] = *step;
  if (asked == nullptr || asked->text.empty()) return;
  const auto context = core_.errand_context(r, *step, true);
  fields["text"] = line(workflow::ErrandTexts(context, "").for_people(asked->text));
}

/// Whatever no yes can change.
Result<Done> Reviewing::may_go_on(const Run& r) const {
  if (core_.draining_) return fail(Errc::unavailable, "stopping; ask again after the start", Retry::yes);
  if (const Waiver* waiver = core_.waiver_of(r)) {
    return fail(Errc::denied, waiver->text() + " is in force for it: remove the waiver first, or deny");
  }
  if (const Mode mode = core_.mode_of(r); mode < Mode::propose) {
    const char* what = made_something(r) ? "no more of it is done, and what is done stays" : "nothing of it is done";
    const KeptBack by = kept_back(core_, r, mode)
                            .value_or(KeptBack{fmt::format("{} is in mode {}", r.workflow, name(mode)),
                                               "deny it, or set its mode first"});
    return fail(Errc::denied, fmt::format("{}: {}; {}", by.why, what, by.advice));
  }
  if (core_.targets(r).empty()) {
    return fail(Errc::invalid, fmt::format("the definition of run {} is no longer stored", r.id));
  }
  if (const std::string why = core_.protected_target(r); !why.empty()) {
    return fail(Errc::denied, why + ": no approval lets it go; deny it and mend the configuration");
  }
  const auto taken = core_.taken_by_others(r, core_.locks_of(r));
  if (!taken) return Done{};
  return fail(Errc::unavailable, fmt::format("run {} {}; ask again", r.id, core_.who_has(*taken)), Retry::yes);
}

Result<Json> Reviewing::carry_out(const Approve& command, const Identity& who, bool compared) {
  const auto found = core_.projection_.reviews().find(command.review);
  if (found == core_.projection_.reviews().end()) return no_review(command.review);
  const Review& review = found->second;
  const std::uint64_t id = review.run;
  const Run* r = core_.run(id);
  const Question question = question_of(r, &review);
  if (auto ok = Reviewers(core_.config_.teams).may_approve(question, who); !ok) return std::unexpected(ok.error());
  if (!command.hash.empty() && command.hash != review.plan_hash) {
    return fail(Errc::conflict, fmt::format("review {} is of another plan than the one you saw; look again: `aright "
                                            "runs show {}`",
                                            review.id, id));
  }
  if (r == nullptr) {
    Fields more;
    if (Reviewers(core_.config_.teams).approves_alone(question, 1, {}, who)) more["break_glass"] = true;
    Json answer = noted(review, core_.projection_);
    core_.close_review(command.review, "approved", who.user, command.reason, who.groups, std::move(more));
    return answer;
  }
  if (r->state == RunState::unknown) return in_doubt(*r);
  if (auto ok = may_go_on(*r); !ok) return std::unexpected(ok.error());
  if (const std::string why = changed_since(review, *r); !why.empty()) return lapse(review, *r, why);
  // Planned anew it would only be asked about anew; the rest of what has begun may go on where the cause has gone.
  if (review.only_no && (review.guard == "when" || !made_something(*r))) {
    const std::string anew = r->undo ? fmt::format("undo {}", r->undo->run) : fmt::format("retry {}", id);
    return fail(Errc::denied,
                fmt::format("{}. After a denial `aright runs {} --reason WHY` begins anew", review.reason, anew));
  }
  if (!question.team.empty() || quorum_of(review, question) > 1) {
    return said_yes(review, *r, question, command, who, compared);
  }
  approve(command.review, command, who, {});
  return Json{{"review", command.review}, {"run", id}, {"state", "planning"}};
}

/// One of those that it takes.
Result<Json> Reviewing::said_yes(const Review& review, const Run& r, const Question& question, const Approve& command,
                                 const Identity& who, bool compared) {
  const std::uint64_t run_id = r.id;
  const Reviewers reviewers(core_.config_.teams);
  const std::uint32_t needed = quorum_of(review, question);
  const bool alone = reviewers.approves_alone(question, needed, review.yes, who);
  const bool again = std::ranges::any_of(review.yes, [&](const Yes& yes) { return yes.by == who.user; });
  if (again && !alone) {
    return fail(Errc::conflict,
                fmt::format("{} has said yes to review {} already: it takes {} people", who.user, review.id, needed));
  }
  Fields yes{{"review", review.id},
             {"run", run_id},
             {"by", line(who.user)},
             {"groups", short_list(who.groups)},
             {"reason", line(command.reason)},
             {"plan_hash", review.plan_hash},
             {"quorum", needed}};
  if (!question.team.empty()) yes["team"] = question.team;
  const std::vector<std::string> editors = question.editors();
  yes["editors"] = editors.empty() ? Json("not known") : Json(short_list(editors));
  if (alone) yes["break_glass"] = true;
  core_.record("review.approved", std::move(yes));
  const Review& now = core_.projection_.reviews().at(command.review);
  const std::uint32_t have = reviewers.count(question, now.yes);
  if (!alone && have < needed) {
    watch(now);
    const std::string seen = compared ? "it reads as it was shown, and is read again after the last of them"
                                      : "whether it still is as it was shown is looked at after the last of them";
    return Json{{"review", now.id},  {"run", run_id},    {"state", "held"},
                {"approvals", have}, {"needed", needed}, {"note", "it takes more people to say yes; " + seen}};
  }
  std::vector<std::string> approvers;
  for (const Yes& one : now.yes) {
    if (std::ranges::find(approvers, one.by) != approvers.end()) continue;
    if (one.break_glass || reviewers.is_member(question, one.by, one.groups)) approvers.push_back(one.by);
  }
  Fields more{{"approvers", short_list(approvers)}, {"quorum", needed}};
  if (alone) more["break_glass"] = true;
  approve(command.review, command, who, std::move(more));
  Json answer{{"review", command.review}, {"run", run_id}, {"state", "planning"}};
  if (alone) {  // how many of those who are asked have said yes is not what has let it go on
    answer["alone"] = fmt::format("{}, by break-glass", who.user);
  } else {
    answer["approvals"] = have;
  }
  return answer;
}

void Reviewing::approve(std::uint64_t review, const Approve& command, const Identity& who, Fields more) {
  const std::uint64_t id = core_.projection_.reviews().at(review).run;
  const Fields on{{"approval", approval_of(core_.projection_.reviews().at(review)).to_json()}};
  const auto wanted = core_.locks_of(*core_.run(id));
  more["is_planned"] = true;  // what comes of it is known once it has been compared
  more["decided_before"] = core_.run(id)->decided_by;
  core_.close_review(review, "approved", who.user, command.reason, who.groups, std::move(more));
  core_.lock(id, wanted);
  if (core_.move(*core_.run(id), RunInput::approve, "approved by " + who.user, on)) core_.ask_plans(*core_.run(id));
}

Result<Json> Reviewing::carry_out(const Deny& command, const Identity& asked) {
  const auto found = core_.projection_.reviews().find(command.review);
  if (found == core_.projection_.reviews().end()) return no_review(command.review);
  const Review& review = found->second;
  const std::uint64_t id = review.run;
  const Run* r = core_.run(id);
  const Question question = question_of(r, &review);
  if (auto ok = Reviewers(core_.config_.teams).may_decide(question, asked); !ok) return std::unexpected(ok.error());
  Identity who = asked;
  who.alone = Reviewers(core_.config_.teams).decides_alone(question, asked);
  Identity waives = asked;  // for longer than belongs to a denial, its control's team is asked
  waives.alone = asked.alone || who.alone;
  if (command.waive && r == nullptr) {
    return fail(Errc::conflict, fmt::format("run {} has ended: `waivers add` says for whom an exception is", id));
  }
  const Waive waive =
      r == nullptr ? Waive{} : Waive{r->control, r->subject, command.reason, {}, command.waive.value_or(Nanos{})};
  if (command.waive) {
    if (const auto ok = core_.waiver_of(waive, waives); !ok) return std::unexpected(ok.error());
  }
  const std::uint64_t waived = command.waive ? command.review : 0;
  const std::string finding = r == nullptr ? std::string() : r->finding;
  if (command.as && r != nullptr) {
    mark({finding, r->control, r->subject, *command.as, command.reason}, who);
  }
  if (r != nullptr && r->state == RunState::unknown) {
    return with_waiver(resolve_doubt(*r, false, command.reason, who, waived != 0), waive, waived, waives);
  }
  if (r == nullptr) {
    Fields more;
    if (who.alone) more["break_glass"] = true;
    Json answer = noted(review, core_.projection_);
    core_.close_review(command.review, "denied", who.user, command.reason, who.groups, std::move(more));
    return answer;
  }
  refuse(review, *r, RunInput::deny, "denied", fmt::format("denied by {}: {}", who.user, command.reason), &who,
         command.reason);
  Json answer{{"review", command.review},
              {"run", id},
              {"state", "denied"},
              {"note", "holds while it reads as it did; another state is answered anew, through the guards"}};
  if (core_.run(id) != nullptr) answer["state"] = name(core_.run(id)->state);
  if (!command.as) {
    answer["finding"] = finding;
    answer["was_it_right"] = fmt::format("aright findings mark {} --as true|false-positive --reason '…'", finding);
  }
  return with_waiver(std::move(answer), waive, waived, waives);
}

/// What a no leads to: one to a step `approve` is a failure of its run.
bool Reviewing::takes_back(const Review& review, const Run& r) const {
  const Workflow* w = core_.workflow_of(r);
  return review.step && made_something(r) && w != nullptr && w->on_failure == OnFailure::roll_back;
}

/// What its run has made is taken back, or left, as `on_failure` says.
void Reviewing::refuse(const Review& review, const Run& r, RunInput input, const std::string& decision,
                       const std::string& why, const Identity* who, const std::string& reason) {
  const std::uint64_t id = r.id;
  const std::string by = who == nullptr ? "aright" : who->user;
  const bool undone = takes_back(review, r);
  const bool leaves = review.step && made_something(r);
  Fields more;
  if (undone) more["refused"] = line(why);
  if (who != nullptr && who->alone) more["break_glass"] = true;
  core_.close_review(review.id, decision, by, reason, who == nullptr ? std::vector<std::string>() : who->groups,
                     std::move(more));
  if (undone) {
    core_.asking_.refused_runs.insert(id);
    return take_back();
  }
  Fields end;
  if (leaves) end["about"] = "";  // it is not any more as it was planned on: a no is about what is read then
  core_.move(*core_.run(id), input, why, std::move(end));
}

std::string Reviewing::answers_too(const Run& r, RunState ended) const {
  const bool no = ended == RunState::denied || ended == RunState::expired || !r.cancel_asked.empty();
  if (!no || !resource_of(r.subject)) return {};  // what happened in a log is answered by episodes
  const SubjectState* now = core_.projection_.subject(r.control, r.subject);
  return now == nullptr || !now->open || now->finding == r.finding ? std::string() : now->finding;
}

void Reviewing::take_back() {
  if (core_.draining_) return;
  for (auto it = core_.asking_.refused_runs.begin(); it != core_.asking_.refused_runs.end();) {
    const std::uint64_t id = *it++;
    const Run* r = core_.run(id);
    if (r == nullptr || r->state != RunState::held || r->refused.empty()) {
      core_.asking_.refused_runs.erase(id);
      continue;
    }
    const auto wanted = core_.locks_of(*r);
    if (core_.taken_by_others(*r, wanted)) continue;
    core_.asking_.refused_runs.erase(id);
    core_.lock(id, wanted);
    if (core_.move(*r, RunInput::step_failed, r->refused)) core_.roll_back_next(id);
  }
}

void Reviewing::recover(const Run& r) {
  if (!r.refused.empty()) core_.asking_.refused_runs.insert(r.id);
}

Result<Json> Reviewing::carry_out(const Acknowledge& command, const Identity& who) {
  const auto found = core_.projection_.reviews().find(command.review);
  if (found == core_.projection_.reviews().end()) return no_review(command.review);
  const Review& review = found->second;
  const Question question = question_of(core_.run(review.run), &review);
  if (auto ok = Reviewers(core_.config_.teams).may_decide(question, who); !ok) return std::unexpected(ok.error());
  if (!review.acknowledged_by.empty()) {
    return fail(Errc::conflict,
                fmt::format("{} has acknowledged review {} already", review.acknowledged_by, review.id));
  }
  Fields entry{{"review", review.id},
               {"run", review.run},
               {"by", line(who.user)},
               {"groups", short_list(who.groups)},
               {"reason", line(command.reason)},
               {"acknowledged_at", rfc3339(core_.now_.wall)}};
  const bool alone = Reviewers(core_.config_.teams).decides_alone(question, who);
  if (alone) entry["break_glass"] = true;
  core_.record("review.acknowledged", std::move(entry));
  core_.asking_.climbs_due.forget(std::to_string(command.review));
  if (alone) tell_alone(about(review, "acknowledges", command.reason), who.user);
  return Json{{"review", command.review},
              {"acknowledged_by", who.user},
              {"note", "nobody else is told; it still waits for an answer, and expires as before"}};
}

/// Only what waits for an approval expires; a doubt waits until a person has looked.
void Reviewing::expire() {
  for (const std::uint64_t id : core_.projection_.open_reviews().over(core_.now_)) {
    const Review& review = core_.projection_.reviews().at(id);
    const Run* r = core_.run(review.run);
    if (r == nullptr || r->state != RunState::held) {
      core_.projection_.open_reviews().lasts(id);
      continue;
    }
    tell_expired(review, *r);
    refuse(review, *r, RunInput::expire, "expired", unanswered, nullptr, unanswered);
  }
}

Result<Json> Reviewing::carry_out(const MarkFinding& command, const Identity& who) {
  mark(command, who);
  return Json{{"finding", command.finding}, {"as", name(command.as)}, {"by", who.user}};
}

void Reviewing::mark(const MarkFinding& command, const Identity& who) {
  core_.record("finding.marked", {{"finding", command.finding},
                                  {"control", command.control},
                                  {"subject", command.subject},
                                  {"as", name(command.as)},
                                  {"by", line(who.user)},
                                  {"groups", short_list(who.groups)},
                                  {"reason", line(command.reason)}});
}

}  // namespace aright::engine
