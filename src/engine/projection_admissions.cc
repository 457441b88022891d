// What guards count, as the entries imply it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/projection.h"

namespace aright::engine {

namespace {

std::string admission_key(const std::string& workflow, bool shadow) { return shadow ? shadow_key(workflow) : workflow; }
bool is_shadow(std::string_view key) { return key.starts_with('~'); }
bool is_budget(std::string_view key) { return key.starts_with('@') || key.starts_with("~@"); }
bool is_endings(std::string_view key) { return key.starts_with('!'); }

/// Of its row. What one entry counts under several keys has several.
std::string row_id(std::string_view key, std::uint64_t entry) {
  return fmt::format("{:012}{}", entry, is_budget(key) ? "b" : is_endings(key) ? "e" : "");
}

/// What only would have been done would have been done well.
guard::Spent::End end_of(std::string_view key, const guard::Admission& admission) {
  using End = guard::Spent::End;
  if (is_shadow(key) || admission.end == "verified") return End::verified;
  return admission.end.empty() ? End::open : End::other;
}

}  // namespace

std::string endings_key(const std::string& workflow) { return "!" + workflow; }
std::string budget_key(const std::string& shared) { return "@" + shared; }
std::string own_budget_key(const std::string& workflow) { return "@workflow/" + workflow; }
std::string shadow_key(const std::string& key) { return "~" + key; }

const Projection::Counted& Projection::counted(const std::string& key) const {
  static const Counted none;
  const auto found = counted_.find(key);
  return found == counted_.end() ? none : found->second;
}

const guard::Tally& Projection::admissions(const std::string& workflow, bool shadow) const {
  return counted(admission_key(workflow, shadow)).tally;
}

const guard::Tally& Projection::endings(const std::string& workflow) const {
  return counted(endings_key(workflow)).tally;
}

const guard::Spendings& Projection::spendings(const std::string& key) const { return counted(key).spent; }

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
  count(admission_key(workflow, shadow), std::move(admission));
  if (in.has("budget")) {
    const std::string budget = in.text("budget");
    guard::Admission spent{subject, at_};
    spent.run = run;
    count(admission_key(budget, shadow), std::move(spent));
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
  if (const auto found = counted_.find(run.workflow); found != counted_.end()) {
    if (const auto own = found->second.tally.newest_of(run.subject)) uncount(found->first, found->second, *own);
  }
  const auto spent = spent_by_.find(run.id);
  if (spent == spent_by_.end()) return;
  const auto [key, entry] = spent->second.back();
  uncount(key, counted_.at(key), entry);
}

void Projection::uncount(const std::string& key, Counted& counted, std::uint64_t entry) {
  context_touched_ = true;
  const auto found = counted.list.find(entry);
  if (is_budget(key)) {
    counted.spent.remove(entry);
  } else {
    counted.tally.remove(entry, found->second);
  }
  if (const auto spent = spent_by_.find(found->second.run); spent != spent_by_.end()) {
    std::erase(spent->second, std::pair(key, entry));
    if (spent->second.empty()) spent_by_.erase(spent);
  }
  touch("admission", row_id(key, entry), false, {});
  counted.list.erase(found);
}

void Projection::count(const std::string& key, guard::Admission admission) {
  forget_counted(key);
  // What holds a run holds no shadow, so that only time would bound them; by then whoever can name subjects has filled
  // the memory.
  if (const auto found = counted_.find(key); is_shadow(key) && found != counted_.end()) {
    auto& list = found->second.list;
    while (list.size() >= shadow_admissions_max) uncount(key, found->second, list.begin()->first);
  }
  context_touched_ = true;
  take_counted(key, entries_, std::move(admission));
  touch_counted(key, entries_);
}

/// As it is.
void Projection::touch_counted(const std::string& key, std::uint64_t entry) {
  touch("admission", row_id(key, entry), true, admission_text(key, counted_.at(key).list.at(entry)));
}

void Projection::take_counted(const std::string& key, std::uint64_t entry, guard::Admission admission) {
  Counted& counted = counted_[key];
  if (is_budget(key)) {
    counted.spent.add(entry, {admission.subject, admission.at, admission.run, end_of(key, admission)});
    if (!is_shadow(key) && admission.end.empty()) spent_by_[admission.run].emplace_back(key, entry);
  } else {
    const bool endings = is_endings(key);
    counted.tally.add(entry, admission, endings ? admission.end != "succeeded" : admission.again, !endings);
  }
  counted.list.emplace(entry, std::move(admission));
}

/// Those older than their window, when the next one comes. By nothing but the entries, so that every reader of the log
/// knows which rows there must be.
void Projection::forget_counted(const std::string& key) {
  const auto window = windows_.find(is_shadow(key) ? key.substr(1) : key);
  const auto found = counted_.find(key);
  if (window == windows_.end() || found == counted_.end()) return;
  const Nanos keep = window->second;
  const Now now{at_.wall, at_.boot, at_.boot_id};
  // One from before this boot is at least as old as the boot; until that proves it old enough, the wall clock alone
  // does not: it may step back again.
  const auto over = [&](const Moment& at) {
    return elapsed(at, now) >= keep && (at.boot_id == now.boot_id || now.boot >= keep);
  };
  auto& list = found->second.list;  // in order of admission, so the old ones are in front
  while (!list.empty() && over(list.begin()->second.at)) uncount(key, found->second, list.begin()->first);
}

std::uint64_t Projection::admissions_kept() const {
  std::uint64_t count = 0;
  for (const auto& [key, counted] : counted_) count += counted.list.size();
  return count;
}

std::optional<std::uint64_t> Projection::entry_of(const Row& row) {
  std::uint64_t entry = 0;
  const auto end = std::from_chars(row.id.data(), row.id.data() + row.id.size(), entry);
  return end.ec == std::errc() ? std::optional(entry) : std::nullopt;
}

Result<Done> Projection::load_admission(const Row& row, const Json& doc) {
  DocReader in(doc, row.table);
  guard::Admission admission{in.text("subject"), {in.time("at"), in.micros("up"), in.text("boot_id")}};
  if (in.has("keys")) admission.keys = in.texts("keys");
  if (in.has("again")) admission.again = in.boolean("again");
  if (in.has("run")) admission.run = in.number("run");
  if (in.has("end")) admission.end = in.text("end");
  const std::string key = in.text("key");
  const auto entry = entry_of(row);
  if (!entry) in.wrong("id");
  if (auto ok = in.finish(); !ok) return ok;
  take_counted(key, *entry, std::move(admission));
  return Done{};
}

}  // namespace aright::engine
