// What guards remember beside admissions: endings, breakers, openings, and how long what is counted counts.
#include <fmt/format.h>

#include <algorithm>

#include "engine/projection.h"

namespace aright::engine {

const guard::BreakerOpen* Projection::breaker(const std::string& workflow) const {
  const auto found = breakers_.find(workflow);
  return found == breakers_.end() ? nullptr : &found->second;
}

/// As a definition says it. Of a budget the time stands under its own key.
void Projection::take_windows(DocReader& in) {
  const std::string name = in.text("name");
  if (in.text("definition") == "workflow") {
    openings_kept_.erase(name);
    returns_kept_.erase(name);
  }
  if (in.has("returns")) returns_kept_[name] = in.number("returns");
  if (in.has("openings")) openings_kept_[name] = in.number("openings");
  if (in.has("window_ms")) {
    const std::string key = in.text("definition") == "budget" ? budget_key(name) : name;
    windows_[key] = in.millis("window_ms");
  }
  if (in.has("endings_ms")) windows_[endings_key(name)] = in.millis("endings_ms");
  if (in.has("budget_ms")) windows_[own_budget_key(name)] = in.millis("budget_ms");
}

/// Those of `before` and the one that happens now, as many as the guard that asks about most of them.
std::vector<Moment> Projection::openings_with(const SubjectState& before) const {
  std::uint64_t kept = 0;
  for (const auto& [workflow, number] : openings_kept_) kept = std::max(kept, number);
  if (kept == 0) return {};
  std::vector<Moment> openings = before.openings;
  openings.push_back(at_);
  if (openings.size() > kept) openings.erase(openings.begin(), openings.end() - static_cast<std::ptrdiff_t>(kept));
  return openings;
}

/// Of those workflows that had put the last episode right, where the state that they had found is there again: the
/// moments before and this one, no more than the guard asks about.
std::map<std::string, std::vector<Moment>> Projection::returns_with(const SubjectState& before,
                                                                    const std::string& about) const {
  std::map<std::string, std::vector<Moment>> all;
  if (about.empty()) return all;
  for (const auto& [workflow, answer] : before.answers) {
    const auto kept = returns_kept_.find(workflow);
    if (kept == returns_kept_.end() || answer.state != "succeeded" || answer.about != about) continue;
    const auto earlier = before.returns.find(workflow);
    std::vector<Moment> moments = earlier == before.returns.end() ? std::vector<Moment>() : earlier->second;
    moments.push_back(at_);
    if (moments.size() > kept->second) {
      moments.erase(moments.begin(), moments.end() - static_cast<std::ptrdiff_t>(kept->second));
    }
    all.emplace(workflow, std::move(moments));
  }
  return all;
}

/// What may come of a run: of the states it made, and of programs and servers that may have its token.
void Projection::note_changes(const Run& run, LastAnswer& answer) const {
  answer.run = 0;
  answer.order = 0;
  answer.under.clear();
  answer.causes.clear();
  answer.made = run.state == RunState::succeeded ? run.made : std::map<std::string, std::string>();
  if (answer.made.empty() && !run.asked) return;
  answer.run = run.id;
  answer.order = entries_;
  answer.under = versions_text(run.version, run.control_hash);
  const auto finding = findings_.find(run.finding);
  answer.causes = finding == findings_.end() ? run.causes : finding->second.causes;
}

/// Of a run that was admitted: once, when it ends or when nobody knows how it ended.
void Projection::count_ending(const Run& run, RunState from) {
  if (!run.admitted_at || run.undo || from == RunState::unknown) return;
  const bool good = run.state == RunState::succeeded;
  const bool bad = run.state == RunState::failed || run.state == RunState::rolled_back ||
                   run.state == RunState::rollback_failed || run.state == RunState::unknown;
  if ((good || bad) && windows_.contains(endings_key(run.workflow))) {
    guard::Admission ending{run.subject, at_};
    ending.end = name(run.state);
    count(endings_key(run.workflow), std::move(ending));
  }
}

/// Where a run counts for a budget, and for the breaker that it tries.
void Projection::note_end(const Run& run) {
  tries_no_more(run);
  if (!run.admitted_at) return;
  const auto spent = spent_by_.find(run.id);
  if (spent == spent_by_.end()) return;
  const auto [key, entry] = spent->second.back();
  spent_by_.erase(spent);
  Counted& counted = counted_.at(key);
  const bool verified = run.state == RunState::succeeded && run.unverified == 0;
  guard::Admission& admission = counted.list.at(entry);
  admission.end = verified ? "verified" : name(run.state);
  counted.spent.end(entry, verified ? guard::Spent::End::verified : guard::Spent::End::other);
  touch_counted(key, entry);
}

void Projection::tries_no_more(const Run& run) {
  const auto breaker = breakers_.find(run.workflow);
  if (breaker == breakers_.end() || breaker->second.trial != run.id) return;
  breaker->second.trial = 0;
  context_touched_ = true;
}

void Projection::on_breaker(const std::string& kind, DocReader& in) {
  const std::string workflow = in.text("workflow");
  const std::string reason = in.text("reason");
  context_touched_ = true;
  if (kind == "breaker.opened") {
    // One that tries goes on trying when another, which tried before it, ends at last.
    const auto open = breakers_.find(workflow);
    const std::uint64_t trial = open == breakers_.end() ? 0 : open->second.trial;
    breakers_[workflow] = {at_, reason, trial == in.number("run") ? 0 : trial};
    return;
  }
  if (kind != "breaker.closed" || breakers_.erase(workflow) == 0) return in.wrong("kind");
  const std::string key = endings_key(workflow);  // what was before counts no more
  const auto endings = counted_.find(key);
  if (endings == counted_.end()) return;
  while (!endings->second.list.empty()) uncount(key, endings->second, endings->second.list.begin()->first);
}

Json Projection::breakers_json() const {
  Json list = Json::array();
  for (const auto& [workflow, open] : breakers_) {
    list.push_back({{"workflow", workflow},
                    {"since", rfc3339(open.since.wall)},
                    {"up", open.since.boot / std::chrono::microseconds{1}},
                    {"boot_id", open.since.boot_id},
                    {"why", open.why},
                    {"trial", open.trial}});
  }
  return list;
}

Result<Done> Projection::load_breakers(const Json& list) {
  for (const Json& item : list) {
    DocReader in(item, "context breaker");
    const Moment since{in.time("since"), in.micros("up"), in.text("boot_id")};
    breakers_[in.text("workflow")] = {since, in.text("why"), in.number("trial")};
    if (auto ok = in.finish(); !ok) return ok;
  }
  return Done{};
}

}  // namespace aright::engine
