#include "model/workflow.h"

#include <algorithm>
#include <span>

#include "base/digest.h"
#include "model/doc.h"
#include "model/names.h"
#include "model/workflow_errands.h"

namespace aright {

namespace {

using Millis = std::chrono::milliseconds;
constexpr std::array<std::string_view, 5> mode_words{"off", "observe", "plan", "propose", "auto"};
constexpr std::array<std::string_view, 2> failure_words{"roll_back", "review"};
std::optional<OnFailure> parse_failure(std::string_view text) { return value_of<OnFailure>(failure_words, text); }

std::int64_t millis(std::chrono::nanoseconds span) { return span / Millis{1}; }

Json answers_json(const std::vector<Answer>& answers) {
  Json list = Json::array();
  for (const Answer& a : answers) {
    list.push_back({{"control", a.control}, {"tag", a.tag}, {"level", a.level ? Json(name(*a.level)) : Json(nullptr)}});
    if (!a.subject) continue;
    list.back()["subject"] = {{"text", a.subject->text}, {"type", name(a.subject->type)}};
  }
  return list;
}

Json ensure_json(const Step::Ensure& ensure) {
  Json doc{{"ensure", nullptr}, {"verify_within_ms", millis(ensure.verify_within)}};
  if (ensure.time_limit) doc["time_limit_ms"] = millis(*ensure.time_limit);
  if (ensure.own) {
    doc["ensure"] = {{"driver", ensure.own->resource.driver},
                     {"id", ensure.own->resource.id},
                     {"desired", ensure.own->desired.fields},
                     {"sensitive", ensure.own->desired.sensitive}};
  }
  return doc;
}

Json approve_json(const Step::Approve& approve) {
  Json doc{{"team", approve.team}, {"text", approve.text}, {"expires_ms", millis(approve.expires)}};
  if (approve.quorum) doc["quorum"] = *approve.quorum;
  return {{"approve", std::move(doc)}};
}

Result<Step> approve_from(const Json& doc) {
  DocReader in(doc, "step approve");
  Step::Approve approve{in.text("team"), in.text("text"), in.millis("expires_ms"), std::nullopt};
  if (in.has("quorum")) approve.quorum = static_cast<std::uint32_t>(in.number("quorum"));
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return Step{std::move(approve)};
}

Json act_json(const Step& s) {
  if (s.exec() != nullptr) return {{"exec", exec_step_to_json(*s.exec())}};
  if (s.call() != nullptr) return {{"call", call_step_to_json(*s.call())}};
  if (s.wait() != nullptr) return {{"wait_ms", millis(s.wait()->length)}};
  if (s.branch() != nullptr) return {{"when", s.branch()->when}};
  if (s.approve() != nullptr) return approve_json(*s.approve());
  if (s.for_each() != nullptr) return {{"for_each", s.for_each()->list}, {"at_most", s.for_each()->at_most}};
  if (const Step::Notify* n = s.notify()) {
    return {{"notify", n->to}, {"title", n->title}, {"text", n->text}, {"severity", name(n->severity)}};
  }
  return ensure_json(*s.ensure());
}

Json undo_json(const StepUndo& undo) {
  if (const auto* exec = std::get_if<ExecStep>(&undo)) return {{"exec", exec_step_to_json(*exec)}};
  return {{"call", call_step_to_json(std::get<CallStep>(undo))}};
}

Json steps_json(const std::vector<Step>& steps) {
  Json list = Json::array();
  for (const Step& s : steps) {
    Json doc = act_json(s);
    if (!s.name.empty()) doc["name"] = s.name;
    if (s.at_end) doc["finally"] = true;
    if (s.undo) doc["undo"] = undo_json(*s.undo);
    if (s.nothing_to_undo) doc["nothing_to_undo"] = true;
    if (s.arm) doc["arm"] = {{"of", s.arm->of}, {"otherwise", s.arm->otherwise}};
    if (s.arm && s.arm->item) doc["arm"]["item"] = *s.arm->item;
    if (s.retry.times != 0) doc["retry"] = {{"times", s.retry.times}, {"wait_ms", millis(s.retry.wait)}};
    list.push_back(std::move(doc));
  }
  return list;
}

Result<Step> ensure_from(DocReader& in) {
  Step::Ensure ensure;
  ensure.verify_within = in.millis("verify_within_ms");
  if (in.has("time_limit_ms")) ensure.time_limit = in.millis("time_limit_ms");
  if (in.has("ensure")) {
    DocReader own(in.object("ensure"), "ensure");
    ensure.own = Step::Target{{own.text("driver"), own.text("id")}, {own.object("desired"), own.boolean("sensitive")}};
    if (auto ok = own.finish(); !ok) return std::unexpected(ok.error());
  }
  return Step{std::move(ensure)};
}

template <class Act>
Result<Step> step_of(Result<Act> act) {
  return act ? Result<Step>(Step{std::move(*act)}) : std::unexpected(act.error());
}

Result<Step> act_from(DocReader& in) {
  if (in.has("exec")) return step_of(exec_step_from_json(in.object("exec")));
  if (in.has("call")) return step_of(call_step_from_json(in.object("call")));
  if (in.has("approve")) return approve_from(in.object("approve"));
  if (in.has("wait_ms")) return Step{Step::Wait{in.millis("wait_ms")}};
  if (in.has("when")) return Step{Step::Branch{in.text("when")}};
  if (in.has("for_each")) return Step{Step::ForEach{in.text("for_each"), in.number("at_most")}};
  if (in.has("notify")) {
    return Step{Step::Notify{in.text("notify"), in.text("title"), in.text("text"), in.word("severity", parse_level)}};
  }
  return ensure_from(in);
}

Result<Done> undo_from(const Json& doc, Step& step) {
  DocReader in(doc, "undo");
  if (in.has("call")) {
    auto call = call_step_from_json(in.object("call"));
    if (!call) return std::unexpected(call.error());
    step.undo = std::move(*call);
  } else {
    auto exec = exec_step_from_json(in.object("exec"));
    if (!exec) return std::unexpected(exec.error());
    step.undo = std::move(*exec);
  }
  return in.finish();
}

Result<Step> step_from(const Json& doc) {
  DocReader in(doc, "step");
  auto step = act_from(in);
  if (!step) return step;
  if (in.has("name")) step->name = in.text("name");
  if (in.has("finally")) step->at_end = in.boolean("finally");
  if (in.has("nothing_to_undo")) step->nothing_to_undo = in.boolean("nothing_to_undo");
  if (in.has("undo")) {
    if (auto ok = undo_from(in.object("undo"), *step); !ok) return std::unexpected(ok.error());
  }
  if (in.has("arm")) {
    DocReader arm(in.object("arm"), "arm");
    step->arm = Step::Arm{arm.number("of"), arm.boolean("otherwise")};
    if (arm.has("item")) step->arm->item = arm.number("item");
    if (auto ok = arm.finish(); !ok) return std::unexpected(ok.error());
  }
  if (in.has("retry")) {
    DocReader retry(in.object("retry"), "retry");
    step->retry = {static_cast<std::uint32_t>(retry.number("times")), Millis{retry.number("wait_ms")}};
    if (auto ok = retry.finish(); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return step;
}

}  // namespace

std::string_view name(Mode mode) { return word_of(mode_words, mode); }
std::optional<Mode> parse_mode(std::string_view text) { return value_of<Mode>(mode_words, text); }
std::vector<std::string> mode_names() { return {mode_words.begin(), mode_words.end()}; }
std::string_view name(OnFailure on_failure) { return word_of(failure_words, on_failure); }

std::string AnswerSubject::id() const {
  const Digest digest = sha256({text, std::string_view("\0", 1), aright::name(type)});
  return hex(std::span(digest).first(8));
}

bool Answer::matches(const Control& seen) const {
  const bool any = seen.alert && !seen.alert->severity.empty();
  return names(seen, any ? Level::critical : seen.severity);
}

bool Answer::matches(const Control& seen, const Finding& finding) const {
  return names(seen, finding.severity) && finding.is_about(subject ? subject->id() : std::string());
}

bool Answer::names(const Control& seen, Level severity) const {
  if (subject && seen.kind != ControlKind::sigma) return false;
  if (!control.empty() && control != seen.name) return false;
  if (!tag.empty() && std::ranges::find(seen.tags, tag) == seen.tags.end()) return false;
  return !level || severity >= *level;
}

std::string Answer::text() const {
  std::string text = control.empty() ? "" : "`" + control + "`";
  if (!tag.empty()) text += (text.empty() ? "tag `" : " with tag `") + tag + "`";
  if (level) text += " from level `" + std::string(name(*level)) + "` on";
  if (subject) text += " about `" + subject->text + "`";
  return text;
}

bool Workflow::answers_to(const Control& control) const {
  return std::ranges::any_of(answers, [&](const Answer& a) { return a.matches(control); });
}

bool Workflow::answers_to(const Control& control, const Finding& finding) const {
  return std::ranges::any_of(answers, [&](const Answer& a) { return a.matches(control, finding); });
}

Json Workflow::to_json() const {
  Json doc{{"workflow", name},
           {"owner", owner},
           {"answers", answers_json(answers)},
           {"guards", guards.to_json()},
           {"on_failure", aright::name(on_failure)},
           {"review_within_ms", millis(review_within)},
           {"steps", steps_json(steps)}};
  if (!when.empty()) doc["when"] = when;
  if (review_by) doc["review_by_ms"] = millis(*review_by);
  return doc;
}

Result<Workflow> Workflow::from_json(const Json& doc) {
  DocReader in(doc, "workflow");
  Workflow w;
  w.name = in.text("workflow");
  w.owner = in.text("owner");
  for (const Json& item : in.array("answers")) {
    DocReader a(item, "answer");
    Answer answer{a.text("control"), a.text("tag"), std::nullopt};
    if (a.has("level")) answer.level = a.word("level", parse_level);
    if (a.has("subject")) {
      DocReader s(a.object("subject"), "subject of an answer");
      answer.subject = AnswerSubject{s.text("text"), s.word("type", parse_field_type)};
      if (auto ok = s.finish(); !ok) return std::unexpected(ok.error());
    }
    if (auto ok = a.finish(); !ok) return std::unexpected(ok.error());
    w.answers.push_back(std::move(answer));
  }
  if (in.has("when")) w.when = in.text("when");
  if (in.has("review_by_ms")) w.review_by = in.millis("review_by_ms");
  auto guards = Guards::from_json(in.object("guards"));
  if (!guards) return std::unexpected(guards.error());
  w.guards = std::move(*guards);
  w.on_failure = in.word("on_failure", parse_failure);
  w.review_within = in.millis("review_within_ms");
  for (const Json& item : in.array("steps")) {
    auto step = step_from(item);
    if (!step) return std::unexpected(step.error());
    if (step->arm && step->arm->of >= w.steps.size()) in.wrong("steps");
    w.steps.push_back(std::move(*step));
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return w;
}

std::string Workflow::version() const { return hex(sha256(canonical_json(to_json()).value_or(std::string()))); }

}  // namespace aright
