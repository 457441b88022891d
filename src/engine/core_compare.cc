// A yes of several that it takes counts only where what it was said to is still so: all of it is planned once more, as
// after the last of them, and compared (docs/decisions/0181).
#include <fmt/format.h>

#include <algorithm>

#include "engine/core.h"
#include "engine/reviewing.h"

namespace aright::engine {

using workflow::RunInput;

namespace {

/// As it is planned after the last yes.
Run as_approved(const Run& r) {
  Run next = r;
  next.continues = Projection::asks_for_step(r);
  const bool begun = std::ranges::any_of(r.steps, [](const RunStep& s) { return s.is_over(); });
  if (!begun && !next.continues) next.steps.clear();
  return next;
}

}  // namespace

void Reviewing::ask(std::uint64_t token, const Approve& command, const Identity& who) {
  if (!is_compared(command, who)) {
    core_.out_.answers.push_back({token, carry_out(command, who)});
    return;
  }
  const Run& r = *core_.run(core_.projection_.reviews().at(command.review).run);
  auto& yeses = core_.active_[r.id].yeses;
  yeses.push_back({token, command, who});
  if (yeses.size() == 1) core_.ask_plans(as_approved(r));
}

/// The last of those that it takes needs none: then it is planned anew in any case. Nor does what is refused at once,
/// or is asked about something else than a plan.
bool Reviewing::is_compared(const Approve& command, const Identity& who) const {
  const auto found = core_.projection_.reviews().find(command.review);
  if (found == core_.projection_.reviews().end()) return false;
  const Review& review = found->second;
  const Run* r = core_.run(review.run);
  if (r == nullptr || r->state != RunState::held || r->undo || r->plan_hash.empty() || review.only_no) return false;
  if (made_something(*r) && !Projection::asks_for_step(*r)) return false;
  if (!command.hash.empty() && command.hash != review.plan_hash) return false;
  const Question question = question_of(r, &review);
  const Reviewers reviewers(core_.config_.teams);
  const std::uint32_t needed = quorum_of(review, question);
  if (needed < 2 || !reviewers.may_approve(question, who) || !may_go_on(*r)) return false;
  if (!changed_since(review, *r).empty() || reviewers.approves_alone(question, needed, review.yes, who)) return false;
  const bool again = std::ranges::any_of(review.yes, [&](const Yes& yes) { return yes.by == who.user; });
  return !again && reviewers.count(question, review.yes) + 1 < needed;
}

/// Why what it would do cannot be compared; empty: it can.
std::string Reviewing::untold(const Run& r) const {
  const auto& active = core_.active_.at(r.id);
  if (const std::string touches = core_.protected_target(r); !touches.empty()) return touches;
  for (const std::string& why : {active.touches, active.refusal}) {
    if (!why.empty()) return why;
  }
  return core_.plan_trouble(r, active);
}

void Reviewing::compared(std::uint64_t id) {
  const Run& r = *core_.run(id);
  auto& active = core_.active_.at(id);
  const std::string trouble = untold(r);
  const bool same = core_.plan_hash(r, active) == r.plan_hash;
  for (const auto& [token, command, who] : take_yeses(id)) {
    const auto review = core_.projection_.reviews().find(command.review);
    const Run* now = core_.run(id);
    const bool open = review != core_.projection_.reviews().end() && now != nullptr && now->state == RunState::held;
    Result<Json> answer{Json()};
    if (!open || (trouble.empty() && same)) {
      answer = carry_out(command, who, true);
    } else if (!trouble.empty()) {
      answer = fail(Errc::unavailable,
                    fmt::format("review {}: what it would do cannot be planned now: {}; this yes is not counted, ask "
                                "again",
                                command.review, trouble),
                    Retry::yes);
    } else {
      answer = ask_about_what_is(review->second, *now);
    }
    core_.out_.answers.push_back({token, std::move(answer)});
  }
}

/// What several said yes to is gone with the question; planned under its locks it is asked about as it is then.
std::unexpected<Error> Reviewing::ask_about_what_is(const Review& review, const Run& r) {
  const std::uint64_t asked = review.id;
  const std::uint64_t id = r.id;
  if (auto ok = may_go_on(r); !ok) return std::unexpected(ok.error());
  const auto wanted = core_.locks_of(r);
  const std::string why = "it reads otherwise than it was shown";
  remember_rungs(review);
  core_.close_review(asked, "lapsed", "aright", why, {}, {{"asked_anew", true}});
  core_.lock(id, wanted);
  if (core_.move(*core_.run(id), RunInput::ask_anew, why)) core_.ask_plans(*core_.run(id));
  return fail(
      Errc::conflict,
      fmt::format("review {} has lapsed: {}, so this yes is not counted, nor is any before it; it is asked about "
                  "as it is now: `aright runs show {}`",
                  asked, why, id));
}

/// What it has made is remembered again as it was before.
std::vector<CoreParts::AskedYes> Reviewing::take_yeses(std::uint64_t id) {
  const auto active = core_.active_.find(id);
  if (active == core_.active_.end() || active->second.yeses.empty()) return {};
  auto yeses = std::move(active->second.yeses);
  std::vector<Plan> made = std::move(active->second.earlier);
  core_.active_.erase(active);
  if (made_something(*core_.run(id))) core_.active_[id].plans = std::move(made);
  return yeses;
}

void Reviewing::drop_yeses(std::uint64_t run) {
  for (const auto& yes : take_yeses(run)) {
    const std::string why = fmt::format(
        "review {}: something else has become of run {} meanwhile, so this yes is not "
        "counted; look again: `aright runs show {}`",
        yes.command.review, run, run);
    core_.out_.answers.push_back({yes.token, fail(Errc::conflict, why)});
  }
}

std::string Reviewing::other_than(const Run& r) {
  const bool anew = r.approved_plan == asked_anew_plan;
  return fmt::format("the resource reads otherwise than what {}; this is a new difference",
                     anew ? "people were asked about" : "was approved");
}

}  // namespace aright::engine
