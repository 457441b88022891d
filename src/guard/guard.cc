#include "guard/guard.h"

#include <fmt/format.h>

#include <algorithm>

namespace aright::guard {

namespace {

bool same_key(Per per, const Admission& admission, std::string_view subject) {
  return per == Per::workflow || admission.subject == subject;
}

Count count_one(const Threshold& limit, const Question& question) {
  Count seen{limit, 0, std::nullopt};
  for (const Admission& admission : question.admissions) {
    if (!same_key(limit.per, admission, question.subject)) continue;
    const Nanos left = limit.within - elapsed(admission.at, question.now);
    if (left <= Nanos::zero()) continue;
    ++seen.admitted;
    seen.leaves = std::min(seen.leaves.value_or(left), left);
  }
  return seen;
}

/// How long a wait has lasted: by the clock that shows most, and at least since the boot. A wall clock that steps back
/// must not stretch it; the threshold is what stops loops.
Nanos waited(const Moment& since, const Now& now) {
  const Nanos span = elapsed_at_most(since, now);
  return since.boot_id == now.boot_id ? span : std::max(span, now.boot);
}

/// `inner` is `outer` or lies below it.
bool covers(std::string_view outer, std::string_view inner) {
  if (!inner.starts_with(outer)) return false;
  return inner.size() == outer.size() || outer == "/" || inner[outer.size()] == '/';
}

}  // namespace

std::vector<Count> count(const Question& question) {
  std::vector<Count> counts;
  counts.reserve(question.workflow.guards.threshold.size());
  for (const Threshold& limit : question.workflow.guards.threshold) counts.push_back(count_one(limit, question));
  return counts;
}

Verdict threshold(const Question& question) {
  for (const Threshold& limit : question.workflow.guards.threshold) {
    if (question.admissions.size() < limit.runs) continue;  // whatever their key and age: too few
    const Count seen = count_one(limit, question);
    if (seen.admitted < limit.runs) continue;
    return Hold{"threshold",
                fmt::format("admitted {} time{} within {} per {}, {} allowed; possible loop", seen.admitted,
                            seen.admitted == 1 ? "" : "s", format_duration(limit.within), name(limit.per), limit.runs)};
  }
  return Admit{};
}

Verdict cool_down(const Question& question) {
  const auto& limit = question.workflow.guards.cool_down;
  if (!limit) return Admit{};
  Nanos left{0};
  for (const Admission& admission : question.admissions) {
    if (same_key(limit->per, admission, question.subject)) {
      left = std::max(left, limit->wait - waited(admission.at, question.now));
    }
  }
  if (left <= Nanos::zero()) return Admit{};
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left);
  return Suppress{"cool-down",
                  fmt::format("admitted less than {} ago per {}; {}s left", format_duration(limit->wait),
                              name(limit->per), seconds.count()),
                  left};
}

Verdict protected_resource(const ResourceId& resource, std::span<const std::string> protected_paths) {
  for (const std::string& path : protected_paths) {
    if (covers(path, resource.id) || covers(resource.id, path)) {
      return Hold{"protected", fmt::format("{} touches the protected path {}", resource.text(), path)};
    }
  }
  return Admit{};
}

Nanos longest_window(const Workflow& workflow) {
  Nanos longest{0};
  for (const Threshold& limit : workflow.guards.threshold) longest = std::max(longest, limit.within);
  if (workflow.guards.cool_down) longest = std::max(longest, workflow.guards.cool_down->wait);
  return longest;
}

}  // namespace aright::guard
