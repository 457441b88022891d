#include "model/run.h"

#include <fmt/format.h>

#include "base/canonical.h"
#include "model/doc.h"
#include "model/names.h"

namespace aright {

namespace {

constexpr std::array<std::string_view, run_states> run_words{
    "pending",   "planning",    "planned",         "held",   "running", "waiting",   "verifying", "rolling_back",
    "succeeded", "rolled_back", "rollback_failed", "denied", "expired", "cancelled", "unknown",   "failed"};
constexpr std::array step_words =
    std::to_array<std::string_view>({"planned", "intended", "applied", "verified", "failed", "foreign", "undo_intended",
                                     "undone", "undo_failed", "waiting", "passed", "skipped", "open"});
constexpr std::array<std::string_view, 3> strength_words{"native", "detected", "narrow"};

std::optional<Strength> parse_strength(std::string_view text) { return value_of<Strength>(strength_words, text); }

void write(CanonicalWriter& out, const Commitment& c) {
  CanonicalObject object(out);
  object.text("id", c.id);
  object.number("size", c.size);
}

void write(CanonicalWriter& out, const TryWait& wait) {
  CanonicalObject object(out);
  object.text("at", rfc3339(wait.since.wall));
  object.text("boot_id", wait.since.boot_id);
  object.number("ms", wait.length / std::chrono::milliseconds{1});
  object.number("up", wait.since.boot / std::chrono::microseconds{1});
}

Result<TryWait> try_wait_from(const Json& doc) {
  DocReader in(doc, "again");
  TryWait wait{{in.time("at"), in.micros("up"), in.text("boot_id")}, in.millis("ms")};
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return wait;
}

void write(CanonicalWriter& out, const RunStep& s) {
  CanonicalObject object(out);
  write(object.at("after"), s.after);
  if (s.again) write(object.at("again"), *s.again);
  write(object.at("before"), s.before);
  object.boolean("changes", s.changes);
  object.json("difference", s.difference);
  object.number("difference_omitted", s.difference_omitted);
  if (!s.epoch.empty()) object.text("epoch", s.epoch);
  if (s.looked) object.json("looked", errand_run_to_json(*s.looked));
  if (!s.mac.empty()) object.text("mac", s.mac);
  object.texts("names", s.names);
  object.text("outcome", s.outcome);
  if (s.ran) object.json("ran", errand_run_to_json(*s.ran));
  object.text("resource", s.resource.text());
  object.text("state", name(s.state));
  object.text("strength", word_of(strength_words, s.strength));
  if (s.tries != 0) object.number("tries", s.tries);
}

void write(CanonicalWriter& out, const RunWait& wait) {
  CanonicalObject object(out);
  object.text("at", rfc3339(wait.since.wall));
  object.text("boot_id", wait.since.boot_id);
  object.number("ms", wait.length / std::chrono::milliseconds{1});
  object.number("step", wait.step);
  object.number("up", wait.since.boot / std::chrono::microseconds{1});
}

Result<RunWait> wait_from(const Json& doc) {
  DocReader in(doc, "wait");
  RunWait wait{in.number("step"), {in.time("at"), in.micros("up"), in.text("boot_id")}, in.millis("ms")};
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return wait;
}

void write_time(CanonicalWriter& out, const std::optional<WallTime>& time) {
  time ? out.text(rfc3339(*time)) : out.null();
}

Commitment commitment_from(const Json& doc, DocReader& outer, std::string_view key) {
  DocReader in(doc, "commitment");
  Commitment c{in.text("id"), in.number("size")};
  if (!in.finish()) outer.wrong(key);
  return c;
}

}  // namespace

Result<Json> run_step_to_json(const RunStep& step) {
  CanonicalWriter out;
  write(out, step);
  const auto text = std::move(out).end();
  return text ? parse_own_json(*text) : std::unexpected(text.error());
}

Result<RunStep> run_step_from_json(const Json& doc) {
  DocReader in(doc, "step");
  RunStep s;
  const std::string resource = in.text("resource");
  const auto colon = resource.find(':');
  if (colon == std::string::npos) {
    in.wrong("resource");
  } else {
    s.resource = {resource.substr(0, colon), resource.substr(colon + 1)};
  }
  s.state = in.word("state", parse_step_state);
  s.before = commitment_from(in.object("before"), in, "before");
  s.after = commitment_from(in.object("after"), in, "after");
  s.names = in.texts("names");
  s.strength = in.word("strength", parse_strength);
  s.difference = in.array("difference");
  s.difference_omitted = in.number("difference_omitted");
  s.changes = in.boolean("changes");
  s.outcome = in.text("outcome");
  if (in.has("epoch")) s.epoch = in.text("epoch");
  if (in.has("mac")) s.mac = in.text("mac");
  if (in.has("tries")) s.tries = static_cast<std::uint32_t>(in.number("tries"));
  if (in.has("again")) {
    auto again = try_wait_from(in.object("again"));
    if (!again) return std::unexpected(again.error());
    s.again = std::move(*again);
  }
  for (const bool main : {true, false}) {
    const char* key = main ? "ran" : "looked";
    if (!in.has(key)) continue;
    auto ended = errand_run_from_json(in.object(key));
    if (!ended) return std::unexpected(ended.error());
    (main ? s.ran : s.looked) = std::move(*ended);
  }
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return s;
}

std::string_view name(RunState state) { return word_of(run_words, state); }
std::optional<RunState> parse_run_state(std::string_view text) { return value_of<RunState>(run_words, text); }
std::vector<std::string> run_state_names() { return {run_words.begin(), run_words.end()}; }
std::string_view name(StepState state) { return word_of(step_words, state); }
std::optional<StepState> parse_step_state(std::string_view text) { return value_of<StepState>(step_words, text); }

bool is_final(RunState state) {
  using enum RunState;
  switch (state) {
    case pending:
    case planning:
    case held:
    case running:
    case waiting:
    case verifying:
    case rolling_back:
    case unknown: return false;
    case planned:
    case succeeded:
    case rolled_back:
    case rollback_failed:
    case denied:
    case expired:
    case cancelled:
    case failed: return true;
  }
  std::abort();
}

std::string step_key(std::string_view epoch, std::uint64_t run, std::size_t step) {
  return in_epoch(epoch, fmt::format("r{}-{}", run, step));
}

std::string Run::step_key(std::size_t step) const {
  return aright::step_key(step < steps.size() ? std::string_view(steps[step].epoch) : std::string_view(), id, step);
}

Result<std::string> Run::to_text() const {
  CanonicalWriter out;
  {
    CanonicalObject doc(out);
    if (!about.empty()) doc.text("about", about);
    write_time(doc.at("admitted_at"), admitted_at);
    if (admitted_more != 0) doc.number("admitted_more", admitted_more);
    if (!answered.empty()) doc.text("answered", answered);
    if (approval) doc.json("approval", approval->to_json());
    doc.text("approved_plan", approved_plan);
    if (asked) doc.boolean("asked", true);
    if (!asked_by.empty()) doc.text("asked_by", asked_by);
    if (!cancel_asked.empty()) doc.text("cancel_asked", cancel_asked);
    if (!causes.empty()) doc.json("causes", causes_json(causes));
    if (changed_nothing) doc.boolean("changed_nothing", true);
    if (!closing.empty()) doc.text("closing", closing);
    if (continues) doc.boolean("continues", true);
    doc.text("control", control);
    doc.text("control_hash", control_hash);
    doc.text("created_at", rfc3339(created_at));
    doc.text("decided_by", decided_by);
    doc.text("finding", finding);
    if (finding_was) doc.json("finding_was", parse_own_json(finding_was->to_text().value_or("null")).value_or(Json()));
    write_time(doc.at("finished_at"), finished_at);
    doc.number("id", id);
    doc.text("mode", name(mode));
    doc.text("plan_hash", plan_hash);
    doc.number("plans", plans);
    doc.text("reason", reason);
    if (!refused.empty()) doc.text("refused", refused);
    if (retries != 0) doc.number("retries", retries);
    doc.number("review", review);
    doc.text("severity", name(severity));
    doc.text("state", name(state));
    {
      CanonicalList list(doc.at("steps"));
      for (const RunStep& s : steps) write(list.next(), s);
    }
    doc.text("subject", subject);
    if (tries_breaker) doc.boolean("tries_breaker", true);
    if (undo) doc.json("undo", undo->to_json());
    if (undo) doc.number("undoes", undo->run);
    if (unverified != 0) doc.number("unverified", unverified);
    doc.text("version", version);
    if (wait) write(doc.at("wait"), *wait);
    doc.text("workflow", workflow);
  }
  return std::move(out).end();
}

Json RunApproval::to_json() const {
  Json doc{{"team", team}, {"under", under}};
  if (step) doc["step"] = *step;
  return doc;
}

Result<RunApproval> RunApproval::from_json(const Json& doc) {
  DocReader in(doc, "approval");
  RunApproval approval{in.text("under"), in.text("team"), {}};
  if (in.has("step")) approval.step = in.number("step");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return approval;
}

Result<Run> Run::from_json(const Json& doc) {
  DocReader in(doc, "run");
  Run r;
  r.id = in.number("id");
  r.finding = in.text("finding");
  r.control = in.text("control");
  r.control_hash = in.text("control_hash");
  r.workflow = in.text("workflow");
  r.version = in.text("version");
  r.subject = in.text("subject");
  r.severity = in.word("severity", parse_level);
  r.mode = in.word("mode", parse_mode);
  r.state = in.word("state", parse_run_state);
  r.reason = in.text("reason");
  r.review = in.number("review");
  if (in.has("about")) r.about = in.text("about");
  if (in.has("asked")) r.asked = in.boolean("asked");
  if (in.has("cancel_asked")) r.cancel_asked = in.text("cancel_asked");
  if (in.has("retries")) r.retries = in.number("retries");
  if (in.has("asked_by")) r.asked_by = in.text("asked_by");
  if (in.has("refused")) r.refused = in.text("refused");
  r.plan_hash = in.text("plan_hash");
  r.approved_plan = in.text("approved_plan");
  if (in.has("approval")) {
    auto approval = RunApproval::from_json(in.object("approval"));
    if (!approval) return std::unexpected(approval.error());
    r.approval = std::move(*approval);
  }
  if (in.has("answered")) r.answered = in.text("answered");
  r.decided_by = in.text("decided_by");
  r.plans = static_cast<std::uint32_t>(in.number("plans"));
  if (in.has("tries_breaker")) r.tries_breaker = in.boolean("tries_breaker");
  if (in.has("unverified")) r.unverified = static_cast<std::uint32_t>(in.number("unverified"));
  if (in.has("changed_nothing")) r.changed_nothing = in.boolean("changed_nothing");
  if (in.has("undoes")) {
    auto undo = RunUndo::from_json(in.number("undoes"), in.object("undo"));
    if (!undo) return std::unexpected(undo.error());
    r.undo = std::move(*undo);
  }
  if (in.has("causes")) {
    auto causes = causes_from_json(in.array("causes"));
    if (!causes) return std::unexpected(causes.error());
    r.causes = std::move(*causes);
  }
  if (in.has("finding_was")) {
    auto was = Finding::from_json(in.object("finding_was"));
    if (!was) return std::unexpected(was.error());
    r.finding_was = std::move(*was);
  }
  if (in.has("closing")) r.closing = in.text("closing");
  if (in.has("continues")) r.continues = in.boolean("continues");
  if (in.has("wait")) {
    auto wait = wait_from(in.object("wait"));
    if (!wait) return std::unexpected(wait.error());
    r.wait = std::move(*wait);
  }
  r.created_at = in.time("created_at");
  r.admitted_at = in.optional_time("admitted_at");
  if (in.has("admitted_more")) r.admitted_more = static_cast<std::uint32_t>(in.number("admitted_more"));
  r.finished_at = in.optional_time("finished_at");
  for (const Json& item : in.array("steps")) {
    auto step = run_step_from_json(item);
    if (!step) return std::unexpected(step.error());
    r.steps.push_back(std::move(*step));
  }
  if (r.wait && r.wait->step >= r.steps.size()) in.wrong("wait");
  if (auto ok = in.finish(); !ok) return std::unexpected(ok.error());
  return r;
}

}  // namespace aright
