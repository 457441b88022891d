// What the checker asks of guards: every admission counted anew, over all that ever were.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "checker.h"

namespace aright::sim {

namespace {

/// What a run on `subject` would change.
std::set<std::string> changed_by(const Workflow& w, const std::string& subject) {
  std::set<std::string> paths;
  for (const Step& step : w.steps) {
    if (step.ensure() == nullptr) continue;
    paths.insert(step.cures() ? subject : "file:" + step.ensure()->own->resource.id);
  }
  return paths;
}

/// The only expression of a world is the subject's id, which subjects of several kinds can have.
bool same_key(const Workflow& w, Per per, const std::string& one, const std::string& other) {
  if (per == Per::workflow) return true;
  if (per == Per::expression)
    return one.substr(one.find_first_of(":=") + 1) == other.substr(other.find_first_of(":=") + 1);
  if (per != Per::resource) return one == other;
  const auto changed = changed_by(w, one);
  return std::ranges::any_of(changed_by(w, other), [&](const auto& path) { return changed.contains(path); });
}

}  // namespace

Checker::Admitted Checker::admission(const std::string& subject, const Json& e) const {
  const Moment at{parse_rfc3339(e.at("at").get<std::string>()).value(),
                  std::chrono::microseconds{e.at("up").get<std::uint64_t>()}, boot_id_};
  return {subject, at, made(e)};
}

/// `surely`: only those count that are young by true time too. A wall clock that steps back can make an old admission,
/// rightly forgotten, look young again.
bool Checker::over_threshold(const RunSeen& run, bool shadow, const Admitted& now, bool surely) const {
  const auto& all = shadow ? shadow_admissions_ : admissions_;
  const auto earlier = all.find(run.workflow);
  if (earlier == all.end()) return false;
  const Workflow& w = pinned(run);
  return std::ranges::any_of(w.guards.threshold, [&](const Threshold& limit) {
    const auto recent = std::ranges::count_if(earlier->second, [&](const Admitted& a) {
      Nanos age = now.at.wall - a.at.wall;
      if (a.at.boot_id == now.at.boot_id) age = std::min(age, now.at.boot - a.at.boot);
      if (surely) age = std::max(age, now.time - a.time);
      return same_key(w, limit.per, a.subject, now.subject) && age < limit.within;
    });
    return recent >= limit.runs;
  });
}

/// One admission more than the threshold allows needs a person.
void Checker::admitted(std::uint64_t id, RunSeen& run, const Json& e) {
  const Admitted now = admission(run.subject, e);
  if (e.value("decided_by", "") == "guards") {
    if (over_threshold(run, false, now, true)) violation("admits one more than the threshold of " + run.workflow);
    cooled_down(run, now);
    within_limits(id, run, now);
  }
  if (run.was_admitted) ++run.admitted_more;
  run.was_admitted = true;
  if (run.undoes == 0) spend(id, run, now);
  admissions_[run.workflow].push_back(now);
}

/// It counts as if it had not been: then nothing of it may have been done.
void Checker::withdrawn(std::uint64_t id, RunSeen& run) {
  for (const StepSeen& step : run.steps) {
    const auto done = effect_of_key_.find(step.key);
    const bool began = done != effect_of_key_.end() && done->second > step.intended_order;
    if (began || is_made(step) || step.exit)
      violation("takes back an admission, and " + step.path + " was changed by it");
  }
  if (!run.was_admitted) violation("takes back an admission that was not");
  run.was_admitted = run.admitted_more != 0;
  if (run.was_admitted) --run.admitted_more;
  auto& all = admissions_[run.workflow];
  const auto own = std::ranges::find(all.rbegin(), all.rend(), run.subject, &Admitted::subject);
  all.erase(std::next(own).base());
  for (auto& [name, spent] : spent_) {
    const auto last = std::ranges::find(spent.rbegin(), spent.rend(), id, &Spent::run);
    if (last != spent.rend()) spent.erase(std::next(last).base());
  }
}

/// A wait is over when any clock says so.
void Checker::cooled_down(const RunSeen& run, const Admitted& now) const {
  const auto& limit = pinned(run).guards.cool_down;
  const auto earlier = admissions_.find(run.workflow);
  if (!limit || earlier == admissions_.end()) return;
  const auto own = static_cast<std::size_t>(std::ranges::count(earlier->second, run.subject, &Admitted::subject));
  std::size_t others =
      own - (run.was_admitted ? run.admitted_more + 1 : 0);  // before the newest, its own, of its subject
  for (const Admitted& a : earlier->second) {
    if (a.subject == run.subject && others == 0) continue;
    if (a.subject == run.subject) --others;
    const bool boots = a.at.boot_id == now.at.boot_id;
    const Nanos age =
        std::max({now.at.wall - a.at.wall, boots ? now.at.boot - a.at.boot : now.at.boot, now.time - a.time});
    if (same_key(workflow(run.workflow), limit->per, a.subject, run.subject) && age < limit->wait) {
      violation("admits before the cool-down of " + run.workflow + " is over");
    }
  }
}

/// What a person let go on goes on beyond the limits.
void Checker::has_room(const RunSeen& run) const {
  const auto limit = pinned(run).guards.concurrency;
  const auto busy = std::ranges::count_if(runs_, [&](const auto& item) {
    const RunSeen& r = item.second;
    return r.workflow == run.workflow && is_at_work(r) && !r.let_go;
  });
  if (limit && busy > *limit) violation(fmt::format("{} runs of {} are at work", busy, run.workflow));
}

std::size_t Checker::at_work_on(const std::string& subject) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      runs_, [&](const auto& item) { return item.second.subject == subject && is_at_work(item.second); }));
}

/// Counted among all that are open, by what their entries say: whatever the workflow, whoever let it go on.
void Checker::alone_enough(std::uint64_t id, const RunSeen& run) const {
  const std::size_t busy = at_work_on(run.subject);
  if (busy <= config_.limits.subject) return;
  violation(fmt::format("run {} is at work on {}, and {} others are", id, run.subject, busy - 1));
}

/// Not held without need.
void Checker::held(const RunSeen& run, const Json& e) const {
  if (e.value("guard", "") != "threshold") return;
  if (!over_threshold(run, false, admission(run.subject, e), false)) {
    violation("is held, and the threshold of " + run.workflow + " is not reached");
  }
}

/// Mode plan says what mode auto would do.
void Checker::would_run(const RunSeen& run, const Json& e) {
  const Admitted now = admission(run.subject, e);
  const std::string said = e.at("reason").get<std::string>();
  const bool runs = said == "would run";
  if ((runs || said.contains("held: threshold")) && over_threshold(run, true, now, runs) == runs)
    violation("would be otherwise in mode auto: " + e.at("reason").dump());
  shadow_admissions_[run.workflow].push_back(now);
}

void Checker::observed(const Json& e) {
  if (e.contains("waits") || e.contains("again")) return;  // it counts when it does not any more, or has counted
  for (const auto& [key, id] : open_findings_) {
    if (id != e.at("finding").get<std::string>()) continue;
    const std::string subject = key.substr(key.find(' ') + 1);
    shadow_admissions_[e.at("workflow").get<std::string>()].push_back(admission(subject, e));
  }
}

}  // namespace aright::sim
