#include "node.h"

#include <fmt/format.h>

#include <stdexcept>

#include "engine/definition_fields.h"

namespace aright::timelines {

namespace {

using std::chrono::milliseconds;

Now now_of(const Clock& at) {
  return {WallTime{milliseconds{at.wall_ms}}, milliseconds{at.boot_ms}, fmt::format("boot-{}", at.boot)};
}

}  // namespace

Node::Node(const Config& config, const Clock& at) : config_(config) {
  for (const Workflow& w : config.workflows) versions_[w.name] = w.version();
  for (const Control& c : config.controls) hashes_[c.name] = c.name;
  projection_ = std::make_unique<engine::Projection>();
  guarding_ = std::make_unique<engine::Guarding>(config_, *projection_);
  put("node.started", {{"boot_id", now_of(at).boot_id}, {"version", "0"}}, at);
  note_definitions(at);
}

void Node::note_definitions(const Clock& at) {
  for (const Workflow& w : config_.workflows) {
    Fields fields = engine::fields_of(w);
    fields.add({{"definition", "workflow"}, {"name", w.name}, {"hash", versions_.at(w.name)}});
    put("definition.loaded", std::move(fields), at);
  }
  for (const SharedBudget& b : config_.budgets) {
    Fields fields = engine::fields_of(b);
    fields.add({{"definition", "budget"}, {"name", b.name}, {"hash", b.hash()}});
    put("definition.loaded", std::move(fields), at);
  }
}

void Node::put(std::string kind, Fields fields, const Clock& at) {
  const Now now = now_of(at);
  fields["v"] = 1;
  fields["seq"] = projection_->entries();
  fields["at"] = rfc3339(now.wall);
  fields["up"] = now.boot / std::chrono::microseconds{1};
  fields["kind"] = std::move(kind);
  if (auto ok = projection_->apply(fields); !ok) throw std::runtime_error(ok.error().message);
  for (Row& row : projection_->take_rows()) rows_[{row.table, row.id}] = std::move(row);
  if (std::string context = projection_->take_context(); !context.empty()) context_ = std::move(context);
}

void Node::restart(const Clock& at) {
  std::vector<Row> open;
  for (const auto& [key, row] : rows_) {
    if (row.open) open.push_back(row);
  }
  auto loaded = engine::Projection::load(projection_->entries(), context_, open);
  if (!loaded) throw std::runtime_error(loaded.error().message);
  guarding_.reset();
  projection_ = std::make_unique<engine::Projection>(std::move(*loaded));
  guarding_ = std::make_unique<engine::Guarding>(config_, *projection_);
  own_changes_ = {};
  for (const auto& [id, s] : projection_->subjects()) own_changes_.learn(s);
  put("node.started", {{"boot_id", now_of(at).boot_id}, {"version", "0"}}, at);
}

void Node::mend(const Control& control) { hashes_[control.name] += "'"; }

bool Node::has_open_finding(const Control& control, const std::string& subject) const {
  const engine::SubjectState* s = projection_->subject(control.name, subject);
  return s != nullptr && s->open;
}

void Node::open_finding(const Control& control, const std::string& subject, const std::string& state, const Clock& at) {
  const engine::SubjectState* before = projection_->subject(control.name, subject);
  const std::uint64_t episode = before == nullptr ? 1 : before->episode + 1;
  Fields entry{{"finding", Finding::make_id(control.name, subject, episode)},
               {"control", control.name},
               {"control_hash", hashes_.at(control.name)},
               {"subject", subject},
               {"severity", name(control.severity)},
               {"episode", episode},
               {"recurrence_of", before == nullptr ? std::string() : before->finding},
               {"differs", Json::array()},
               {"source", "test"},
               {"offset", 0},
               {"about", state}};
  if (const auto causes = own_changes_.of_state(subject, state); !causes.empty()) {
    entry["causes"] = causes_json(causes);
  }
  put("finding.opened", std::move(entry), at);
}

void Node::see(const Control& control, const std::string& subject, const std::string& state, const Clock& at) {
  const Finding& finding = projection_->findings().at(projection_->subject(control.name, subject)->finding);
  if (finding.about == state) return;
  Fields entry{
      {"finding", finding.id}, {"differs", Json::array()}, {"source", "test"}, {"offset", 0}, {"about", state}};
  const auto causes = own_changes_.of_state(subject, state);
  if (causes != finding.causes) entry["causes"] = causes_json(causes);
  put("finding.occurred", std::move(entry), at);
}

void Node::resolve_finding(const Control& control, const std::string& subject, const Clock& at) {
  put("finding.resolved", {{"finding", projection_->subject(control.name, subject)->finding}, {"by", "test"}}, at);
}

engine::Candidate Node::candidate(const Workflow& w, const Control& control, const std::string& subject, bool plan,
                                  std::uint64_t run) const {
  const Finding& finding = projection_->findings().at(projection_->subject(control.name, subject)->finding);
  const std::uint32_t admissions = run == 0 ? 0 : projection_->runs().at(run).admissions();
  return {w,
          versions_.at(w.name),
          finding,
          control,
          hashes_.at(control.name),
          nullptr,
          plan ? Mode::plan : Mode::auto_,
          run,
          admissions};
}

std::string Node::asked(const Workflow& w, const Control& control, const std::string& subject, bool plan,
                        const Clock& at, std::uint64_t again) const {
  const Now now = now_of(at);
  const engine::Candidate it = candidate(w, control, subject, plan, again);
  if (const auto wait = guarding_->waits(it, now)) return "wait " + wait->guard;
  if (plan) {
    const std::string says = guarding_->foresees(it, now);
    for (const auto& [words, answer] : {std::pair{"would be held: ", "hold "}, std::pair{"would wait: ", "wait "}}) {
      if (!says.starts_with(words)) continue;
      const std::string rest = says.substr(std::string_view(words).size());
      return answer + rest.substr(0, rest.find(':'));
    }
    return says == "would run" ? "admit" : says;
  }
  if (const auto hold = guarding_->holds(it, now)) return "hold " + hold->guard;
  return "admit";
}

void Node::move(std::uint64_t run, const char* to, const char* input, const Clock& at, Fields more) {
  more.add({{"run", run}, {"input", input}, {"reason", ""}});
  put(fmt::format("run.{}", to), std::move(more), at);
}

std::uint64_t Node::admit(const Workflow& w, const Control& control, const std::string& subject, bool plan,
                          const Clock& at) {
  const std::uint64_t run = projection_->next_run();
  const engine::Candidate it = candidate(w, control, subject, plan);
  Fields noted;
  guarding_->note(it, noted);
  put("run.created",
      {{"run", run},
       {"finding", it.finding.id},
       {"control", control.name},
       {"control_hash", hashes_.at(control.name)},
       {"workflow", w.name},
       {"version", it.version},
       {"subject", subject},
       {"severity", name(control.severity)},
       {"mode", name(it.mode)}},
      at);
  move(run, "planning", "start", at);
  move(run, plan ? "planned" : "running", plan ? "plan-ready" : "admit", at, std::move(noted));
  return run;
}

void Node::conflict(std::uint64_t run, bool begun, const Clock& at) {
  Fields more;
  if (!begun) more["withdrawn"] = true;
  move(run, "planning", "conflict", at, std::move(more));
}

void Node::admit_again(std::uint64_t run, const Workflow& w, const Control& control, const Clock& at) {
  Fields noted;
  const std::string subject = projection_->runs().at(run).subject;
  guarding_->note(candidate(w, control, subject, false, run), noted);
  move(run, "running", "admit", at, std::move(noted));
}

bool Node::is_current(std::uint64_t run) const {
  const Run& r = projection_->runs().at(run);
  const engine::SubjectState* s = projection_->subject(r.control, r.subject);
  return r.state == RunState::running && s != nullptr && s->open && s->finding == r.finding;
}

void Node::end(std::uint64_t run, const std::string& how, const std::map<std::string, std::string>& made,
               const Clock& at) {
  const Run& r = projection_->runs().at(run);
  const std::string finding = r.finding;
  const std::string subject = r.control + " " + r.subject;
  const engine::Proof proof = guarding_->proof_of(r);
  const bool was_unknown = r.state == RunState::unknown;
  if (how == "succeeded") {
    if (!was_unknown) move(run, "verifying", "all-applied", at);
    Fields more;
    if (!made.empty()) more["made"] = made;
    move(run, "succeeded", was_unknown ? "found-done" : "verified", at, std::move(more));
  } else if (how == "rolled_back") {
    move(run, "rolling_back", "step-failed", at);
    move(run, "rolled_back", "undone", at);
  } else if (how == "failed") {
    move(run, "failed", was_unknown ? "found-not-done" : "give-up", at);
  } else if (how == "unknown") {
    move(run, "unknown", "doubt", at);
  } else {
    move(run, "cancelled", "cancel", at);
  }
  own_changes_.learn(projection_->subjects().at(subject));
  if (!made.empty() && projection_->findings().contains(finding)) {
    put("finding.resolved", {{"finding", finding}, {"by", "test"}}, at);
  }
  const auto turn = guarding_->turn(proof, parse_run_state(how).value(), now_of(at));
  if (!turn) return;
  put(turn->opens ? "breaker.opened" : "breaker.closed",
      {{"workflow", proof.workflow}, {"run", proof.run}, {"reason", turn->why}}, at);
}

}  // namespace aright::timelines
