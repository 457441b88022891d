// Reviews as the entries imply them: opened, answered by several people, escalated, decided.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "engine/projection.h"

namespace aright::engine {

namespace {

constexpr const char* decided_before = "decided_before";  ///< who had decided about the run

std::string review_id(const Review& review) { return fmt::format("{:012}", review.id); }

}  // namespace

void Projection::open_review(Run& run, DocReader& in) {
  Review review;
  review.id = in.number("review");
  if (review.id != next_review_) in.wrong("review");
  ++next_review_;
  context_touched_ = true;
  review.run = run.id;
  review.workflow = run.workflow;
  review.subject = run.subject;
  review.guard = in.text("guard");
  review.reason = run.reason;
  review.plan_hash = in.has("review_hash") ? in.text("review_hash") : run.plan_hash;
  review.state = "open";
  review.opened = at_;
  review.expires_at = in.time("expires_at");
  if (in.has("team")) review.team = in.text("team");
  if (in.has("quorum")) review.quorum = static_cast<std::uint32_t>(in.number("quorum"));
  if (in.has("text")) review.text = in.text("text");
  if (in.has("under")) review.under = in.text("under");
  if (in.has("severity")) review.severity = in.word("severity", parse_level);
  if (in.has("only_no")) review.only_no = in.boolean("only_no");
  if (in.has("climbed")) {  // asked anew: those who were told are told at once, and the next rung counts from that
    review.climbed = static_cast<std::uint32_t>(in.number("climbed"));
    review.climbed_at = at_;
  }
  if (in.has("also")) review.also = in.texts("also");
  if (in.has("asks_step")) {
    review.step = in.number("asks_step");
    if (*review.step >= run.steps.size() || !run.steps[*review.step].steers()) return in.wrong("asks_step");
    run.steps[*review.step].state = StepState::waiting;
  }
  run.review = review.id;
  touch("review", review_id(review), true, canonical_json(review.to_json()));
  reviews_.add(std::move(review));
}

void Projection::on_review(const std::string& kind, DocReader& in) {
  Review* const found = reviews_.find(in.number("review"));
  if (found == nullptr) return in.wrong("review");
  if (kind == "review.decided") return decide_review(*found, in);
  if (kind == "review.approved") {
    Yes yes{in.text("by"), in.texts("groups"), in.text("reason"), at_.wall};
    yes.break_glass = in.has("break_glass");
    found->yes.push_back(std::move(yes));
  } else if (kind == "review.escalated") {
    found->climbed = static_cast<std::uint32_t>(in.number("climbed"));
    found->climbed_at = at_;
    if (in.has("team") && std::ranges::find(found->also, in.text("team")) == found->also.end()) {
      found->also.push_back(in.text("team"));
    }
  } else if (kind == "review.acknowledged") {
    found->acknowledged_by = in.text("by");
    if (in.has("acknowledged_at")) found->acknowledged_at = in.time("acknowledged_at");
  } else {
    return in.wrong("kind");
  }
  touch("review", review_id(*found), true, canonical_json(found->to_json()));
}

void Projection::decide_review(Review& review, DocReader& in) {
  review.state = in.text("decision");
  review.decided_by = in.text("by");
  review.decision_reason = in.text("reason");
  review.decided_at = at_.wall;
  const auto run = runs_.find(review.run);
  if (run != runs_.end() && review.state == "approved") {
    run->second.approved_plan = run->second.plan_hash;  // the one that it was opened on
    std::vector<std::string> who{review.decided_by};
    if (in.has("approvers")) who = in.texts("approvers");
    const std::string decided = fmt::format("{} (review {})", fmt::join(who, ", "), review.id);
    if (!in.has("of_finally")) run->second.decided_by = decided;  // that decides nothing about the run
    Json answered = review.to_json();
    if (in.has(decided_before)) answered[decided_before] = in.text(decided_before);
    if (in.has("is_planned")) run->second.answered = canonical_json(answered).value_or("");
  }
  if (run != runs_.end() && review.state == "lapsed") {
    run->second.approved_plan = in.has("asked_anew") ? asked_anew_plan : "";
    run->second.approval.reset();
  }
  if (run != runs_.end() && in.has("refused")) run->second.refused = in.text("refused");
  if (run != runs_.end()) touch("run", fmt::format("{:012}", run->first), true);
  touch("review", review_id(review), false, canonical_json(review.to_json()));
  reviews_.remove(review.id);
}

/// Of a run that was let go on and has not begun: what it was let do is over, or is asked about anew.
void Projection::settle_answer(Run& run) {
  using enum RunState;
  const bool on_its_way = run.state == planning || run.state == pending || run.state == waiting || run.state == running;
  if (run.answered.empty() || on_its_way) return;
  auto row = parse_own_json(std::exchange(run.answered, {}));
  const bool in_vain = run.state == held || run.state == cancelled || run.state == failed || run.state == planned;
  if (!in_vain || !row || !row->is_object()) return;
  if (row->contains(decided_before)) run.decided_by = row->value(decided_before, "");  // in vain, they decided nothing
  row->erase(decided_before);
  auto review = Review::from_json(*row);
  if (!review) return;
  review->in_vain = run.state == held ? fmt::format("asked anew as review {}", run.review) : run.reason;
  touch("review", review_id(*review), false, canonical_json(review->to_json()));
}

/// What its last yes was said under. Of one from before that was recorded nothing is known.
void Projection::take_approval(Run& run, DocReader& in) {
  auto approval = RunApproval::from_json(in.object("approval"));
  if (!approval) return in.wrong("approval");
  run.approval = std::move(*approval);
}

/// A step `approve` that a person has been asked for, and that is not behind its run.
bool Projection::asks_for_step(const Run& run) { return asked_step(run).has_value(); }

std::optional<std::size_t> Projection::asked_step(const Run& run) {
  const auto found = std::ranges::find_if(run.steps, [](const RunStep& s) {
    return s.steers() && s.state == StepState::waiting && s.resource.id.starts_with(approve_word);
  });
  if (found == run.steps.end()) return std::nullopt;
  return static_cast<std::size_t>(found - run.steps.begin());
}

/// It goes on with the yes that it was planned anew for.
void Projection::pass_asked_step(Run& run) {
  const auto step = asked_step(run);
  if (!step) return;
  run.steps[*step].state = StepState::passed;
  run.steps[*step].outcome = "approved by " + run.decided_by;
}

/// Of a run that has ended: its step asked, and got no yes.
void Projection::take_refusal(const Run& run, LastAnswer& answer, DocReader& in) {
  const std::string as = in.text("refused_as");
  if (as != name(RunState::denied) && as != name(RunState::expired)) return in.wrong("refused_as");
  answer.refused = run.id;
  answer.refused_under = versions_text(run.version, run.control_hash);
  if (run.state == RunState::rolled_back) answer.state = as;  // else there is more to say of it
}

/// Of what was answered before this episode: it is about the very state that was refused.
std::map<std::string, LastAnswer> Projection::refusals_of(const SubjectState& before, const std::string& about) {
  std::map<std::string, LastAnswer> kept;
  for (const auto& [workflow, answer] : before.answers) {
    if (answer.refused == 0 || about.empty() || answer.about != about) continue;
    LastAnswer& one = kept[workflow];
    one.state = answer.state;
    one.ended = answer.ended;
    one.runs = answer.runs;
    one.about = answer.about;
    one.refused = answer.refused;
    one.refused_under = answer.refused_under;
  }
  return kept;
}

/// Its subject has read otherwise since, or an exception for it is over.
void Projection::forget_refusals(const std::string& control, const std::string& subject) {
  const auto found = subjects_.find(control + " " + subject);
  if (found == subjects_.end()) return;
  for (auto& [workflow, answer] : found->second.answers) {
    if (std::exchange(answer.refused, 0) == 0) continue;
    answer.refused_under.clear();
    touch("subject", found->first, true);
  }
}

void Projection::on_mark(DocReader& in) {
  Mark mark;
  mark.finding = in.text("finding");
  mark.control = in.text("control");
  mark.subject = in.text("subject");
  mark.as = in.word("as", parse_judgement);
  mark.by = in.text("by");
  mark.reason = in.text("reason");
  mark.at = at_.wall;
  touch("mark", mark.finding, true, canonical_json(mark.to_json()));
}

}  // namespace aright::engine
