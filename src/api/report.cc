#include "api/report.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "model/run.h"

namespace aright::api {

namespace {

constexpr Nanos review_lasts_most = std::chrono::days{30};  ///< `expires` of a step `approve`

std::optional<WallTime> time_in(const Json& row, const char* key) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_string()) return std::nullopt;
  const auto time = parse_rfc3339(found->get_ref<const std::string&>());
  return time ? std::optional(*time) : std::nullopt;
}

bool set_in(const Json& row, const char* key) { return number_in(row, key) != 0; }

/// Nearest rank: that time which `share` of them do not exceed. nullptr: there are none.
Json quantile_ms(std::vector<Nanos> times, double share) {
  if (times.empty()) return nullptr;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(times.size())));
  const auto at = times.begin() + static_cast<std::ptrdiff_t>(std::max<std::size_t>(rank, 1) - 1);
  std::ranges::nth_element(times, at);
  return std::round(std::chrono::duration<double, std::milli>(*at).count() * 100) / 100;
}

Json times_json(const std::vector<Nanos>& times) {
  return {{"count", times.size()}, {"p50_ms", quantile_ms(times, 0.5)}, {"p95_ms", quantile_ms(times, 0.95)}};
}

std::uint64_t sum(const std::map<std::string, std::uint64_t>& counts) {
  std::uint64_t all = 0;
  for (const auto& [key, count] : counts) all += count;
  return all;
}

/// A person let it go on, or answered for it: "alice (review 3)".
bool a_person_decided(const Json& run) {
  const std::string by = text_in(run, "decided_by");
  return !by.empty() && by != "guards";
}

/// A run that took back what an older one has done.
bool took_back(const Json& run) {
  const auto undo = run.find("undo");
  const bool redo = undo != run.end() && undo->is_object() && undo->value("redo", Json()) == true;
  return set_in(run, "undoes") && text_in(run, "state") == name(RunState::succeeded) && !redo;
}

void add(std::vector<Nanos>& to, const std::vector<Nanos>& more) { to.insert(to.end(), more.begin(), more.end()); }

}  // namespace

Report::Belongs Report::belongs(const Json& row, const char* key) {
  const auto at = time_in(row, key);
  if (!at) {
    ++unreadable_;
    return Belongs::unreadable;
  }
  if (*at >= until_) return Belongs::later;
  return *at < since_ ? Belongs::older : Belongs::yes;
}

bool Report::add_finding(const Json& finding) {
  const Belongs when = belongs(finding, "opened_at");
  if (when != Belongs::yes) return when != Belongs::older;
  const bool again = !text_in(finding, "recurrence_of").empty();
  opened_[text_in(finding, "id")] = {*time_in(finding, "opened_at"), again};
  ++findings_[text_in(finding, "state")];
  if (again) ++recurrences_[text_in(finding, "control")];
  if (const auto mark = finding.find("mark"); mark != finding.end() && mark->is_object())
    ++marks_[text_in(*mark, "as")];
  return true;
}

void Report::add_times(Figures& of, const Json& run, WallTime created) const {
  const auto ended = time_in(run, "finished_at");
  if (!ended) return;
  // One that answers the same finding once more did not begin when that opened.
  const auto finding = opened_.find(text_in(run, "finding"));
  const bool first = finding != opened_.end() && !set_in(run, "retries");
  const WallTime from = first ? std::min(finding->second.at, created) : created;
  (a_person_decided(run) ? of.with_people : of.alone).push_back(std::max(Nanos::zero(), *ended - from));
}

/// No fix. One that takes an undo back is a person's decision too: what stands again was not fixed alone. One that was
/// refused when it was planned, was held or failed has taken nothing back.
void Report::add_undo(Figures& of, const Json& run) {
  const auto found = run.find("undo");
  const Json undo = found != run.end() && found->is_object() ? *found : Json::object();
  if (const std::uint64_t waiver = number_in(undo, "waiver"); waiver != 0) waivers_of_undos_.insert(waiver);
  if (text_in(run, "state") != name(RunState::succeeded)) return;
  ++interventions_["undone"];
  if (!took_back(run)) return;
  ++of.undone;
  undone_.insert(number_in(run, "undoes"));
}

bool Report::add_run(const Json& run) {
  const Belongs when = belongs(run, "created_at");
  if (when == Belongs::later && took_back(run)) undone_.insert(number_in(run, "undoes"));  // it did not last
  if (when != Belongs::yes) return when != Belongs::older;
  Figures& of = workflows_[text_in(run, "workflow")];
  const std::string state = text_in(run, "state");
  if (!text_in(run, "cancel_asked").empty()) ++interventions_["cancelled"];
  if (set_in(run, "undoes")) {
    add_undo(of, run);
    return true;
  }
  ++of.outcomes[state];
  if (set_in(run, "review")) ++of.held;
  if (const auto finding = opened_.find(text_in(run, "finding")); finding != opened_.end() && finding->second.again) {
    of.recurred.insert(text_in(run, "finding"));
  }
  if (state == name(RunState::succeeded) && set_in(run, "unverified")) {
    ++of.unverified;
  } else if (state == name(RunState::succeeded) && run.value("changed_nothing", Json()) == true) {
    ++of.changed_nothing;
  } else if (state == name(RunState::succeeded)) {
    if (!a_person_decided(run) && !undone_.contains(number_in(run, "id"))) ++of.fixed_alone;
    add_times(of, run, *time_in(run, "created_at"));
  }
  if (set_in(run, "retries")) ++interventions_["retried"];
  return true;
}

/// An answer counts when it was given, as in the series; the question when it was asked.
bool Report::add_review(const Json& review) {
  const Belongs when = belongs(review, "opened_at");
  const std::string decided = text_in(review, "state");
  const std::string state = text_in(review, "in_vain").empty() ? decided : "in_vain";  // a yes that let nothing happen
  const auto at = time_in(review, "decided_at");
  if ((decided == "approved" || decided == "denied") && at && *at >= since_ && *at < until_) ++interventions_[state];
  if (when == Belongs::older) return *time_in(review, "opened_at") >= since_ - review_lasts_most;
  if (when == Belongs::yes) ++reviews_[state];
  return true;
}

bool Report::add_waiver(const Json& waiver) {
  const Belongs when = belongs(waiver, "granted_at");
  if (when != Belongs::yes) return when != Belongs::older;
  if (!set_in(waiver, "review") && !waivers_of_undos_.contains(number_in(waiver, "id"))) ++interventions_["waived"];
  return true;
}

Json Report::figures_json(const Figures& of) const {
  const auto hours = std::chrono::duration<double, std::ratio<3600>>(by_hand_) * static_cast<double>(of.fixed_alone);
  return {{"runs", sum(of.outcomes)},
          {"outcomes", of.outcomes},
          {"held", of.held},
          {"fixed_alone", of.fixed_alone},
          {"unverified", of.unverified},
          {"changed_nothing", of.changed_nothing},
          {"undone", of.undone},
          {"recurred", of.recurred.size()},
          {"alone", times_json(of.alone)},
          {"with_people", times_json(of.with_people)},
          {"hours_saved", std::round(hours.count() * 100) / 100}};
}

Json Report::to_json() const {
  Figures all;
  Json workflows = Json::array();
  for (const auto& [workflow, of] : workflows_) {
    for (const auto& [state, count] : of.outcomes) all.outcomes[state] += count;
    all.held += of.held;
    all.fixed_alone += of.fixed_alone;
    all.unverified += of.unverified;
    all.changed_nothing += of.changed_nothing;
    all.undone += of.undone;
    all.recurred.insert(of.recurred.begin(), of.recurred.end());
    add(all.alone, of.alone);
    add(all.with_people, of.with_people);
    Json doc = figures_json(of);
    doc["workflow"] = workflow;
    workflows.push_back(std::move(doc));
  }
  const auto marked = [&](const char* as) { return marks_.contains(as) ? marks_.at(as) : 0; };
  const std::uint64_t judged = sum(marks_);
  const Json rate =
      judged == 0 ? Json() : Json(static_cast<double>(marked("false-positive")) / static_cast<double>(judged));
  return {{"since", rfc3339(since_)},
          {"until", rfc3339(until_)},
          {"by_hand", format_duration(by_hand_)},
          {"workflows", std::move(workflows)},
          {"all", figures_json(all)},
          {"findings",
           {{"opened", sum(findings_)},
            {"states", findings_},
            {"recurrences", sum(recurrences_)},
            {"recurrences_of", recurrences_},
            {"marked", judged},
            {"marked_true", marked("true")},
            {"marked_false_positive", marked("false-positive")},
            {"false_positive_rate", rate}}},
          {"reviews", reviews_},
          {"interventions", {{"all", sum(interventions_)}, {"kinds", interventions_}}},
          {"unreadable", unreadable_}};
}

}  // namespace aright::api
