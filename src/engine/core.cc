#include "engine/core.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/errands.h"
#include "engine/reviewing.h"

namespace aright::engine {

Core::Core(Config config, Projection projection, std::shared_ptr<const detect::sigma::RuleSet> rules,
           std::size_t errands)
    : config_(std::move(config)),
      projection_(std::move(projection)),
      guarding_(config_, projection_),
      notices_(
          projection_, [this](std::string_view kind, Fields fields) { record(std::string(kind), std::move(fields)); },
          [this](bool warning, std::string text) { tell(warning, std::move(text)); },
          [this](std::uint64_t id, std::size_t step) -> const Plan* {
            const auto found = active_.find(id);
            return found != active_.end() && step < found->second.plans.size() ? &found->second.plans[step] : nullptr;
          }),
      sight_(std::move(rules), config_),
      turns_(errands) {
  index_config();
}

Mode Core::mode_of(const Workflow& workflow) const {
  const Mode asked = mode_asked(workflow);
  return capped(workflow).empty() ? asked : Mode::propose;
}

Mode Core::mode_of(const Run& r) const {
  if (r.undo) return Mode::auto_;  // a person's decision
  const bool begun = r.state != RunState::pending && (r.state != RunState::held || made_something(r));
  Mode most = begun ? r.mode : goes_to(r);
  if (projection_.ages().overdue("control " + r.control)) most = std::min(most, Mode::propose);
  const auto w = std::ranges::find(config_.workflows, r.workflow, &Workflow::name);
  if (w != config_.workflows.end()) {
    const auto now = hashes_.find("workflow " + w->name);  // another version says nothing of the one that this run has
    const bool same = now != hashes_.end() && now->second == r.version;
    return std::min(most, same ? mode_of(*w) : mode_asked(*w));
  }
  const auto set = projection_.modes().find(r.workflow);  // the file is gone, what a person set still holds
  return set == projection_.modes().end() ? most : std::min(most, set->second.mode);
}

/// An effect of this run is at the driver, or being read back.
bool Core::under_way(const Run& r) const {
  if (r.state == RunState::rolling_back) return !active_.contains(r.id) || !active_.at(r.id).undo_waits;
  const bool errand = active_.contains(r.id) && (active_.at(r.id).errand || active_.at(r.id).waits_for_outlived());
  return errand || std::ranges::any_of(r.steps, [](const RunStep& s) {
           return !s.is_errand() && (s.state == StepState::intended || s.state == StepState::applied);
         });
}

bool Core::quiet() const {
  return std::ranges::none_of(projection_.runs(), [this](const auto& item) {
    const RunState state = item.second.state;  // waiting for a person or the end of a pause is no effect under way
    if (state != RunState::running && state != RunState::rolling_back) return false;
    const auto active = active_.find(item.first);
    if (active != active_.end() && active->second.errand) return true;
    return std::ranges::any_of(item.second.steps, [](const RunStep& s) {
      if (s.is_errand()) return false;  // not running: confirmed, or looked at by a person, after the start
      return s.state == StepState::intended || s.state == StepState::undo_intended;
    });
  });
}

bool Core::settled() const {
  return std::ranges::all_of(projection_.runs(), [this](const auto& item) {
    const Run& r = item.second;
    if (r.state == RunState::held || r.state == RunState::waiting || paused()) return true;
    const bool begins = r.state == RunState::pending || (r.state == RunState::rolling_back && !under_way(r));
    return begins && is_blocked(r);
  });
}

bool Core::planning() const {
  return std::ranges::any_of(active_, [](const auto& item) { return item.second.missing != 0; });
}

const Run* Core::run(std::uint64_t id) const {
  const auto found = projection_.runs().find(id);
  return found == projection_.runs().end() ? nullptr : &found->second;
}

const Workflow* Core::workflow_of(const Run& run) const {
  const auto found = workflows_.find(run.version);
  return found == workflows_.end() ? nullptr : &found->second;
}

const Control* Core::control_of(const Run& run) const {
  const auto found = controls_.find(run.control_hash);
  return found == controls_.end() ? nullptr : &found->second;
}

void Core::lock(std::uint64_t run_id, const std::vector<ResourceId>& wanted) {
  locks_[run_id];  // one at work, whether or not it needs something to itself
  if (const Run* r = run(run_id)) at_work_.enter(run_id, share_of(*r, true));
  for (const ResourceId& id : wanted) {
    Resource& locked = resource(id);
    locked.locked_by = run_id;
    ++locked.generation;
    locks_[run_id].push_back(id);
  }
}

void Core::unlock(std::uint64_t run_id) {
  turns_.leave(run_id);
  if (const auto share = at_work_.leave(run_id)) backlog_.free({Contested::What::subject, share->subject});
  continued_.erase(run_id);
  const auto held = locks_.find(run_id);
  if (held == locks_.end()) return;
  for (const ResourceId& id : held->second) {
    Resource& r = resource(id);
    r.locked_by = 0;
    backlog_.free({Contested::What::resource, id.text()});
    idle_.insert(id.text());
    if (r.again && !r.reading) start_read(r);
  }
  locks_.erase(held);
}

Core::Resource& Core::resource(const ResourceId& id) {
  Resource& r = resources_[id.text()];
  r.id = id;
  return r;
}

void Core::begin(const Now& now) {
  out_ = Output{};
  ++round_;
  const Nanos offset = now.wall.time_since_epoch() - now.boot;
  const bool same_boot = now_.boot_id == now.boot_id;
  now_ = now;
  notices_.begin(now);
  if (clock_offset_ && same_boot && std::chrono::abs(offset - *clock_offset_) > std::chrono::seconds{5}) {
    abstentions_.tell(true);  // their minutes are not those that the clock shows now
    record("clock.stepped", {{"by_ms", (offset - *clock_offset_) / std::chrono::milliseconds{1}}});
    time_waits();
    Reviewing(*this).watch_all();
    asking_.ages_due.reset();
  }
  clock_offset_ = offset;
  abstentions_.tell(false);
}

void Core::record(std::string kind, Fields fields) {
  fields["v"] = 1;
  fields["seq"] = projection_.entries();
  fields["at"] = rfc3339(now_.wall);
  fields["up"] = now_.boot / std::chrono::microseconds{1};
  fields["kind"] = std::move(kind);
  Entry entry;
  entry.seq = projection_.entries();
  if (const Json* id = fields.find("run"); id != nullptr && id->is_number()) entry.run = id->get<std::uint64_t>();
  auto bytes = entry_bytes(fields);
  if (!bytes) broken("every entry can be written", bytes.error().message);
  if (auto ok = projection_.apply(fields); !ok) broken("every entry follows from the ones before", ok.error().message);
  entry.bytes = std::move(*bytes);
  out_.entries.push_back(std::move(entry));
  const Json* of = std::as_const(fields).find("kind");
  if (of == nullptr) return;
  const auto& of_kind = of->get_ref<const std::string&>();
  figures_.keys->recorded(of_kind, fields);
  notices_.recorded(of_kind, fields, of_kind == "run.held" && Reviewing(*this).is_told_by_ladder(fields));
}

void Core::tell(bool warning, std::string text) { out_.notices.push_back({warning, std::move(text)}); }

void Core::wake_at(Nanos boot) {
  if (!out_.wake || boot < *out_.wake) out_.wake = boot;
}

/// A run has ended on these subjects. What it left open, or what another control found meanwhile, is looked at again.
void Core::look_again() {
  while (!ended_on_.empty()) {
    for (const std::string& text : std::exchange(ended_on_, {})) {
      if (!projection_.has_open_finding(text)) continue;
      if (const auto id = resource_of(text)) {
        read(*id, "run", projection_.entries());
        continue;
      }
      for (const Finding* open : projection_.open_findings(text)) {
        if (const Control* control = sight_.control(open->control)) answer_event(*open, *control, false);
      }
    }
    start_pending();  // what ends at once is looked at here too: no answer is given twice
  }
}

/// Only resources that something waits for are remembered: a folder may show any number of names.
void Core::forget_idle() {
  for (const std::string& text : std::exchange(idle_, {})) {
    const auto found = resources_.find(text);
    if (found == resources_.end()) continue;
    const Resource& r = found->second;
    if (r.locked_by == 0 && !r.reading && !r.again) resources_.erase(found);
  }
}

Output Core::finish() {
  Reviewing(*this).lapse_opened();
  look_again();
  tell_held_sources();
  forget_idle();
  flush_intakes();
  flush_snapshot();
  for (Fields& entry : closed_subjects_.forget(projection_, config_.limits.subjects)) {
    record("subjects.forgotten", std::move(entry));
  }
  if (const auto due = notices_.finish(draining_, out_.work)) wake_at(*due);
  out_.rows = projection_.take_rows();
  out_.context = projection_.take_context();
  if (const auto left = projection_.open_reviews().left(now_)) wake_at(now_.boot + *left);
  for (const auto& [id, waiver] : projection_.waivers()) wake_at(now_.boot + waiver.left(now_));
  if (const auto due = asking_.climbs_due.first()) wake_at(*due);
  if (!timers_.empty()) wake_at(timers_.begin()->first);
  if (const auto due = findings_due_.first()) wake_at(*due);
  if (const auto due = abstentions_.due()) wake_at(*due);
  return std::move(out_);
}

Output Core::start(const Now& now, Remembered remembered) {
  begin(now);
  key_ = std::move(remembered.key);
  for (Workflow& w : remembered.workflows) workflows_.emplace(w.version(), std::move(w));
  for (Control& c : remembered.controls) controls_.emplace(c.hash(), std::move(c));
  if (projection_.is_started()) notices_.unclean_start();
  record("node.started", {{"boot_id", now.boot_id}, {"version", ARIGHT_VERSION}});
  for (Remark& remark : remembered.remarks) record(std::move(remark.kind), std::move(remark.fields));
  if (SpaceSeen space{remembered.low}; space.low) on(space);
  asking_.teams = std::move(remembered.teams);
  note_definitions();
  Reviewing(*this).date_definitions();
  Reviewing(*this).age_definitions();
  take_tests(remembered.tests);
  for (const auto& [id, s] : projection_.subjects()) {
    own_changes_.learn(s);
    if (!s.open) closed_subjects_.closed(id, now.boot);
  }
  take_up_events(remembered);  // what is planned anew needs its evidence
  for (auto& [id, plans] : remembered.plans) active_[id].plans = std::move(plans);
  for (auto& [id, source] : remembered.undone) undo_runs_.remember(id, std::move(source));
  std::vector<std::uint64_t> open;  // what may be at work still first: it has its turn before anything new
  std::vector<std::uint64_t> others;
  for (const auto& [id, r] : projection_.runs()) {
    const auto step = step_outlived(r);
    if (step) active_[id].outlived = Outlived{.step = *step};
    (step ? open : others).push_back(id);
  }
  open.insert(open.end(), others.begin(), others.end());
  for (const auto& [id, steps] : remembered.outputs) {
    for (const auto& [step, written] : steps) {
      const Run* r = run(id);
      if (r == nullptr || step >= r->steps.size() || !ended_as_expected(r->steps[step])) continue;
      [[maybe_unused]] const auto taken = take_output(*r, step, written);  // what is not as declared names nothing
    }
  }
  Reviewing(*this).lapse_approved();
  for (const std::uint64_t id : open) {
    if (const Run* r = run(id)) recover(*r);  // the one before may have ended it
  }
  dismiss_orphans();
  Reviewing(*this).lapse_outdated();
  expire_waivers();
  read_all("start", 0);
  answer_events(false);
  start_waited();
  start_pending();
  Reviewing(*this).watch_all();
  Reviewing(*this).climb();
  return finish();
}

Output Core::stop(const Now& now) {
  begin(now);
  abstentions_.tell(true);
  record("node.stopped", {});
  return finish();
}

Output Core::handle(std::vector<Input> inputs, const Now& now) {
  begin(now);
  for (Input& input : inputs) std::visit([this](auto& message) { on(message); }, input);
  run_timers();
  Reviewing(*this).expire();
  answer_held_back();
  expire_waivers();
  Reviewing(*this).take_back();
  start_waited();
  start_pending();
  Reviewing(*this).age_definitions();
  Reviewing(*this).climb();
  return finish();
}

void Core::run_timers() {
  while (!timers_.empty() && timers_.begin()->first <= now_.boot) {
    auto due = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    if (auto* verify = std::get_if<DoVerify>(&due)) {
      if (run(verify->run) != nullptr) out_.work.emplace_back(std::move(*verify));
    } else if (const auto* effect = std::get_if<EffectLate>(&due)) {
      late(*effect);
    } else if (const auto* list = std::get_if<ListAgain>(&due)) {
      const auto control = std::ranges::find(config_.controls, list->control, &Control::name);
      if (control != config_.controls.end()) scan(*control, "retry", 0);
    } else if (const auto* again = std::get_if<RunAgain>(&due)) {
      if (const Run* r = run(again->run); r != nullptr && !under_way(*r)) go_on(r->id);
    } else if (const auto* outlived = std::get_if<OutlivedAgain>(&due)) {
      if (const Run* r = run(outlived->run)) static_cast<void>(waits_for_outlived(*r));
    } else if (const auto* wait = std::get_if<WaitOver>(&due)) {
      wait_over(wait->run);
    } else if (const auto* late_run = std::get_if<RunDelayed>(&due)) {
      delayed(late_run->run);
    } else if (const auto* late_answer = std::get_if<AnswerDelayed>(&due)) {
      abstentions_.delayed(late_answer->finding, late_answer->workflow, late_answer->since);
    } else {
      const ResourceId& id = std::get<ResourceId>(due);
      const auto current = read_again_.find(id.text());
      if (current == read_again_.end() || current->second > now_.boot) continue;  // an earlier one has taken its place
      read_again_.erase(current);
      read(id, "retry", projection_.entries());
    }
  }
  while (const auto finding = findings_due_.take(now_.boot)) finding_due(*finding);
}

void Core::read_in(const ResourceId& id, Nanos wait) {
  const Nanos due = now_.boot + std::max(wait, Nanos{std::chrono::milliseconds{1}});
  const auto [known, fresh] = read_again_.try_emplace(id.text(), due);
  if (!fresh && known->second <= due) return;
  known->second = due;
  timers_.emplace(due, id);
}

}  // namespace aright::engine
