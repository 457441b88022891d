#include "reference.h"

#include <algorithm>
#include <utility>

namespace aright::timelines {

namespace {

/// "A wait is over when any clock says so": the larger of both, and at least the time since the boot.
std::int64_t waited_ms(const Clock& then, const Clock& now) {
  const std::int64_t wall = std::max<std::int64_t>(now.wall_ms - then.wall_ms, 0);
  const std::int64_t boots = then.boot == now.boot ? now.boot_ms - then.boot_ms : now.boot_ms;
  return std::max(wall, boots);
}

/// "What is counted is forgotten, the oldest first, when the next one is counted and it is older than every window; one
/// from before this boot only when the boot is so old too."
template <class T>
void forget(std::vector<T>& list, std::int64_t window, const Clock& now) {
  while (!list.empty() && elapsed_ms(list.front().at, now) >= window &&
         (list.front().at.boot == now.boot || now.boot_ms >= window)) {
    list.erase(list.begin());
  }
}

constexpr std::int64_t day_minutes = 1440;
constexpr std::int64_t week_minutes = 7 * day_minutes;

/// Of windows without a time zone's rules: the offset is fixed, so that a week is a ring of minutes.
bool in_span(const DaySpan& span, std::int64_t minute_of_week) {
  for (int day = 0; day < 7; ++day) {
    if (!span.days.at(static_cast<std::size_t>(day))) continue;
    const std::int64_t from = day * day_minutes + span.from.count();
    const std::int64_t length = (span.to.count() - span.from.count() + day_minutes - 1) % day_minutes + 1;
    if ((minute_of_week - from + week_minutes) % week_minutes < length) return true;
  }
  return false;
}

bool window_open(const TimeWindow& window, const Clock& now) {
  const std::int64_t offset = window.zone == "UTC" ? 0 : 120;  // "+02:00"
  const std::int64_t minutes = now.wall_ms / 60'000 + offset;
  const std::int64_t in_week = (minutes + 4 * day_minutes) % week_minutes;  // 1970 began on a Thursday
  const auto inside = [&](const DaySpan& span) { return in_span(span, in_week); };
  if (std::ranges::any_of(window.forbid, inside)) return false;
  return window.allow.empty() || std::ranges::any_of(window.allow, inside);
}

std::string resource_of(const Workflow& w, const std::string& subject) {
  return w.steps.front().cures() ? subject : w.steps.front().ensure()->own->resource.text();
}

}  // namespace

void Reference::opened(const std::string& control, const std::string& subject, const std::string& state,
                       const Clock& at) {
  circles_.opened(control, subject, state, at);
  std::size_t kept = 1;  // as many as the guard that asks about most of them
  for (const Workflow& w : config_.workflows) {
    if (w.guards.flapping) kept = std::max<std::size_t>(kept, w.guards.flapping->openings);
  }
  auto& list = openings_[control + " " + subject];
  list.push_back(at);
  if (list.size() > kept) list.erase(list.begin());
}

std::string Reference::threshold_says(const Workflow& w, const Control& control, const std::string& subject, bool plan,
                                      const Clock& now) const {
  const auto found = admitted_.find((plan ? "~" : "") + w.name);
  if (found == admitted_.end()) return "";
  for (const Threshold& limit : w.guards.threshold) {
    std::uint32_t count = 0;
    for (const Admitted& one : found->second) {
      const bool same = limit.per == Per::workflow || (limit.per == Per::subject && one.subject == subject) ||
                        (limit.per == Per::resource && one.resource == resource_of(w, subject)) ||
                        (limit.per == Per::expression && one.severity == name(control.severity));
      if (same && elapsed_ms(one.at, now) < ms(limit.within)) ++count;
    }
    if (count >= limit.runs) return "hold threshold";
  }
  return "";
}

std::optional<Budget> Reference::budget_of(const Workflow& w) const {
  if (const Budget* own = w.guards.own_budget()) return *own;
  for (const SharedBudget& shared : config_.budgets) {
    if (w.guards.shared_budget() != nullptr && shared.name == *w.guards.shared_budget()) return shared.budget;
  }
  return std::nullopt;
}

std::string Reference::budget_list(const Workflow& w, bool plan) const {
  const std::string* shared = w.guards.shared_budget();
  return (plan ? "~" : "") + (shared == nullptr ? "own " + w.name : *shared);
}

/// "Number and percentage of a population, the smaller counts, rounded down; an empty one admits nothing; each subject
/// once. In stages of 1, 2, 4, …: the next when all of the former have ended verified."
std::string Reference::budget_says(const Workflow& w, const std::string& subject, bool plan, const Clock& now) const {
  const auto budget = budget_of(w);
  if (!budget) return "";
  std::vector<std::string> order;
  std::map<std::string, std::string> how;
  if (const auto found = spent_.find(budget_list(w, plan)); found != spent_.end()) {
    for (const Admitted& one : found->second) {
      if (elapsed_ms(one.at, now) >= ms(budget->within)) continue;
      if (!how.contains(one.subject)) order.push_back(one.subject);
      how[one.subject] = one.how;
    }
  }
  std::uint64_t allowed = budget->subjects.value_or(~std::uint64_t{0});
  if (budget->population) {
    const std::uint64_t population = std::get<std::uint64_t>(*budget->population);
    if (budget->percent) {
      std::uint64_t part = 0;  // the largest number that is no more than so much of it
      while ((part + 1) * 100 <= population * *budget->percent) ++part;
      allowed = std::min(allowed, part);
    }
    if (population == 0) allowed = 0;
  }
  if (allowed == 0) return "hold budget";
  if (how.contains(subject)) return "";
  if (order.size() + 1 > allowed) return "hold budget";
  if (!budget->staged || plan) return "";
  std::size_t begun = 0;
  std::size_t size = 1;
  while (begun + size <= order.size()) {
    begun += size;
    size *= 2;
  }
  for (std::size_t i = 0; i < begun; ++i) {
    if (!how.at(order[i]).empty() && how.at(order[i]) != "succeeded") return "hold budget";
  }
  for (std::size_t i = 0; i < begun; ++i) {
    if (how.at(order[i]).empty()) return "wait budget";
  }
  return "";
}

std::string Reference::asked(const Workflow& w, const Control& control, const std::string& subject, bool plan,
                             const Clock& now, std::uint64_t again) const {
  const Guards& guards = w.guards;
  const auto found = openings_.find(control.name + " " + subject);
  const std::vector<Clock> openings = found == openings_.end() ? std::vector<Clock>{} : found->second;
  const std::int64_t wanted =
      std::max(ms(guards.hold_time.value_or(Nanos{0})), ms(control.hold_time.value_or(Nanos{0})));
  if (elapsed_ms(openings.back(), now) < wanted) return "wait for";
  const bool open = !guards.window || window_open(*guards.window, now);
  if (!plan && !open && !guards.window->hold) return "wait window";
  if (guards.cool_down) {
    if (const auto earlier = admitted_.find((plan ? "~" : "") + w.name); earlier != admitted_.end()) {
      for (const Admitted& one : earlier->second) {
        const bool same = guards.cool_down->per == Per::workflow || one.subject == subject;
        if (same && one.run == again && again != 0) continue;  // "what was let go does not wait for itself"
        if (same && waited_ms(one.at, now) < ms(guards.cool_down->wait)) return "wait cool-down";
      }
    }
  }
  std::string budget = budget_says(w, subject, plan, now);
  if (budget.starts_with("wait")) return budget;
  if (circles_.loops(w, control.name, subject, {subject, resource_of(w, subject)})) return "hold loop";
  if (!open && guards.window->hold) return "hold window";
  if (guards.flapping) {
    const auto recent = std::ranges::count_if(
        openings, [&](const Clock& at) { return elapsed_ms(at, now) < ms(guards.flapping->within); });
    if (recent >= guards.flapping->openings) return "hold flapping";
  }
  if (const auto breaker = breakers_.find(w.name); guards.breaker && breaker != breakers_.end()) {
    const bool may_try = guards.breaker->trial_after && breaker->second.trial == 0 &&
                         elapsed_ms(breaker->second.since, now) >= ms(*guards.breaker->trial_after);
    const bool tries = again != 0 && breaker->second.trial == again;
    if (!may_try && !tries) return "hold breaker";
  }
  if (const std::string held = threshold_says(w, control, subject, plan, now); !held.empty()) return held;
  if (circles_.oscillates(w, control.name, subject, now)) return "hold oscillation";
  if (!budget.empty()) return budget;
  return plan && !open ? "wait window" : "admit";
}

void Reference::admitted(const Workflow& w, const Control& control, const std::string& subject, std::uint64_t run,
                         bool plan, const Clock& now) {
  count_admission(w, control, subject, run, plan, now);
  circles_.begun(w, control.name, subject, run);
  if (plan) return circles_.ended(run, "planned", {});
  try_breaker(w, run);
}

/// "Nothing of it has begun: its admission is taken back, and counts as if it had not been."
void Reference::conflicted(const Workflow& w, std::uint64_t run, bool begun) {
  if (begun) return;
  const auto take_back = [run](std::vector<Admitted>& list) {
    const auto last = std::find_if(list.rbegin(), list.rend(), [run](const Admitted& one) { return one.run == run; });
    if (last != list.rend()) list.erase(std::next(last).base());
  };
  take_back(admitted_[w.name]);
  for (auto& [name, list] : spent_) {
    if (!name.starts_with('~')) take_back(list);
  }
  tries_.erase(run);
}

void Reference::count_admission(const Workflow& w, const Control& control, const std::string& subject,
                                std::uint64_t run, bool plan, const Clock& now) {
  const Admitted one{subject, std::string(name(control.severity)), resource_of(w, subject), run, now};
  std::int64_t longest = w.guards.cool_down ? ms(w.guards.cool_down->wait) : 0;
  for (const Threshold& limit : w.guards.threshold) longest = std::max(longest, ms(limit.within));
  auto& list = admitted_[(plan ? "~" : "") + w.name];
  forget(list, longest, now);
  list.push_back(one);
  if (const auto budget = budget_of(w)) {
    auto& spent = spent_[budget_list(w, plan)];
    forget(spent, ms(budget->within), now);
    spent.push_back(one);
  }
}

void Reference::try_breaker(const Workflow& w, std::uint64_t run) {
  if (!w.guards.breaker) return;
  if (const auto open = breakers_.find(w.name); open != breakers_.end()) {
    open->second.trial = run;
    tries_[run] = true;
  } else {
    tries_.erase(run);  // let go again since: it proves what every run does
  }
}

/// "The breaker opens when, of at least so many runs that ended, so many percent failed or were rolled back; one that
/// was let go meanwhile and ends well closes it, and what was before counts no more; one that does not begins the wait
/// anew."
void Reference::count_end(const Workflow& w, std::uint64_t run, const std::string& how, const Clock& now) {
  for (auto& [name, list] : spent_) {
    const auto last = std::find_if(list.rbegin(), list.rend(), [&](const Admitted& one) { return one.run == run; });
    if (how != "unknown" && !name.starts_with('~') && last != list.rend()) last->how = how;
  }
  if (!w.guards.breaker) return;
  const bool good = how == "succeeded";
  if (how != "cancelled" && !std::exchange(counted_[run], true)) {
    auto& list = ended_[w.name];
    forget(list, ms(w.guards.breaker->within), now);
    list.push_back({now, !good});
  }
  const auto open = breakers_.find(w.name);
  if (how == "cancelled") {
    if (open != breakers_.end() && open->second.trial == run) open->second.trial = 0;
    return;
  }
  if (open == breakers_.end()) {
    std::uint32_t all = 0;
    std::uint32_t bad = 0;
    for (const Ended& one : ended_[w.name]) {
      if (elapsed_ms(one.at, now) >= ms(w.guards.breaker->within)) continue;
      ++all;
      bad += one.bad ? 1U : 0U;
    }
    if (all >= w.guards.breaker->runs && bad * 100 >= w.guards.breaker->percent * all) breakers_[w.name] = {now, 0};
    return;
  }
  if (open->second.trial == run && how != "unknown") open->second.trial = 0;
  if (!tries_.contains(run)) return;
  if (good) {
    breakers_.erase(open);
    ended_[w.name].clear();
  } else {
    // An earlier one that ends at last takes nothing from the one that tries now.
    open->second = {now, open->second.trial == run ? 0 : open->second.trial};
  }
}

void Reference::ended(const Workflow& w, std::uint64_t run, const std::string& how,
                      const std::map<std::string, std::string>& made, const Clock& now) {
  if (how != "unknown") circles_.ended(run, how, made);
  count_end(w, run, how, now);
}

}  // namespace aright::timelines
