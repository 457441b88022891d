#include "engine/guarding.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "guard/at_work.h"
#include "guard/episode.h"
#include "guard/loop.h"

namespace aright::engine {

namespace {

/// What it met kept it from putting right what it had found: no loop.
bool ends_in_vain(std::string_view state) {
  return state == name(RunState::failed) || state == name(RunState::rolled_back);
}

}  // namespace

std::vector<ResourceId> changes_of(const Workflow& w, const std::string& subject) {
  std::vector<ResourceId> changed;
  for (const Step& step : w.steps) {
    if (step.ensure() == nullptr) continue;
    changed.push_back(step.cures() ? subject_parts(subject) : step.ensure()->own->resource);
  }
  return changed;
}

const Guarding::Ready& Guarding::ready(const Candidate& c) const {
  const auto known = ready_.find(c.version);
  if (known != ready_.end()) return known->second;
  const Guards& guards = c.workflow.guards;
  Ready made{std::nullopt, workflow::GuardKeys::make(guards)};
  if (guards.window) made.window = guard::OpenTimes::make(*guards.window);
  return ready_.emplace(c.version, std::move(made)).first->second;
}

Guarding::Keys Guarding::keys_of(const Candidate& c) const {
  Keys keys;
  if (const SubjectState* s = projection_.subject(c.finding.control, c.finding.subject)) {
    keys.again = s->came_back(c.workflow.name) && c.admitted == 0;  // its first admission says so
    const auto last = s->answers.find(c.workflow.name);
    if (last != s->answers.end() && ends_in_vain(last->second.state)) keys.last_end = last->second.state;
  }
  const Result<workflow::GuardKeys>& made = ready(c).keys;
  if (!made) {
    keys.trouble = made.error().message;
  } else if (!made->empty()) {
    auto of_this = made->of(c.finding, c.control, c.event, changes_of(c.workflow, c.finding.subject));
    keys.list = std::move(of_this.keys);
    keys.trouble = std::move(of_this.trouble);
  }
  return keys;
}

guard::Question Guarding::question(const Candidate& c, const Keys& keys, const Now& now) const {
  const bool shadow = c.mode <= Mode::plan;
  return {c.workflow,   c.finding.subject, projection_.admissions(c.workflow.name, shadow),
          now,          keys.list,         keys.again,
          keys.trouble, c.admitted,        keys.last_end};
}

/// Where its zone cannot be read any more, nobody knows whether it is open.
guard::Verdict Guarding::window(const Candidate& c, const Now& now) const {
  if (!c.workflow.guards.window) return guard::Admit{};
  const Result<guard::OpenTimes>& times = *ready(c).window;
  if (!times) return guard::Hold{"window", "whether it is open cannot be told: " + times.error().message};
  return times->verdict(now);
}

guard::Verdict Guarding::hold_time(const Candidate& c, const Now& now) const {
  const Nanos wanted = std::max(c.workflow.guards.hold_time.value_or(Nanos{0}), c.control.hold_time.value_or(Nanos{0}));
  if (wanted == Nanos{0} || c.finding.id.empty()) return guard::Admit{};
  return guard::hold_time(wanted, c.finding.opened(), now);
}

guard::Verdict Guarding::flapping(const Candidate& c, const Now& now) const {
  const SubjectState* s = projection_.subject(c.finding.control, c.finding.subject);
  if (!c.workflow.guards.flapping || s == nullptr) return guard::Admit{};
  return guard::flapping(*c.workflow.guards.flapping, s->openings,
                         fmt::format("{} on {}", c.finding.control, c.finding.subject), now);
}

guard::Verdict Guarding::loop(const Candidate& c) const {
  if (c.finding.causes.empty()) return guard::Admit{};
  std::vector<std::string> changes{changed_text(c.finding.subject)};
  for (const ResourceId& id : changes_of(c.workflow, c.finding.subject)) changes.push_back(changed_text(id.text()));
  const std::string under = versions_text(c.version, c.control_hash);
  return guard::loop(c.finding.causes, {c.workflow.name, under, changes});
}

/// When the state that the workflow had found came back since it put it right.
const std::vector<Moment>& Guarding::returns(const Candidate& c) const {
  static const std::vector<Moment> none;
  const SubjectState* s = projection_.subject(c.finding.control, c.finding.subject);
  if (s == nullptr) return none;
  const auto found = s->returns.find(c.workflow.name);
  return found == s->returns.end() ? none : found->second;
}

guard::Verdict Guarding::breaker(const Candidate& c, const Now& now) const {
  if (!c.workflow.guards.breaker) return guard::Admit{};
  return guard::breaker(*c.workflow.guards.breaker, projection_.breaker(c.workflow.name), c.run, now);
}

Proof Guarding::proof_of(const Run& r) const {
  const guard::BreakerOpen* open = projection_.breaker(r.workflow);
  const bool admitted = r.admitted_at.has_value();
  return {r.id, r.workflow, admitted, open != nullptr && admitted && r.tries_breaker};
}

std::optional<BreakerTurn> Guarding::turn(const Proof& proof, RunState ended, const Now& now) const {
  const auto w = std::ranges::find(config_.workflows, proof.workflow, &Workflow::name);
  if (w == config_.workflows.end() || !w->guards.breaker || !proof.admitted) return std::nullopt;
  if (ended == RunState::cancelled) return std::nullopt;  // proves nothing
  const guard::BreakerOpen* open = projection_.breaker(proof.workflow);
  if (open == nullptr) {
    auto why = guard::trips(*w->guards.breaker, projection_.endings(w->name), now);
    return why ? std::optional(BreakerTurn{true, std::move(*why)}) : std::nullopt;
  }
  if (!proof.tries) return std::nullopt;
  if (ended == RunState::succeeded) return BreakerTurn{false, fmt::format("run {} ended well", proof.run)};
  return BreakerTurn{true, fmt::format("{}; run {}, which tried it, is {}",
                                       open->why.substr(0, open->why.find("; run ")), proof.run, name(ended))};
}

const Budget* Guarding::budget_of(const Workflow& w) const {
  if (const std::string* shared = w.guards.shared_budget()) {
    const auto found = std::ranges::find(config_.budgets, *shared, &SharedBudget::name);
    return found == config_.budgets.end() ? nullptr : &found->budget;
  }
  return w.guards.own_budget();
}

std::optional<std::uint64_t> Guarding::population(const Budget& budget) const {
  if (!budget.population) return std::nullopt;
  if (const auto* number = std::get_if<std::uint64_t>(&*budget.population)) return *number;
  const auto control = std::ranges::find(config_.controls, std::get<std::string>(*budget.population), &Control::name);
  if (control == config_.controls.end()) return std::nullopt;
  const auto listed = listed_.find(control->name);
  if (!control->select.within.empty() && listed == listed_.end()) return std::nullopt;
  return control->select.ids.size() + (listed == listed_.end() ? 0 : listed->second);
}

namespace {

std::string key_of_budget(const Workflow& w) {
  const std::string* shared = w.guards.shared_budget();
  return shared == nullptr ? own_budget_key(w.name) : budget_key(*shared);
}

}  // namespace

const guard::Spendings& Guarding::spent(const Candidate& c) const {
  const std::string key = key_of_budget(c.workflow);
  return projection_.spendings(c.mode <= Mode::plan ? shadow_key(key) : key);
}

guard::Verdict Guarding::budget(const Candidate& c, const Now& now) const {
  if (std::holds_alternative<std::monostate>(c.workflow.guards.budget)) return guard::Admit{};
  const Budget* budget = budget_of(c.workflow);
  const std::string* shared = c.workflow.guards.shared_budget();
  if (budget == nullptr) return guard::Hold{"budget", *shared + ": it is not configured any more"};
  return guard::budget({*budget, shared == nullptr ? std::string_view() : std::string_view(*shared),
                        population(*budget), spent(c), c.finding.subject, now, c.claimed});
}

std::string Guarding::cool_down_queue(const Workflow& w, const std::string& subject) {
  if (!w.guards.cool_down) return {};
  const bool of_subject = w.guards.cool_down->per == Per::subject;
  return of_subject ? fmt::format("cool-down {} {}", w.name, subject) : "cool-down " + w.name;
}

std::string Guarding::stage_queue(const Workflow& w) const {
  const Budget* budget = budget_of(w);
  return budget != nullptr && budget->staged ? key_of_budget(w) : std::string();
}

std::size_t Guarding::stage_room(const Workflow& w, const Now& now) const {
  const Budget& budget = *budget_of(w);
  return guard::stage_room({budget, {}, population(budget), projection_.spendings(key_of_budget(w)), {}, now});
}

std::optional<guard::Suppress> Guarding::waits(const Candidate& c, const Now& now) const {
  std::optional<guard::Suppress> wait;
  const auto kept = [&](const guard::Verdict& verdict) {
    if (const auto* by = std::get_if<guard::Suppress>(&verdict)) wait = *by;
    return wait.has_value();
  };
  if (kept(hold_time(c, now))) return wait;
  if (c.mode > Mode::plan && kept(window(c, now))) return wait;  // a plan changes nothing
  if (c.workflow.guards.cool_down && kept(guard::cool_down(question(c, {}, now)))) return wait;
  if (!kept(budget(c, now))) wait = beyond(c, now);
  return wait;
}

namespace {

/// The limit, and what of it nobody would guess from the number of those that wait.
std::string limit_words(std::size_t most, bool critical) {
  const std::size_t kept = critical ? 0 : guard::reserved(most);
  return fmt::format("limits.held: {}{}; what is beyond waits until half are decided", most,
                     kept == 0 ? "" : fmt::format(", {} of them for critical findings only", kept));
}

}  // namespace

std::optional<guard::Suppress> Guarding::beyond(const Candidate& c, const Now& now) const {
  const std::size_t most = config_.limits.held;
  const std::size_t open = projection_.reviews_of(c.workflow.name);
  const bool critical = c.finding.severity == Level::critical;
  const std::size_t limit = held_back_.contains(c.workflow.name) ? most / 2 + 1 : most - guard::reserved(most);
  if (c.mode <= Mode::plan || open < (critical ? most : limit)) return std::nullopt;
  std::string why = "mode propose";
  if (c.mode != Mode::propose) {
    const auto hold = holds(c, now);
    if (!hold) return std::nullopt;
    why = fmt::format("{}: {}", hold->guard, hold->reason);
  }
  return guard::Suppress{
      "held", fmt::format("{} of its runs wait for a person already ({}); {}", open, limit_words(most, critical), why),
      std::chrono::minutes{15}};
}

std::set<std::string> Guarding::let_go() {
  std::set<std::string> names;
  const std::size_t few = config_.limits.held / 2;
  std::erase_if(held_back_, [&](const std::string& key) {
    const std::string name = key.substr(0, key.find(' '));
    if (projection_.reviews_of(name) > few) return false;
    names.insert(name);
    return true;
  });
  return names;
}

std::optional<guard::Hold> Guarding::holds(const Candidate& c, const Now& now) const {
  std::optional<guard::Hold> hold;
  const auto held = [&](guard::Verdict verdict) {
    if (auto* by = std::get_if<guard::Hold>(&verdict)) hold = std::move(*by);
    return hold.has_value();
  };
  if (held(loop(c))) return hold;
  if (held(window(c, now)) || held(flapping(c, now)) || held(breaker(c, now))) return hold;
  const Keys keys = keys_of(c);
  if (held(guard::threshold(question(c, keys, now)))) return hold;
  if (held(guard::oscillation(c.workflow.guards.oscillation_limit(), returns(c), now))) return hold;
  held(budget(c, now));
  return hold;
}

std::string Guarding::foresees(const Candidate& c, const Now& now) const {
  const auto told = [](const char* what, const auto& by) {
    return fmt::format("would {}: {}: {}", what, by.guard, by.reason);
  };
  if (const auto wait = waits(c, now)) return told("wait", *wait);
  if (!c.trouble.empty()) return "would be held: when: whether it answers cannot be told: " + c.trouble;
  if (const auto hold = holds(c, now)) return told("be held", *hold);
  const guard::Verdict times = window(c, now);  // a plan does not wait for it
  if (const auto* wait = std::get_if<guard::Suppress>(&times)) return told("wait", *wait);
  return "would run";
}

std::optional<guard::Suppress> Guarding::would_wait(const Candidate& c, const Now& now) const {
  if (auto wait = waits(c, now)) return wait;
  const guard::Verdict times = window(c, now);
  const auto* wait = std::get_if<guard::Suppress>(&times);
  return wait == nullptr ? std::nullopt : std::optional(*wait);
}

void Guarding::note(const Candidate& c, Fields& entry) const {
  Keys keys = keys_of(c);
  if (c.admitted != 0) entry["once_more"] = true;
  if (!keys.list.empty()) entry["keys"] = std::move(keys.list);
  if (!std::holds_alternative<std::monostate>(c.workflow.guards.budget)) entry["budget"] = key_of_budget(c.workflow);
  if (c.mode > Mode::plan && c.workflow.guards.breaker && projection_.breaker(c.workflow.name) != nullptr) {
    entry["trial"] = true;
  }
}

}  // namespace aright::engine
