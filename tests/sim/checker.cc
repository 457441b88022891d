#include "checker.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "audit/merkle.h"
#include "base/digest.h"
#include "entry_field.h"

namespace aright::sim {

namespace {

const std::set<std::string> final_states{"planned", "succeeded", "rolled_back", "rollback_failed",
                                         "denied",  "expired",   "cancelled",   "failed"};
const std::set<std::string> at_work{"planning", "running", "waiting", "verifying", "rolling_back"};

std::string path_of(const std::string& resource) { return resource.substr(resource.find(':') + 1); }

/// What an errand asks for: a program's arguments, a call's method and URL.
Json announced(const Json& e) { return e.contains("url") ? Json{e.at("method"), e.at("url")} : e.at("arguments"); }

/// RFC 6962 §2.1, written out.
Digest tree_root(const std::vector<Digest>& leaves, std::size_t first, std::size_t count) {
  if (count == 0) return sha256("");
  if (count == 1) return leaves[first];
  std::size_t left = 1;
  while (left * 2 < count) left *= 2;
  const Digest l = tree_root(leaves, first, left);
  const Digest r = tree_root(leaves, first + left, count - left);
  return sha256({std::string_view("\x01", 1), as_text(l), as_text(r)});
}

}  // namespace

void Checker::violation(const std::string& what) const { throw Violation{fmt::format("entry {}: {}", seen_, what)}; }

std::uint64_t Checker::ended(const std::string& state) const {
  const auto found = ended_.find(state);
  return found == ended_.end() ? 0 : found->second;
}

std::uint64_t Checker::held_for(const std::string& guard) const {
  const auto found = held_.find(guard);
  return found == held_.end() ? 0 : found->second;
}

void Checker::after_step() {
  checkpoints();
  const bool more = seen_ < store_.entries.size();
  while (seen_ < store_.entries.size()) {
    entry(seen_);
    ++seen_;
    checkpoints();
  }
  if (more) context_ = replay_.context();  // only entries change it, and most steps have none
  if (checkpoints_ != store_.checkpoints.size()) violation("a checkpoint is not for the entries it is stored with");
  signed_in_time(world_.time);
  if (more) questions();
  rows();
}

void Checker::entry(std::size_t index) {
  const Entry& stored = store_.entries[index];
  if (stored.bytes.size() > 4096) violation("an entry is larger than 4 KiB");
  if (auto ok = log_.add(stored.seq, stored.bytes, store_.leaves.at(index)); !ok) violation(ok.error().message);
  const auto doc = parse_json(stored.bytes);
  if (!doc || canonical_json(*doc) != stored.bytes) violation("is not canonical JSON");
  if (auto ok = replay_.apply(*doc); !ok) violation("does not follow: " + ok.error().message);
  if (!unsigned_since_) unsigned_since_ = made(*doc);
  const std::string kind = text(*doc, "kind");
  if (kind == "node.started") {
    boot_id_ = text(*doc, "boot_id");
    ++life_;
    for (auto& [id, run] : runs_) {
      for (StepSeen& step : run.steps) step.unanswered = false;
    }
    life_began_ = made(*doc);
    waived_at_start_ = waived_;
    for (const Workflow& w : config_.workflows) highest_modes_[w.name] = mode_of(w.name);
  }
  if (kind == "mode.set") {
    const std::string workflow = text(*doc, "workflow");
    modes_[workflow] = parse_mode(text(*doc, "mode")).value();
    highest_modes_[workflow] = std::max(highest_modes_[workflow], mode_of(workflow));
  }
  if (kind.starts_with("pause.")) pause(kind, *doc);
  if (kind == "space.low") space_low_ = true;
  if (kind == "space.enough" || kind == "node.started") space_low_ = false;
  if (kind.starts_with("breaker.")) breaker(kind, *doc);
  if (kind.starts_with("waiver.")) waiver(kind, *doc);
  if (kind.starts_with("notification.")) notified(kind, *doc);
  circles(kind, *doc);
  if (kind == "definition.loaded" && text(*doc, "definition") == "workflow") asked_anew(text(*doc, "name"));
  if (kind == "definition.loaded" || kind == "definition.removed") defined(*doc);
  if (kind == "subjects.forgotten") forgotten(*doc);
  if (kind.starts_with("run.") && runs_.contains(doc->value("run", std::uint64_t{0}))) people(kind, *doc);
  if (kind.starts_with("review.")) people(kind, *doc);
  if (kind.starts_with("finding.")) finding(kind, *doc);
  if (kind.starts_with("run.") && kind != "run.observed") run(kind, *doc);
  if (kind == "run.observed") observed(*doc);
  if (kind.starts_with("verdict") || kind == "run.observed") verdict(kind, *doc);
  if (kind == "review.decided" && reviews_.erase(number(*doc, "review")) == 0) violation("decides a review twice");
  if (kind == "cancel.asked") {
    RunSeen& run = runs_.at(number(*doc, "run"));
    run.called_off = true;
    run.called_off_life = life_;
  }
  if (kind == "step.planned") planned(runs_.at(number(*doc, "run")), *doc);
  if (kind == "step.intended") intended(runs_.at(number(*doc, "run")), *doc);
  if (kind == "step.confirming") confirming(runs_.at(number(*doc, "run")), *doc);
  if (kind == "step.decided") decided(runs_.at(number(*doc, "run")), *doc);
  if (kind == "step.done") step_done(runs_.at(number(*doc, "run")).steps.at(number(*doc, "step")), *doc);
}

/// What was known of them counts no longer; nothing that is open may be among them.
void Checker::forgotten(const Json& e) {
  for (const Json& subject : e.at("subjects")) {
    const std::string key = text(e, "control") + " " + subject.get<std::string>();
    if (open_findings_.contains(key)) violation("forgets a subject whose finding is open: " + key);
    openings_.erase(key);
    circles_.forgotten(key);
  }
}

void Checker::waiver(const std::string& kind, const Json& e) {
  if (kind == "waiver.granted") {
    const std::string key = text(e, "control") + " " + text(e, "subject");
    if (!waived_.emplace(key, number(e, "waiver")).second) violation("waives twice: " + key);
    return;
  }
  const auto gone = std::erase_if(waived_, [&](const auto& item) { return item.second == number(e, "waiver"); });
  if (gone != 1) violation("ends a waiver that is not in force");
}

void Checker::finding(const std::string& kind, const Json& e) {
  if (kind == "finding.opened") {
    const std::string key = text(e, "control") + " " + text(e, "subject");
    if (waived_.contains(key)) violation("opens a finding that is waived: " + key);
    if (!open_findings_.emplace(key, text(e, "finding")).second) violation("opens a second episode of " + key);
    openings_[key].push_back(admission("", e));
  } else if (kind == "finding.resolved" || kind == "finding.waived" || kind == "finding.dismissed") {
    const auto gone =
        std::erase_if(open_findings_, [&](const auto& item) { return item.second == text(e, "finding"); });
    if (gone != 1) violation("ends a finding that is not open");
  }
}

void Checker::run(const std::string& kind, const Json& e) {
  const std::uint64_t id = number(e, "run");
  const std::string state = kind.substr(4);
  if (kind == "run.created") {
    RunSeen& r = runs_[id];
    r.finding = text(e, "finding");
    r.workflow = text(e, "workflow");
    r.version = text(e, "version");
    r.control_hash = text(e, "control_hash");
    r.subject = text(e, "subject");
    r.waived_by = text(e, "control") + " " + r.subject;
    r.undoes = e.value("undoes", std::uint64_t{0});
    r.redo = e.value("redo", false);
    if (r.undoes != 0 && runs_.contains(r.undoes)) violation("undoes a run that has not ended");
    if (r.undoes == 0 && waived_.contains(r.waived_by)) violation("starts a run that is waived: " + r.waived_by);
    if (!open_keys_.emplace(r.workflow + " " + r.subject, id).second) violation("a second open run: " + r.subject);
    if (at_work_on(r.subject) >= config_.limits.subject) ++met_others_;
    return;
  }
  RunSeen& r = runs_.at(id);
  const bool asked_again = r.state == "held" && state == "held";
  left(r, state, text(e, "input"));
  waits(r, e);
  const bool counted = r.state == "unknown";  // once
  r.state = state;
  if (!counted && r.undoes == 0) count_end(r, e);
  if (e.contains("review")) {
    r.review = number(e, "review");
    reviews_.insert(r.review);
  }
  if ((state == "held" || state == "unknown") && !reviews_.contains(r.review)) violation("is held without a review");
  if (e.value("withdrawn", false)) withdrawn(id, r);
  if (state == "planning") {
    const auto is_over = [](const StepSeen& s) { return is_made(s) || s.state == "passed" || s.state == "skipped"; };
    if (!r.asks && std::ranges::none_of(r.steps, is_over)) r.steps.clear();
    const std::string input = text(e, "input");
    if (input != "wait-over" && input != "more-known") r.approved = false;
    r.let_go = r.let_go || input == "approve";
    if (!r.let_go) has_room(r);
  }
  if (is_at_work(r)) alone_enough(id, r);
  if (text(e, "input") == "admit") {
    admitted(id, r, e);
    r.approved = e.value("decided_by", "") != "guards";
  }
  if (state == "held" && !asked_again) held(r, e);
  if (state == "held" && !r.was_admitted) tries_no_more(id, r);
  if (text(e, "input") == "plan-ready") would_run(r, e);
  if (text(e, "input") == "verified") succeeded(r, e);
  if (text(e, "input") == "verified" && r.undoes != 0) undone(r);
  if (state == "succeeded" && e.value("unverified", std::uint64_t{0}) == 0) ended_verified_.insert(id);
  ++ended_[state];
  if (!final_states.contains(state)) return;
  if (r.undoes == 0) remember_answer(r);
  if (r.undoes != 0 && state == "succeeded") answered_about_.erase(r.workflow + " " + r.waived_by);
  if (text(e, "input") == "found-not-done" || text(e, "input") == "found-done") {
    for (const StepSeen& step : r.steps) resolved_keys_.insert(step.key);
  }
  made_[id] = r.steps;
  open_keys_.erase(r.workflow + " " + r.subject);
  runs_.erase(id);
}

/// What a no, or a plan, was about: what its subject was when it was planned. Not of a run that has begun: what it left
/// is another state.
void Checker::remember_answer(const RunSeen& r) {
  const std::string key = r.workflow + " " + r.waived_by;
  answered_about_.erase(key);
  if (r.state != "denied" && r.state != "expired" && r.state != "planned" && !r.called_off) return;
  const auto untouched = [](const StepSeen& step) { return step.key.empty(); };
  if (!std::ranges::all_of(r.steps, untouched)) return;
  for (const StepSeen& step : r.steps) {
    if (!step.program && step.changes && "file:" + step.path == r.subject) answered_about_[key] = step.before;
  }
}

/// It has changed something, and that is known to be there.
bool Checker::is_made(const StepSeen& step) {
  return step.changes && (step.state == "verified" || (step.program && step.state == "applied"));
}

bool Checker::is_at_work(const RunSeen& run) { return at_work.contains(run.state) && !run.wait; }

void Checker::intended(RunSeen& run, const Json& e) {
  StepSeen& step = run.steps.at(number(e, "step"));
  const bool undo = text(e, "state") == "undo_intended";
  may_begin(run, step, undo);
  if (!undo) past_questions(run, number(e, "step"));
  begins_as_approved(run);
  if (!undo && run.called_off) violation("intends an effect, and a person has ended the run");
  if (step.state == "skipped") violation("intends what a branch has left out: " + step.path);
  if (!undo && is_made(step)) violation("does again what it has made: " + step.path);
  if (path_of(text(e, "resource")) != step.path) violation("intends another resource than was planned");
  if (step.program && text(e, "state") != "intended") violation("undoes a program");
  if (undo && workflow(run.workflow).on_failure == OnFailure::review) {
    violation("undoes a fix that contains: those never re-open by themselves");
  }
  if (step.program && announced(e) != Json(step.arguments)) violation("intends other arguments than were planned");
  if (step.program) {
    step.announced = text(e, "key");
    program_announced(step);
  }
  for (const auto& [id, other] : runs_) {
    if (step.program || &other == &run || !is_at_work(other)) continue;
    const bool same = std::ranges::any_of(other.steps, [&](const StepSeen& s) { return s.path == step.path; });
    if (same) violation(fmt::format("run {} is at work on {} too", id, step.path));
  }
  step.state = text(e, "state");
  step.key = text(e, "key");
  if (!step.program) failed_.erase(step.key);
  step.exit.reset();
  step.intended_order = world_.order;
  step.intended_life = life_;
}

/// What a failed run made is taken back, or a person decides; where the workflow contains, always a person.
void Checker::left(const RunSeen& run, const std::string& state, const std::string& input) const {
  if (state == "rolling_back" && run.state != state && workflow(run.workflow).on_failure == OnFailure::review) {
    violation("takes back a fix that contains: those never re-open by themselves");
  }
  const bool open =
      std::ranges::any_of(run.steps, [](const StepSeen& s) { return !s.program && s.state == "intended"; });
  if (input == "cancel" && open) violation("is cancelled, and an effect of it is under way");
  if (run.state != "running" || (input != "give-up" && input != "cancel")) return;
  const Workflow& w = workflow(run.workflow);
  const auto made = [&](const StepSeen& s) {
    const auto index = static_cast<std::size_t>(&s - run.steps.data());
    return is_made(s) && (index >= w.steps.size() || !w.steps[index].at_end);
  };
  if (!run.called_off && std::ranges::any_of(run.steps, made))
    violation("ends, and what it made stays without a person's word");
}

const Workflow& Checker::workflow(const std::string& name) const {
  const auto now = std::ranges::find(config_.workflows, name, &Workflow::name);
  return now != config_.workflows.end() ? *now : *std::ranges::find(first_, name, &Workflow::name);
}

void Checker::may_begin(const RunSeen& run, const StepSeen& step, bool undo) const {
  if (run.state != "running" && run.state != "rolling_back") violation("intends an effect in state " + run.state);
  const auto covers = [&](const auto& item) { return item.second.covers(run.workflow, step.driver); };
  if (paused_by_file_ || std::ranges::any_of(asked_pauses_, covers)) violation("intends an effect while paused");
  const Mode mode = run.undoes == 0 ? mode_of(run.workflow) : Mode::auto_;  // a person's decision
  if (!goes_as_far_as(mode, run, undo))
    violation(fmt::format("intends an effect of {} in mode {}", run.workflow, name(mode)));
  if (space_low_) violation("intends an effect on a full disk");
  if (waived_.contains(run.waived_by) && !undo && run.undoes == 0) violation("intends an effect that is waived");
}

/// Alone in mode auto, after a person's yes in mode propose. What a run made may be undone in both.
bool Checker::goes_as_far_as(Mode mode, const RunSeen& run, bool undo) {
  return mode == Mode::auto_ || (mode == Mode::propose && (run.approved || undo));
}

bool Checker::is_intended(const std::string& key) const {
  return std::ranges::any_of(runs_, [&](const auto& run) {
    return std::ranges::any_of(run.second.steps, [&](const StepSeen& step) {
      return step.key == key && (step.state == "intended" || step.state == "undo_intended");
    });
  });
}

void Checker::before_effect(const Effect& effect) {
  if (!effect.late) gate_open(effect.key);
  const auto failed = failed_.find(effect.key);  // one of an earlier try, in another life, may come true still
  if (effect.late && failed != failed_.end() && effect.asked >= failed->second)
    violation(effect.key + ": comes true, and was called failed");
  const auto before = canonical_json(effect.before).value();
  const auto after = canonical_json(effect.after).value();
  const auto earlier = effect_of_key_.find(effect.key);
  if (earlier != effect_of_key_.end()) {
    const auto& readings = world_.readings.at(effect.resource);
    const bool read = std::ranges::any_of(readings, [&](const Reading& r) { return r.order > earlier->second; });
    // Asked for when the other, of an earlier life, had not come true: where both did, somebody has set it back.
    const bool crossed = effect.late && effect.asked < earlier->second;
    if (!read && !crossed && !strays_.contains(effect.key))
      violation("does " + effect.key + " twice without a look in between");
  }
  effect_of_key_[effect.key] = effect.order;
  strays_.erase(effect.key);
  if (effect.late && !is_intended(effect.key)) strays_.insert(effect.key);
  if (!effect.late) prompt_effect_[effect.key] = effect.order;
  const bool undo = effect.key.ends_with("-undo");
  for (const auto& [id, run] : runs_) {
    for (const StepSeen& step : run.steps) {
      if (step.key != effect.key || step.path != effect.resource) continue;
      if (step.state != (undo ? "undo_intended" : "intended") && !effect.late) continue;
      if ((undo ? step.after : step.before) != before)
        violation(effect.key + ": overwrites a state that was not `before`");
      // What was announced in this life is on its way, whatever is decided meanwhile; what an earlier life announced is
      // done only if the mode still goes so far.
      if (step.intended_life != life_ && !effect.late && run.undoes == 0 &&
          !goes_as_far_as(highest_modes_.at(run.workflow), run, undo))
        violation(effect.key + ": is done after a restart although its mode is lower now");
      if (step.intended_life != life_ && !effect.late && !undo && run.undoes == 0 && waived_.contains(run.waived_by) &&
          waived_at_start_.contains(run.waived_by))
        violation(effect.key + ": is done after a restart although it is waived");
      if (!undo && !effect.late && run.called_off && run.called_off_life != life_)
        violation(effect.key + ": is done after a restart although a person has ended its run");
      if ((undo ? step.before : step.after) != after) violation(effect.key + ": makes a state that was not announced");
      return;
    }
  }
  // Somebody said what had come of it while the hand had not answered: it was told that it may still happen.
  if (!effect.late && !resolved_keys_.contains(effect.key))
    violation("the effect " + effect.key + " on " + effect.resource + " was not announced");
}

void Checker::rows() {
  for (const Row& row : replay_.take_rows()) {
    const auto table = store_.rows.find(row.table);
    const Row* stored = nullptr;
    if (table != store_.rows.end()) {
      const auto found = table->second.find(row.id);
      if (found != table->second.end()) stored = &found->second;
    }
    if ((row.table == "admission" || row.table == "subject") && !row.open) {  // has left every window; is forgotten
      if (stored != nullptr) violation("table " + row.table + ", row " + row.id + ": is kept beyond its end");
      continue;
    }
    const bool same = stored != nullptr && stored->doc == row.doc && stored->open == row.open;
    if (!same) violation("table " + row.table + ", row " + row.id + ": is not what the entries imply");
  }
  if (store_.context != context_) violation("the context is not what the entries imply");
}

void Checker::whole_tree() const {
  const auto head = audit::Frontier::from(store_.tree.size, store_.tree.edge);
  if (!head || store_.tree.size != store_.entries.size()) violation("the tree does not fit the entries");
  if (head->root() != tree_root(store_.leaves, 0, store_.leaves.size()))
    violation("the root is not that of the leaves");
}

Mode Checker::mode_of(const std::string& name) const {
  const auto set = modes_.find(name);
  const Mode ceiling = workflow(name).mode;
  return set == modes_.end() ? ceiling : std::min(ceiling, set->second);
}

}  // namespace aright::sim
