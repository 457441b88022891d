// Runs that wait for no person: for a resource that another has, for a turn among the errands, for fewer to be at
// work.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "engine/core.h"

namespace aright::engine {

namespace {

bool has_errands(const Workflow& w) { return std::ranges::any_of(w.steps, &Step::is_errand); }

}  // namespace

/// `whole`: with its drivers, also while nobody limits them: a reload may.
guard::Share Core::share_of(const Run& r, bool whole) const {
  guard::Share share{.workflow = r.workflow, .critical = r.severity == Level::critical};
  const Workflow* w = workflow_of(r);
  if (w != nullptr) share.most = w->guards.concurrency;
  share.errands = w != nullptr && has_errands(*w);
  share.subject = r.subject;
  if (!whole) return share;
  std::set<std::string> drivers;
  for (const Aim& aim : targets(r)) {
    if (aim.resource.driver != flow_driver) drivers.insert(aim.resource.driver);
  }
  share.drivers.assign(drivers.begin(), drivers.end());
  return share;
}

/// A flood of findings must not hold all it read and wants at once, and the hands are only eight: the others wait.
/// Empty: there is room.
std::string Core::finds_no_room(const Run& r) const {
  const std::string why = at_work_.full(share_of(r, at_work_.looks_at_drivers()));
  return why.empty() ? why : "waits for a turn: " + why;
}

/// Runs that need the same but for their severity, and that the same pause keeps back: the first of them finds room, or
/// none does.
std::string Core::lane_of(const Run& r) const {
  const guard::Share share = share_of(r, true);
  return fmt::format("{} {} {} {} {}", r.version, name(r.mode), share.errands, next_driver(r),
                     fmt::join(share.drivers, " "));
}

void Core::queue(const Run& r) {
  const auto finding = projection_.findings().find(r.finding);
  const std::string source = finding == projection_.findings().end() ? std::string() : finding->second.source;
  backlog_.add(r.severity, r.id, lane_of(r), source.substr(0, source.find(':')));  // without the file of a log
  if (r.severity == Level::critical) timers_.emplace(now_.boot + critical_wait, RunDelayed{r.id});
}

/// A finding that grew or fell takes its runs and what waits for it to where they belong now.
void Core::weighs_anew(const Finding& finding) {
  queues_.weighs_anew(finding.id, finding.severity);
  for (const Run* r : projection_.runs_of(finding.id)) {
    for (const std::string& queue : queues_.release(r->id)) queues_.claim(queue, r->id, r->severity);
    const bool without_turn = turns_.weighs_anew(r->id, r->severity);
    if (r->state == RunState::pending) {
      backlog_.remove(r->id);
      queue(*r);
    } else if (without_turn && r->severity == Level::critical) {
      timers_.emplace(now_.boot + critical_wait, RunDelayed{r->id});
    }
  }
}

/// It goes on waiting; but a critical finding does not wait in silence.
void Core::delayed(std::uint64_t id) {
  const Run* r = run(id);
  if (r == nullptr || draining_ || r->severity != Level::critical) return;
  const bool without_turn = r->state == RunState::running &&
                            std::ranges::find(turns_.waiting(), id, &Turns::Waiter::run) != turns_.waiting().end();
  if (r->state != RunState::pending && !without_turn) return;
  const std::string why = waits_for(*r);
  if (why.empty()) return;
  tell(true, fmt::format("critical: run {} of {} on {} has {}: it {}", id, r->workflow, r->subject,
                         without_turn ? "done nothing yet" : "not begun", why));
  ++figures_.delayed;
  record("run.delayed", {{"run", id}, {"reason", line(why)}});
}

/// Where a log is not read on nobody knows what stands in it: people are told, as of a critical run that does not
/// begin.
void Core::tell_held_sources() {
  const std::size_t most = config_.limits.waiting;
  for (const HeldSources::Told& told : held_sources_.look(backlog_.crowding(most), now_.boot)) {
    if (!told.held) {
      tell(false, fmt::format("source {} is read on", told.source));
      record("source.resumed", {{"source", line(told.source)}});
      continue;
    }
    const std::string why =
        fmt::format("{} runs have not begun (limits.waiting: {}), and many of them are of it", backlog_.size(), most);
    tell(true, fmt::format("source {} is not read on: {}; what comes after may be critical", told.source, why));
    ++figures_.delayed;
    record("source.delayed", {{"source", line(told.source)}, {"reason", line(why)}});
  }
  if (const auto due = held_sources_.due()) wake_at(*due);
}

/// nullopt: nothing of what it needs.
std::optional<Contested> Core::taken_by_others(const Run& r, const std::vector<ResourceId>& wanted) const {
  for (const ResourceId& id : wanted) {
    const auto known = resources_.find(id.text());
    if (known != resources_.end() && known->second.locked_by != 0) return Contested{{}, id.text()};
  }
  if (at_work_.has_room_on(r.subject)) return std::nullopt;
  return Contested{Contested::What::subject, r.subject};
}

/// As it is now. Empty: nobody has it.
std::string Core::who_has(const Contested& thing) const {
  if (thing.what == Contested::What::resource) {
    const auto known = resources_.find(thing.name);
    if (known == resources_.end() || known->second.locked_by == 0) return {};
    return fmt::format("waits for run {}, which has {}", known->second.locked_by, thing.name);
  }
  const auto& runs = at_work_.on(thing.name);
  if (runs.empty()) return {};
  if (runs.size() == 1) return fmt::format("waits for run {}, which is at work on {}", *runs.begin(), thing.name);
  return fmt::format("waits for one of the runs {}, which are at work on {}", fmt::join(runs, ", "), thing.name);
}

/// All that it needs, or nothing: whoever waits has nothing that another could wait for. False: another run has
/// something of it.
bool Core::takes_locks(const Run& r) {
  const auto wanted = locks_of(r);
  if (const auto thing = taken_by_others(r, wanted)) {
    if (!backlog_.park(r.id, *thing)) waits_[r.id] = who_has(*thing);
    return false;
  }
  lock(r.id, wanted);
  return true;
}

/// What it waits for, but a person; empty: nothing. Asked of this one, since `waits()` names only the first of many.
std::string Core::waits_for(const Run& r) const {
  if (!is_blocked(r)) {
    const Contested* thing = backlog_.parked_for(r.id);
    if (std::string who = thing != nullptr ? who_has(*thing) : std::string(); !who.empty()) return who;
    const auto own = waits_.find(r.id);
    if (thing == nullptr && own != waits_.end() && !own->second.empty()) return own->second;
  }
  return waits().reason(r.id, r.workflow, r.state, r.reason);
}

Waits Core::waits() const {
  Waits all;
  for (const auto& [id, waits] : waits_) {
    if (all.runs.size() == waits_shown_max) break;
    all.runs[id] = waits;
  }
  for (const auto& [lane, why] : full_lanes_) {
    backlog_.each_of(lane, [&](const Backlog::Waiter& waiter) {
      if (all.runs.size() < waits_shown_max) all.runs.insert_or_assign(waiter.run, why);  // not asked: that is older
      return all.runs.size() < waits_shown_max;
    });
  }
  Contested of;
  std::string why;
  backlog_.each_parked([&](const Contested& thing, std::uint64_t waiter) {
    if (thing != of) why = who_has(of = thing);
    if (!why.empty() && all.runs.size() < waits_shown_max) all.runs.insert_or_assign(waiter, why);
    return all.runs.size() < waits_shown_max;
  });
  const auto for_turn = [this](Level severity) {
    return fmt::format("waits for a turn: {} programs and calls run at once", turns_.limit(severity));
  };
  const std::array texts{for_turn(Level::medium), for_turn(Level::critical)};  // there may be many waiters
  for (const Turns::Waiter& waiter : turns_.waiting()) {
    all.runs[waiter.run] = texts.at(waiter.severity == Level::critical ? 1 : 0);
  }
  add_pauses(all);
  if (!blocked().empty()) {
    all.pending = "waits: " + blocked();
  } else if (!at_work_.has_room(false, true)) {
    guard::Share common;
    common.errands = true;
    all.pending = "waits for a turn: " + at_work_.full(common);
  }
  return all;
}

/// False: it is started when others have ended.
bool Core::take_turn(const Run& r, const NextErrand& next) {
  Active& active = active_.at(r.id);
  if (turns_.take(r.id, r.severity)) {
    active.next.reset();
    return true;
  }
  if (!active.next) active.next = next;
  return false;
}

/// Whoever waits is asked again whether it may: minutes may have passed.
void Core::next_turns() {
  if (draining_) return;
  while (const auto id = turns_.next()) {
    const Run* r = run(*id);
    const auto active = active_.find(*id);
    const bool goes_on = r != nullptr && (r->state == RunState::running || !r->closing.empty());
    if (!goes_on || active == active_.end()) continue;
    const auto next = std::exchange(active->second.next, std::nullopt);
    if (!next) continue;
    next->looks ? look(*r, next->step, next->recovering) : advance(*id);
  }
}

}  // namespace aright::engine
