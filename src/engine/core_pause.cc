// Pauses: of everything, of one workflow, of one driver. Each is somebody's, for a reason, and ends for itself
// (docs/decisions/0100).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

#include "base/diagnostic.h"
#include "engine/core.h"

namespace aright::engine {

namespace {

constexpr std::size_t same_max = 20;  ///< of one scope, which is paused by one of them as well
constexpr std::size_t told_max = 5;
const std::array<std::string, 3> pausable_drivers{"file", program_driver, call_driver};

std::string told(const std::vector<Paused>& pauses) {
  std::vector<std::string> texts;
  for (const Paused& pause : pauses | std::views::take(told_max)) texts.push_back(pause.text());
  if (pauses.size() > told_max) texts.push_back(fmt::format("and {} more, see `status`", pauses.size() - told_max));
  return fmt::format("{}", fmt::join(texts, "; "));
}

void add_scope(Fields& entry, const PauseScope& scope) {
  if (scope.of() == PauseScope::Of::workflow) entry["workflow"] = scope.name();
  if (scope.of() == PauseScope::Of::driver) entry["driver"] = scope.name();
}

bool is_by_driver(const Paused& pause) { return pause.scope.of() == PauseScope::Of::driver; }

/// Of the first thing that a run of `w` does; "flow" where that only steers.
std::string first_driver(const Workflow& w, const std::string& subject) {
  if (w.steps.empty()) return {};
  const Step& first = w.steps.front();
  if (first.exec() != nullptr) return program_driver;
  if (first.call() != nullptr) return call_driver;
  if (first.ensure() == nullptr) return flow_driver;
  return first.cures() ? subject_parts(subject).driver : first.ensure()->own->resource.driver;
}

}  // namespace

std::string Core::blocked(const Run& r, std::string_view driver) const {
  std::string why = why_paused(projection_.pauses(), r.workflow, driver);
  return why.empty() && space_low_ ? std::string("the disk is full") : why;
}

/// Before whatever it does next.
std::string Core::blocked(const Run& r) const { return is_blocked(r) ? blocked(r, next_driver(r)) : std::string(); }

std::string Core::blocked(const Workflow& w, const std::string& subject) const {
  std::string why = why_paused(projection_.pauses(), w.name, first_driver(w, subject));
  return why.empty() && space_low_ ? std::string("the disk is full") : why;
}

std::string Core::blocked() const {
  std::string why = why_paused(projection_.pauses(), {}, {});
  return why.empty() && space_low_ ? std::string("the disk is full") : why;
}

/// As `blocked`, asked of many.
bool Core::is_blocked(const Run& r) const {
  const auto& pauses = projection_.pauses();
  if (space_low_) return true;
  if (pauses.empty()) return false;
  const std::string driver = std::ranges::any_of(pauses, is_by_driver) ? next_driver(r) : std::string();
  return std::ranges::any_of(pauses, [&](const Paused& p) { return p.scope.covers(r.workflow, driver); });
}

/// By which its next effect would be done, as far as that is known: what is begun comes first, then what is to be
/// undone, then what is to be done. "flow": it steers first; empty: nothing is left.
std::string Core::next_driver(const Run& r) const {
  if (r.steps.empty() && r.undo) return undo_runs_.first_driver(r);
  if (r.steps.empty()) {
    const Workflow* w = workflow_of(r);
    return w == nullptr ? std::string() : first_driver(*w, r.subject);
  }
  const bool undoing = r.state == RunState::rolling_back;
  for (std::size_t i = 0; i < r.steps.size(); ++i) {
    const RunStep& s = r.steps[i];
    const bool begun = s.state == StepState::intended || s.state == StepState::undo_intended;
    if (s.is_errand() ? (!undoing || is_at_end(r, i)) && errand_open(r, i) : begun) return s.resource.driver;
  }
  if (undoing && r.closing.empty()) {
    for (const RunStep& s : r.steps | std::views::reverse) {
      if (s.changes && s.state == StepState::verified && !s.is_errand()) return s.resource.driver;
    }
  }
  for (const std::size_t i : order_of(r)) {
    const RunStep& s = r.steps[i];
    const bool due = s.state == StepState::open || (s.state == StepState::planned && (s.changes || s.steers()));
    if (due && ((!undoing && r.closing.empty()) || is_at_end(r, i))) return s.resource.driver;
  }
  return {};
}

/// What a run waits for may have changed since it was recorded.
void Core::add_pauses(Waits& waits) const {
  const auto& pauses = projection_.pauses();
  const auto add = [&](std::uint64_t id) {
    const Run* r = run(id);
    if (r == nullptr || waits.runs.size() >= waits_shown_max || !is_blocked(*r)) return;
    if (r->state == RunState::pending || (r->state == RunState::waiting && !r->wait)) {
      waits.runs[id] = "waits: " + blocked(*r);
    }
  };
  for (const Paused& p : pauses) {
    if (p.scope.of() != PauseScope::Of::workflow) continue;
    waits.workflows[p.scope.name()] = "waits: " + why_paused(pauses, p.scope.name(), {});
  }
  for (const auto& [id, resources] : locks_) add(id);
  if (!std::ranges::any_of(pauses, is_by_driver)) return;
  backlog_.each([&](const Backlog::Waiter& waiter) { add(waiter.run); });
}

/// A workflow that is gone may still have open runs.
Result<Done> Core::may_pause(const PauseScope& scope) const {
  const auto same = std::ranges::count(projection_.pauses(), scope, &Paused::scope);
  if (std::cmp_greater_equal(same, same_max)) {
    return fail(
        Errc::invalid,
        fmt::format("{} is paused {} times already, which is the most there may be: it is paused", scope.text(), same));
  }
  std::vector<std::string> known;
  if (scope.of() == PauseScope::Of::everything) return Done{};
  if (scope.of() == PauseScope::Of::driver) known.assign(pausable_drivers.begin(), pausable_drivers.end());
  if (scope.of() == PauseScope::Of::workflow) {
    for (const Workflow& w : config_.workflows) known.push_back(w.name);
    for (const auto& [id, r] : projection_.runs()) {
      if (r.workflow == scope.name()) known.push_back(r.workflow);
    }
  }
  if (std::ranges::find(known, scope.name()) != known.end()) return Done{};
  const std::string_view what = scope.of() == PauseScope::Of::driver ? "driver" : "workflow";
  return fail(Errc::not_found, fmt::format("no {} `{}`, nothing was paused; {}", what, line(scope.name()),
                                           suggest(scope.name(), known, std::string(what) + "s")));
}

/// It works already when it comes here; one that is refused has to be taken back.
Result<Json> Core::carry_out(const Pause& command, const Identity& who) {
  if (auto ok = may_pause(command.scope); !ok) {
    out_.resumed = true;
    return std::unexpected(ok.error());
  }
  const std::uint64_t id = projection_.next_pause();
  Fields entry{{"pause", id},
               {"origin", "operator"},
               {"reason", line(command.reason)},
               {"by", line(who.user)},
               {"groups", short_list(who.groups)}};
  add_scope(entry, command.scope);
  record("pause.set", std::move(entry));
  tell(false, projection_.pauses().back().text());
  return Json{{"paused", true}, {"pause", id}, {"scope", command.scope.text()}};
}

/// Whoever pauses for another reason than mine knows when that is over, not I.
Result<Paused> Core::pause_meant(const Resume& command, const std::string& user) const {
  const auto& pauses = projection_.pauses();
  if (const auto* id = std::get_if<std::uint64_t>(&command.which)) {
    const auto found = std::ranges::find(pauses, *id, &Paused::id);
    if (found == pauses.end()) return fail(Errc::not_found, fmt::format("no pause {} is in force", *id));
    return *found;
  }
  const auto* scope = std::get_if<PauseScope>(&command.which);
  std::vector<Paused> meant;
  std::vector<Paused> own;
  std::vector<Paused> nobodys;
  std::vector<Paused> by_file;  // ends with its file only, whatever is said here
  for (const Paused& pause : pauses) {
    if (scope != nullptr && pause.scope != *scope) continue;
    (pause.origin == "file" ? by_file : meant).push_back(pause);
    if (pause.origin == "signal") nobodys.push_back(pause);
    if (pause.origin == "operator" && pause.by == line(user)) own.push_back(pause);
  }
  if (meant.empty() && !by_file.empty()) return by_file.front();
  if (own.empty() && nobodys.size() == meant.size()) own = nobodys;
  if (own.size() == 1) return own.front();
  if (meant.empty() && scope != nullptr) {
    return fail(Errc::not_found, fmt::format("nothing was resumed: {} is not paused by itself", line(scope->text())));
  }
  return fail(Errc::conflict,
              fmt::format("nothing was resumed: {}; `resume NUMBER` ends one of them",
                          own.empty() ? "what is paused is not by you: " + told(meant) : "several are: " + told(own)));
}

Result<Json> Core::carry_out(const Resume& command, const Identity& who) {
  if (projection_.pauses().empty() && std::holds_alternative<std::monostate>(command.which)) {
    return Json{{"paused", false}, {"note", "nothing is paused"}};
  }
  const auto pause = pause_meant(command, who.user);
  if (!pause) return std::unexpected(pause.error());
  if (pause->origin == "file") {
    return fail(Errc::denied,
                pause->text() + ": nothing was resumed; remove the file `pause` in the state folder and it ends");
  }
  lift(*pause, command.reason, who.user, &who);
  Json still = Json::array();
  for (const Paused& other : projection_.pauses()) still.push_back(other.text());
  return Json{
      {"resumed", pause->id}, {"scope", pause->scope.text()}, {"paused", paused()}, {"still", std::move(still)}};
}

/// `who`: of a person.
void Core::lift(const Paused& pause, const std::string& reason, const std::string& by, const Identity* who) {
  Fields entry{{"origin", pause.origin}, {"reason", line(reason)}, {"by", line(by)}};
  if (pause.id != 0) entry["pause"] = pause.id;
  if (who != nullptr) entry["groups"] = short_list(who->groups);
  tell(false, fmt::format("resumed by {}: {}", by, pause.text()));
  record("pause.cleared", std::move(entry));
  out_.resumed = true;
  resumed();
}

/// Those that wait are asked one by one: something else may still hold them back.
void Core::resumed() {
  std::vector<std::uint64_t> waiting;
  for (const auto& [id, r] : projection_.runs()) {
    const bool undo = r.state == RunState::rolling_back && !under_way(r);
    if (r.state == RunState::waiting || undo) waiting.push_back(id);
  }
  for (const std::uint64_t id : waiting) {
    if (run(id) != nullptr) go_on(id);
  }
}

void Core::on(PauseSeen& seen) {
  const auto& pauses = projection_.pauses();
  const auto set = std::ranges::find(pauses, seen.origin, &Paused::origin);
  if ((set != pauses.end()) == seen.paused) return;
  const std::string origin = line(seen.origin);
  if (!seen.paused) return lift(Paused(*set), "gone", origin, nullptr);
  record("pause.set",
         {{"pause", projection_.next_pause()}, {"origin", origin}, {"reason", "paused by " + origin}, {"by", origin}});
  tell(false, projection_.pauses().back().text());
}

}  // namespace aright::engine
