// From what the resources read as to a decision: an undo goes on as a whole or not at all.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/digest.h"
#include "base/text.h"
#include "engine/core.h"
#include "engine/core_undo_run.h"

namespace aright::engine {

using workflow::RunInput;
using What = UndoStep::What;

namespace {

constexpr std::string_view word(What what) {
  switch (what) {
    case What::nothing: return "nothing";
    case What::undo: return "undo";
    case What::already: return "already";
    case What::stays: return "stays";
    case What::refused: return "refused";
  }
  std::abort();
}

std::string skipped_because(const UndoStep& s) {
  if (s.what == What::already) return s.why.empty() ? "reads as before already" : s.why;
  return s.what == What::stays ? clip_text("stays: " + s.why, 300) : "nothing to undo";
}

bool has_any(const UndoPlanned& done, What what) {
  return std::ranges::any_of(done.steps, [&](const UndoStep& s) { return s.what == what; });
}

}  // namespace

/// As far as it is known: a later run of ours.
std::string UndoRuns::who_changed(const ResourceId& resource, const State& now) const {
  const auto causes = core_.own_changes_.of_state(resource.text(), core_.mark(resource.text(), now));
  if (causes.empty()) return {};
  return fmt::format(" (by run {} of {})", causes.back().run, causes.back().workflow);
}

/// Empty: nothing speaks against it.
std::string UndoRuns::refusal(const UndoPlanned& done) const {
  std::vector<std::string> reasons;
  for (std::size_t i = 0; i < done.steps.size(); ++i) {
    const UndoStep& s = done.steps[i];
    const bool speaks = s.what == What::refused || (s.what == What::stays && !done.partial);
    if (!speaks) continue;
    reasons.push_back(s.why + (s.now ? who_changed(done.source->run.steps[i].resource, *s.now) : ""));
  }
  return clip_text(fmt::format("{}", fmt::join(reasons, "; ")), 600);
}

/// Whose answer is the same program about the same subject: what it did may be taken back with this, and nothing can be
/// read that would tell. Empty: nobody's.
std::string UndoRuns::shared_with(const UndoPlanned& done) const {
  const Run& r = done.source->run;
  bool program = false;
  for (std::size_t i = 0; i < done.steps.size(); ++i) {
    program |= done.steps[i].what == What::undo && r.steps[i].is_errand();
  }
  std::vector<std::string> others;
  for (const Control& control : core_.config_.controls) {
    const SubjectState* s = core_.projection_.subject(control.name, r.subject);
    if (!program || control.name == r.control || s == nullptr || !s->open) continue;
    const auto answer = s->answers.find(r.workflow);
    if (answer != s->answers.end() && answer->second.state == "succeeded") others.push_back(control.name);
  }
  if (others.empty()) return {};
  return clip_text(
      fmt::format("{} has also answered {} about {}, which stays open and answered: what it did for that may "
                  "be taken back with this",
                  r.workflow, fmt::join(others, ", "), r.subject),
      600);
}

Json UndoRuns::view(const UndoPlanned& done) const {
  Json steps = Json::array();
  const Run& r = done.source->run;
  for (const std::size_t i : order_of(r, true)) {
    const UndoStep& s = done.steps[i];
    if (s.what == What::nothing) continue;
    Json one{{"step", i}, {"resource", r.steps[i].resource.text()}, {"decision", word(s.what)}};
    if (s.plan) one["resource"] = r.steps[i].is_errand() ? "undo of " + r.steps[i].resource.text() : one["resource"];
    if (s.plan) one["difference"] = s.plan->difference;
    if (s.plan && !r.steps[i].is_errand()) {
      const auto& [before, after, names, strength] = s.plan->plan;
      const bool secret = before.sensitive || after.sensitive;  // what a mode is set for may be the same on both sides
      one["before"] = shown(before.fields, secret);
      one["after"] = shown(after.fields, secret);
    }
    if (!s.why.empty()) one["why"] = s.why + (s.now ? who_changed(r.steps[i].resource, *s.now) : "");
    steps.push_back(std::move(one));
  }
  Json answer{{"undoes", r.id}, {"workflow", r.workflow}, {"subject", r.subject}, {"steps", std::move(steps)}};
  const std::string why = refusal(done);
  answer["would"] = !why.empty() ? "be refused" : has_any(done, What::undo) ? "undo" : "do nothing";
  if (!why.empty()) answer["refused"] = why;
  if (std::string also = shared_with(done); why.empty() && !also.empty()) answer["why"] = std::move(also);
  return answer;
}

void UndoRuns::planned(UndoPlanned& done) {
  if (done.run == 0) {
    core_.out_.answers.push_back({done.token, view(done)});
    return;
  }
  if (core_.draining_) return;  // planned anew after the start
  const Run* r = core_.run(done.run);
  if (r == nullptr || r->state != RunState::planning || r->plans != done.attempt) {
    ++core_.figures_.late_messages;
    return;
  }
  decide(*r, done);
}

/// Nothing is done where one step speaks against it.
void UndoRuns::decide(const Run& r, UndoPlanned& done) {
  const std::uint64_t id = r.id;
  if (const std::string why = refusal(done); !why.empty()) {
    if (made_something(r)) {
      return core_.hold(r, RunInput::hold, "plan", why + "; what was done stays until a person decides");
    }
    core_.move(r, RunInput::plan_failed, "refused: " + why + "; nothing was touched");
    return;
  }
  if (!has_any(done, What::undo) && !made_something(r)) {
    core_.move(r, RunInput::nothing_to_do, "reads as before already");
    return;
  }
  auto& active = core_.active_[id];
  std::vector<Plan> earlier = std::move(active.plans);
  active = {};
  active.asked = core_.projection_.entries();
  active.replies = replies(r, done, earlier);
  core_.record_plan(r, active);
  admit(id);
}

/// What a step of it has made already, and reads so, is on record as it is; an errand of it is not asked for again.
std::vector<std::optional<SealedPlan>> UndoRuns::replies(const Run& r, UndoPlanned& done,
                                                         std::vector<Plan>& earlier) const {
  std::vector<std::optional<SealedPlan>> all;
  for (std::size_t i = 0; i < done.steps.size(); ++i) {
    UndoStep& s = done.steps[i];
    const bool made = i < r.steps.size() && i < earlier.size() && r.steps[i].made();
    if (made && (s.what == What::already || r.steps[i].is_errand())) {
      SealedPlan kept;
      kept.plan = std::move(earlier[i]);
      kept.kept = true;
      kept.mac = sha256({"undo ", std::to_string(i), " made"});
      all.emplace_back(std::move(kept));
      continue;
    }
    if (s.what == What::undo) {
      all.emplace_back(std::move(*s.plan));
      continue;
    }
    SealedPlan skipped;
    skipped.state = StepState::skipped;
    skipped.outcome = skipped_because(s);
    skipped.mac = sha256({"undo ", std::to_string(i), " ", skipped.outcome});
    all.emplace_back(std::move(skipped));
  }
  return all;
}

/// A person's decision: no guard holds it, but it counts.
void UndoRuns::admit(std::uint64_t id) {
  waive(id);
  const Run& r = *core_.run(id);
  const Finding finding = core_.finding_of(r);
  Fields noted;
  core_.guarding_.note(core_.candidate(r, *core_.workflow_of(r), finding), noted);
  Fields more = core_.planned_on(r);
  if (const Json* keys = noted.find("keys")) more["keys"] = *keys;
  if (noted.find("once_more") != nullptr) more["once_more"] = true;
  more["decided_by"] = r.undo->by;
  const std::string why =
      fmt::format("{} run {}, as {} asked: {}", r.undo->redo ? "does again what was undone by" : "undoes", r.undo->run,
                  r.undo->by, r.undo->reason);
  if (core_.move(r, RunInput::admit, clip_text(why, 600), std::move(more))) core_.advance(id);
}

/// In the same commit as its first intention: the control does not see what is undone without it. Doing again what was
/// undone ends the waiver that came with the undo.
void UndoRuns::waive(std::uint64_t id) {
  const RunUndo undo = *core_.run(id)->undo;
  const std::string control = core_.run(id)->control;
  const std::string subject = core_.run(id)->subject;
  const Waiver* before = core_.projection_.waiver(control, subject);
  if (undo.redo) {
    const auto source = sources_.find(id);
    const bool came_with_it = before != nullptr && source != sources_.end() && source->second->run.undo &&
                              source->second->run.undo->waiver == before->id;
    if (came_with_it)
      core_.end_waiver(before->id, "removed", undo.by, fmt::format("run {} does it again", id), undo.groups);
    return;
  }
  if (!undo.waive || undo.waiver != 0) return;
  if (before != nullptr && before->left(core_.now_) >= *undo.waive) return;
  const std::string reason = fmt::format("run {} was undone: {}", undo.run, undo.reason);
  const auto granted =
      core_.carry_out(Waive{control, subject, reason, undo.by, *undo.waive}, {0, undo.by, undo.groups}, {.undo = id});
  if (!granted) core_.tell(true, fmt::format("run {}: its waiver is not granted: {}", id, granted.error().message));
}

}  // namespace aright::engine
