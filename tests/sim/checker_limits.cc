// What the checker asks of windows, `for`, flapping, breakers and budgets: each counted anew, in its own words. Where
// stepping clocks leave it open whether something is within a time, nothing is said.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checker.h"
#include "entry_field.h"

namespace aright::sim {

namespace {

using std::chrono::minutes;

/// Days are counted from a Thursday.
bool within_span(const DaySpan& span, std::int64_t second) {
  constexpr std::int64_t day_length = 86'400;
  const std::int64_t from = std::chrono::seconds{span.from}.count();
  const std::int64_t to = std::chrono::seconds{span.to}.count() + (span.to > span.from ? 0 : day_length);
  for (const std::int64_t ago : {0, 1}) {
    const std::int64_t day = second / day_length - ago;
    const std::int64_t of_it = second - day * day_length;
    if (span.days.at(static_cast<std::size_t>((day + 4) % 7)) && of_it >= from && of_it < to) return true;
  }
  return false;
}

}  // namespace

/// By the files of its version, which may be older than those of today.
const Workflow& Checker::pinned(const RunSeen& run) const {
  const auto known = versions_.find(run.version);
  if (known != versions_.end()) return known->second;
  const auto stored = store_.definitions.find(run.version);
  if (stored == store_.definitions.end()) return workflow(run.workflow);
  auto made = Workflow::from_json(parse_json(stored->second.doc).value());
  if (!made) violation("the stored version of " + run.workflow + " cannot be read");
  made->name = run.workflow;
  return versions_.emplace(run.version, std::move(*made)).first->second;
}

/// The window of a world is in UTC.
bool Checker::window_open(const TimeWindow& window, WallTime at) {
  const std::int64_t second = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  const auto holds = [&](const DaySpan& span) { return within_span(span, second); };
  return (window.allow.empty() || std::ranges::any_of(window.allow, holds)) &&
         std::ranges::none_of(window.forbid, holds);
}

/// How old by the clocks the engine has, and by those that count against it: true time, and every clock at once.
Checker::Age Checker::age(const Admitted& then, const Admitted& now) {
  const bool one_boot = then.at.boot_id == now.at.boot_id;
  const Nanos wall = now.at.wall - then.at.wall;
  const Nanos boot = one_boot ? now.at.boot - then.at.boot : wall;
  const Nanos real = now.time - then.time;
  return {std::min({wall, boot, real}), std::max({wall, boot, real})};
}

/// By the smaller of both clocks, of another boot by the wall clock alone. nullopt: nothing is open.
std::optional<Nanos> Checker::open_for(const std::string& key, const Moment& now) const {
  const auto openings = openings_.find(key);
  if (openings == openings_.end() || !open_findings_.contains(key)) return std::nullopt;
  const Moment& opened = openings->second.back().at;
  const Nanos wall = now.wall - opened.wall;
  return opened.boot_id == now.boot_id ? std::min(wall, now.boot - opened.boot) : wall;
}

/// Of what the guards let go alone.
void Checker::within_limits(std::uint64_t id, const RunSeen& run, const Admitted& now) const {
  const Workflow& w = pinned(run);
  if (w.guards.window && !window_open(*w.guards.window, now.at.wall)) {
    violation("admits outside the window of " + run.workflow);
  }
  const auto found = open_findings_.find(run.waived_by);
  const bool its_own = found != open_findings_.end() && found->second == run.finding;  // not the next episode
  const auto open = its_own ? open_for(run.waived_by, now.at) : std::nullopt;
  if (open && w.guards.hold_time && *open < *w.guards.hold_time) violation("admits before `for` is over");
  const auto openings = openings_.find(run.waived_by);
  if (w.guards.flapping && openings != openings_.end()) {
    const auto surely = std::ranges::count_if(
        openings->second, [&](const Admitted& a) { return age(a, now).most < w.guards.flapping->within; });
    if (surely >= w.guards.flapping->openings) violation("admits what flaps: " + run.waived_by);
  }
  breaker_lets(id, run, now);
  budget_lets(run, now);
}

void Checker::breaker_lets(std::uint64_t id, const RunSeen& run, const Admitted& now) const {
  const auto& limit = pinned(run).guards.breaker;
  const auto found = breakers_.find(run.workflow);
  if (!limit || found == breakers_.end()) return;
  const BreakerSeen& seen = found->second;
  if (!seen.open) {
    if (seen.must_open) violation("admits although too many runs of " + run.workflow + " went wrong");
    return;
  }
  const auto trial = runs_.find(seen.trial);
  const bool tried = trial != runs_.end() && trial->first != id && trial->second.state != "unknown";
  if (tried) violation(fmt::format("admits while run {} tries the breaker of {}", seen.trial, run.workflow));
  const bool long_enough = limit->trial_after && age(*seen.open, now).most >= *limit->trial_after;
  if (!long_enough) violation("admits while the breaker of " + run.workflow + " is open");
}

/// Ends that count: how often, and how often badly. Only where all clocks agree which of them are within the time.
void Checker::count_end(const RunSeen& run, const Json& e) {
  const bool bad =
      run.state == "failed" || run.state == "rolled_back" || run.state == "rollback_failed" || run.state == "unknown";
  if (!run.was_admitted || (!bad && run.state != "succeeded")) return;
  BreakerSeen& seen = breakers_[run.workflow];
  const Admitted now = admission(run.subject, e);
  seen.ends.emplace_back(now, bad);
  const auto& limit = workflow(run.workflow).guards.breaker;
  if (!limit || seen.open) return;
  std::uint64_t all = 0;
  std::uint64_t wrong = 0;
  for (const auto& [at, was_bad] : seen.ends) {
    const Age old = age(at, now);
    if ((old.most < limit->within) != (old.least < limit->within)) return;
    all += old.most < limit->within ? 1U : 0U;
    wrong += old.most < limit->within && was_bad ? 1U : 0U;
  }
  seen.must_open = all >= limit->runs && wrong * 100 >= limit->percent * all;
}

void Checker::breaker(const std::string& kind, const Json& e) {
  BreakerSeen& seen = breakers_[text(e, "workflow")];
  seen.must_open = false;
  if (kind == "breaker.opened") {
    seen.open = admission("", e);
    return;
  }
  if (!seen.open) violation("closes a breaker that is not open");
  if (!seen.tries.contains(number(e, "run"))) violation("closes a breaker by a run that did not try it");
  seen.open.reset();
  seen.ends.clear();
}

std::string Checker::budget_name(const RunSeen& run) const {
  const Guards& guards = pinned(run).guards;
  if (const std::string* shared = guards.shared_budget()) return "shared " + *shared;
  return guards.own_budget() == nullptr ? std::string() : "own " + run.workflow;
}

const Budget* Checker::budget_of(const RunSeen& run) const {
  const Guards& guards = pinned(run).guards;
  const std::string* shared = guards.shared_budget();
  if (shared == nullptr) return guards.own_budget();
  const auto found = std::ranges::find(config_.budgets, *shared, &SharedBudget::name);
  return found == config_.budgets.end() ? nullptr : &found->budget;
}

/// How many subjects at most. nullopt: only the engine has seen how many a folder has.
std::optional<std::uint64_t> Checker::subjects_allowed(const Budget& budget) const {
  std::optional<std::uint64_t> population;
  if (budget.population) {
    if (const auto* number = std::get_if<std::uint64_t>(&*budget.population)) {
      population = *number;
    } else {
      const std::string& name = std::get<std::string>(*budget.population);
      const auto control = std::ranges::find(config_.controls, name, &Control::name);
      if (control == config_.controls.end() || !control->select.within.empty()) return std::nullopt;
      population = control->select.ids.size();
    }
    if (*population == 0) return 0;
  }
  std::uint64_t most = budget.subjects.value_or(UINT64_MAX);
  if (budget.percent) most = std::min(most, *population * *budget.percent / 100);
  return most;
}

void Checker::budget_lets(const RunSeen& run, const Admitted& now) const {
  const Budget* budget = budget_of(run);
  if (budget == nullptr) return;
  const auto allowed = subjects_allowed(*budget);
  const auto spent = spent_.find(budget_name(run));
  if (allowed == 0U) violation("admits a subject, and the budget of " + run.workflow + " allows none");
  if (!allowed || spent == spent_.end()) return;
  std::vector<Spent> subjects;  // each once, in the order of its first admission, as it was admitted last
  bool certain = true;
  for (const Spent& one : spent->second) {
    const Age old = age(one.when, now);
    if (old.least < budget->within && one.when.subject == now.subject) return;  // it may be counted already
    if (old.most >= budget->within) {
      certain = certain && old.least >= budget->within;
      continue;
    }
    const auto known =
        std::ranges::find_if(subjects, [&](const Spent& s) { return s.when.subject == one.when.subject; });
    if (known == subjects.end()) {
      subjects.push_back(one);
    } else {
      *known = one;
    }
  }
  if (subjects.size() >= *allowed) {
    violation(
        fmt::format("admits {} subjects, and the budget of {} allows {}", subjects.size() + 1, run.workflow, *allowed));
  }
  if (!budget->staged || !certain) return;
  std::size_t before = 0;  // all stages before that of the new one: 1, 1 + 2, 1 + 2 + 4, …
  while (2 * before + 1 <= subjects.size()) before = 2 * before + 1;
  for (std::size_t i = 0; i < before; ++i) {
    if (ended_verified_.contains(subjects[i].run)) continue;
    violation(fmt::format("begins a stage of {}, and run {} of the former has not ended verified", run.workflow,
                          subjects[i].run));
  }
}

/// A person's admissions count as well.
void Checker::spend(std::uint64_t id, const RunSeen& run, const Admitted& now) {
  if (const std::string name = budget_name(run); !name.empty()) spent_[name].push_back({now, id});
  const auto breaker = breakers_.find(run.workflow);
  if (breaker == breakers_.end() || !breaker->second.open) return;
  breaker->second.trial = id;
  breaker->second.tries.insert(id);
}

/// Its admission was taken back, and a person looks at it: another may try.
void Checker::tries_no_more(std::uint64_t id, const RunSeen& run) {
  const auto breaker = breakers_.find(run.workflow);
  if (breaker != breakers_.end() && breaker->second.trial == id) breaker->second.trial = 0;
}

/// It waits: for its window, for a clock that was set back, or for a stage that waits for a person.
bool Checker::kept_back(const Control& control, const std::string& subject, const Workflow& w) const {
  const Nanos wanted = std::max(w.guards.hold_time.value_or(Nanos{0}), control.hold_time.value_or(Nanos{0}));
  const auto open = open_for(control.name + " " + subject, Moment::of(world_.now));
  if (open && *open < wanted) return true;
  if (w.guards.window && !window_open(*w.guards.window, world_.now.wall)) return true;
  RunSeen asked;
  asked.workflow = w.name;
  const Budget* budget = budget_of(asked);
  if (budget == nullptr || !budget->staged) return false;
  return std::ranges::any_of(runs_, [&](const auto& item) {
    return item.second.was_admitted && budget_name(item.second) == budget_name(asked);
  });
}

}  // namespace aright::sim
