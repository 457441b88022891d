// What guards count, as the entries imply it.
#include <fmt/format.h>

#include <algorithm>

#include "engine/projection.h"

namespace aright::engine {

namespace {

std::string admission_key(const std::string& workflow, bool shadow) { return shadow ? shadow_key(workflow) : workflow; }

}  // namespace

std::string endings_key(const std::string& workflow) { return "!" + workflow; }
std::string budget_key(const std::string& shared) { return "@" + shared; }
std::string own_budget_key(const std::string& workflow) { return "@workflow/" + workflow; }
std::string shadow_key(const std::string& key) { return "~" + key; }

const std::vector<guard::Admission>& Projection::counted(const std::string& key) const {
  static const std::vector<guard::Admission> none;
  const auto found = admissions_.find(key);
  return found == admissions_.end() ? none : found->second.list;
}

const std::vector<guard::Admission>& Projection::admissions(const std::string& workflow, bool shadow) const {
  return counted(admission_key(workflow, shadow));
}

bool SubjectState::came_back(const std::string& workflow) const {
  const auto answer = answers.find(workflow);
  return std::ranges::find(fixed, workflow) != fixed.end() && (answer == answers.end() || answer->second.runs == 0);
}

void Projection::admit(const std::string& workflow, const std::string& control, const std::string& subject,
                       std::uint64_t run, bool shadow, DocReader& in) {
  guard::Admission admission{subject, at_};
  if (in.has("keys")) admission.keys = in.texts("keys");
  const auto about = subjects_.find(control + " " + subject);
  admission.again = about != subjects_.end() && about->second.came_back(workflow) && !in.has("once_more");
  count(admission_key(workflow, shadow), "", std::move(admission));
  if (in.has("budget")) {
    const std::string budget = in.text("budget");
    guard::Admission spent{subject, at_};
    spent.run = run;
    count(admission_key(budget, shadow), "b", std::move(spent));
  }
  const auto breaker = breakers_.find(workflow);
  if (in.has("trial") && breaker != breakers_.end()) breaker->second.trial = run;
}

/// Nothing of it has begun: its admission counts as if it had not been. A breaker that it tries stays its own. There is
/// one open run of a workflow on a subject, so the newest admission of its subject is its own; where that has been
/// forgotten, so have all before it.
void Projection::withdraw(Run& run) {
  if (run.admitted_more == 0) run.admitted_at.reset();
  if (run.admitted_more != 0) --run.admitted_more;
  run.tries_breaker = false;
  if (const auto found = admissions_.find(run.workflow); found != admissions_.end()) {
    const auto& list = found->second.list;
    const auto own = std::ranges::find(list.rbegin(), list.rend(), run.subject, &guard::Admission::subject);
    if (own != list.rend()) uncount(run.workflow, static_cast<std::size_t>(list.rend() - own) - 1);
  }
  for (auto it = admissions_.lower_bound("@"); it != admissions_.end() && it->first.starts_with('@'); ++it) {
    const auto& list = it->second.list;
    const auto own = std::ranges::find(list.rbegin(), list.rend(), run.id, &guard::Admission::run);
    if (own != list.rend()) uncount(it->first, static_cast<std::size_t>(list.rend() - own) - 1);
  }
}

void Projection::uncount(const std::string& key, std::size_t index) {
  context_touched_ = true;
  KeyedAdmissions& keyed = admissions_.at(key);
  touch("admission", keyed.ids[index], false, {});
  keyed.list.erase(keyed.list.begin() + static_cast<std::ptrdiff_t>(index));
  keyed.ids.erase(keyed.ids.begin() + static_cast<std::ptrdiff_t>(index));
}

void Projection::count(const std::string& key, std::string_view row_suffix, guard::Admission admission) {
  forget_counted(key);
  context_touched_ = true;
  KeyedAdmissions& keyed = admissions_[key];
  keyed.list.push_back(std::move(admission));
  keyed.ids.push_back(fmt::format("{:012}{}", entries_, row_suffix));
  touch("admission", keyed.ids.back(), true, admission_text(key, keyed.list.back()));
}

/// Those older than their window, when the next one comes. By nothing but the entries, so that every reader of the log
/// knows which rows there must be.
void Projection::forget_counted(const std::string& key) {
  const auto window = windows_.find(key.starts_with('~') ? key.substr(1) : key);
  if (window == windows_.end()) return;
  KeyedAdmissions& keyed = admissions_[key];
  const Nanos keep = window->second;
  const Now now{at_.wall, at_.boot, at_.boot_id};
  std::size_t old = 0;  // in order of admission, so the old ones are in front
  // One from before this boot is at least as old as the boot; until that proves it old enough, the wall clock alone
  // does not: it may step back again.
  const auto over = [&](const Moment& at) {
    return elapsed(at, now) >= keep && (at.boot_id == now.boot_id || now.boot >= keep);
  };
  while (old < keyed.list.size() && over(keyed.list[old].at)) {
    touch("admission", keyed.ids[old++], false, {});
  }
  keyed.list.erase(keyed.list.begin(), keyed.list.begin() + static_cast<std::ptrdiff_t>(old));
  keyed.ids.erase(keyed.ids.begin(), keyed.ids.begin() + static_cast<std::ptrdiff_t>(old));
}

std::uint64_t Projection::admissions_kept() const {
  std::uint64_t count = 0;
  for (const auto& [key, keyed] : admissions_) count += keyed.list.size();
  return count;
}

Result<Done> Projection::load_admission(const Row& row, const Json& doc) {
  DocReader in(doc, row.table);
  guard::Admission admission{in.text("subject"), {in.time("at"), in.micros("up"), in.text("boot_id")}};
  if (in.has("keys")) admission.keys = in.texts("keys");
  if (in.has("again")) admission.again = in.boolean("again");
  if (in.has("run")) admission.run = in.number("run");
  if (in.has("end")) admission.end = in.text("end");
  KeyedAdmissions& keyed = admissions_[in.text("key")];
  keyed.list.push_back(std::move(admission));
  keyed.ids.push_back(row.id);
  return in.finish();
}

}  // namespace aright::engine
