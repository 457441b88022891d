#include "engine/notices.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <ranges>

#include "base/text.h"
#include "engine/builtin_notices.h"
#include "engine/record.h"

namespace aright::engine {

namespace {

constexpr std::size_t dead_max = 2000;
constexpr std::size_t outcome_max = 400;

Fields fields_of(const std::string& notifier, const NewNotification& what) {
  Fields entry{
      {"notifier", notifier}, {"notice", what.notice}, {"title", what.title}, {"severity", name(what.severity)}};
  if (what.run != 0) entry["run"] = what.run;
  if (what.review != 0) entry["review"] = what.review;
  if (!what.finding.empty()) entry["finding"] = what.finding;
  return entry;
}

Nanos wait_after(const NotifierRule& rule, std::uint32_t failures) {
  Nanos wait = rule.first;
  for (std::uint32_t i = 1; i < failures && wait < rule.longest; ++i) wait *= 2;
  return std::min(wait, rule.longest);
}

/// By the clock that went further: one that is set back keeps nobody from hearing.
Nanos at_most_since(const Moment& then, const Now& now) {
  const Nanos most = elapsed_at_most(then, now);
  return then.boot_id == now.boot_id ? most : std::max(most, now.boot);
}

NewNotification summary_of(const Folded& folded) {
  NewNotification what{.notice = "summary"};
  what.title = fmt::format("{} that came too fast, told as one", counted(folded.count, "notice"));
  what.severity = folded.severity;
  what.text = fmt::format("since {}:", folded.first ? rfc3339(*folded.first) : std::string("the start"));
  for (const auto& [word, count] : folded.notices) what.text += fmt::format("\n{} × {}", count, word);
  if (!folded.worst.empty()) what.text += "\nthe worst:";
  for (const auto& [severity, title] : folded.worst) what.text += fmt::format("\n- {}: {}", name(severity), title);
  what.text += "\nall are in the audit log as notification.folded";
  what.data = {{"folded", folded.count}, {"notices", folded.notices}};
  return what;
}

}  // namespace

std::vector<std::uint64_t> Notices::notify(const std::vector<std::string>& notifiers, const NewNotification& what) {
  const NewNotification fit = what.fitting();
  std::vector<std::uint64_t> ids;
  ids.reserve(notifiers.size());
  for (const std::string& notifier : notifiers) ids.push_back(notify_one(notifier, fit));
  return ids;
}

bool Notices::window_over(const NotifierRule& rule) const {
  const auto& since = book().count_of(rule.name).since;
  return !since || at_most_since(*since, now_) >= rule.within;
}

bool Notices::has_room(const NotifierRule& rule, bool urgent) const {
  const auto most = [urgent](std::uint64_t limit) { return limit + (urgent ? NotifierRule::besides(limit) : 0); };
  const bool slow_enough = window_over(rule) || book().count_of(rule.name).told < most(rule.messages);
  return slow_enough && book().queued(rule.name) < most(rule.queue);
}

std::uint64_t Notices::notify_one(const std::string& notifier, const NewNotification& what) {
  const NotifierRule* rule = rules_.find(notifier);
  if (rule == nullptr) return queue(notifier, what, false, 0);  // and is dead by the end of the round: nothing is lost
  if (what.notice != "test" && !has_room(*rule, what.is_urgent())) return fold(notifier, what), 0;
  return queue(notifier, what, what.notice != "test" && window_over(*rule), 0);
}

std::uint64_t Notices::queue(const std::string& notifier, const NewNotification& what, bool window,
                             std::uint64_t folds) {
  const std::uint64_t id = book().next();
  Fields entry = fields_of(notifier, what);
  entry.add({{"notification", id}, {"text", what.text}, {"data", what.data}});
  if (window) entry["window"] = true;
  if (folds != 0) entry["folds"] = folds;
  record_("notification.queued", std::move(entry));
  if (what.is_urgent()) lines_[notifier].due = now_.boot;  // one try at once, however long the others have to wait
  return id;
}

void Notices::fold(const std::string& notifier, const NewNotification& what) {
  if (book().count_of(notifier).folded.count == 0) {
    tell_(true, fmt::format("notifier {}: more than it may get; what follows is told as one", notifier));
  }
  record_("notification.folded", fields_of(notifier, what));
  ++lines_[notifier].figures.folded_total;
}

void Notices::tell_folded(const NotifierRule& rule) {
  const Folded& folded = book().count_of(rule.name).folded;
  if (folded.count == 0 || !has_room(rule, false)) return;
  queue(rule.name, summary_of(folded).fitting(), window_over(rule), folded.count);
}

void Notices::recorded(std::string_view kind, const Fields& entry, bool others) {
  if (rules_.notifiers.empty()) return;
  std::string change;
  if (kind.starts_with("run.") && (kind == "run.held" || !changes_.empty())) change = note_change(kind, entry);
  if (rules_.defaults.empty() || others) return;
  if (auto what = builtin_notice(kind, entry, projection_, unclean_, change)) heard_.push_back(std::move(*what));
}

/// While its plan is in memory: a ladder's later rungs tell it too.
std::string Notices::note_change(std::string_view kind, const Fields& entry) {
  const Json* run = entry.find("run");
  if (run == nullptr || !run->is_number_unsigned() || kind == "run.delayed") return {};
  const auto id = run->get<std::uint64_t>();
  changes_.erase(id);
  const auto found = projection_.runs().find(id);
  if (kind != "run.held" || found == projection_.runs().end()) return {};
  return changes_[id] = difference_text(found->second, plan_of_);
}

std::string Notices::change_of(std::uint64_t run) const {
  if (const auto known = changes_.find(run); known != changes_.end()) return known->second;
  const auto found = projection_.runs().find(run);
  return found == projection_.runs().end() ? std::string() : difference_text(found->second);
}

void Notices::tell_defaults() {
  for (const NewNotification& what : std::exchange(heard_, {})) notify(rules_.defaults, what);
}

/// Of notifiers that are not configured any more. What was to be told as one is told to nobody either.
void Notices::bury_homeless() {
  std::vector<std::pair<std::string, Folded>> untold;
  for (const auto& [notifier, count] : book().counts()) {
    if (count.folded.count != 0 && rules_.find(notifier) == nullptr) untold.emplace_back(notifier, count.folded);
  }
  for (const auto& [notifier, folded] : untold) queue(notifier, summary_of(folded).fitting(), false, folded.count);
  std::vector<std::uint64_t> homeless;
  for (const auto& [notifier, ids] : book().queued()) {
    if (rules_.find(notifier) == nullptr) homeless.insert(homeless.end(), ids.begin(), ids.end());
  }
  for (const std::uint64_t id : homeless) {
    const Notification& n = notification(id);
    if (lines_[n.notifier].in_flight == id) continue;  // its end is still to come
    dead(id, n.tries, fmt::format("there is no notifier {} in aright.yaml", n.notifier));
  }
  for (auto& [notifier, line] : lines_) {
    if (line.in_flight != 0 || line.figures.trouble.empty() || rules_.find(notifier) != nullptr) continue;
    line.figures.trouble.clear();  // whoever is not asked any more is in none
    line.failures = 0;
    line.due = Nanos{};
  }
}

void Notices::dead(std::uint64_t id, std::uint32_t tries, const std::string& outcome) {
  const std::string notifier = notification(id).notifier;
  ++lines_[notifier].figures.dead_total;
  lines_[notifier].aside.erase(id);
  const bool gone = rules_.find(notifier) == nullptr;
  const std::string other = gone ? by_another(std::to_string(id)) : std::string();
  tell_(true, fmt::format("notification {} to {} is dead: {}; {}`aright notifications retry {}` tries it again{}", id,
                          notifier, outcome, gone ? "once it is there again, " : "", id,
                          other.empty() ? other : ", " + other + " sends it by another"));
  record_("notification.dead", {{"notification", id}, {"tries", tries}, {"outcome", clip_text(outcome, outcome_max)}});
  drop_oldest();
}

/// Its row and all entries about it stay.
void Notices::drop_oldest() {
  while (book().dead().size() > dead_max) {
    const std::uint64_t id = *book().dead().begin();
    tell_(true, fmt::format("notification {} is dropped: more than {} are dead", id, dead_max));
    record_("notification.dropped", {{"notification", id}, {"reason", fmt::format("more than {} are dead", dead_max)}});
  }
}

void Notices::ended(const Notified& done) {
  const auto found = book().all().find(done.id);
  if (found == book().all().end()) return;
  const Notification n = found->second;
  Line& line = lines_[n.notifier];
  if (line.in_flight != done.id) return;  // of another life, or given up meanwhile
  line.in_flight = 0;
  if (!done.outcome) return failed(n, done.outcome.error());
  ++line.figures.sent_total;
  if (!line.figures.trouble.empty()) tell_(false, fmt::format("notifier {}: well again", n.notifier));
  line.figures.trouble.clear();
  line.failures = 0;
  line.due = now_.boot;
  record_("notification.sent",
          {{"notification", n.id}, {"tries", n.tries + 1}, {"outcome", clip_text(*done.outcome, outcome_max)}});
}

void Notices::failed(const Notification& n, const Error& error) {
  Line& line = lines_[n.notifier];
  const NotifierRule* rule = rules_.find(n.notifier);
  if (error.code == Errc::paused) {  // we are stopping
    line.due = now_.boot + std::chrono::seconds{1};
    return;
  }
  ++line.figures.failed_total;
  const bool first = line.figures.trouble.empty();
  line.figures.trouble = error.message;
  if (n.is_test()) return dead(n.id, n.tries + 1, error.message);
  if (error.retry == Retry::no) return dead(n.id, n.tries + 1, "refused: " + error.message);
  if (first) tell_(true, fmt::format("notifier {}: {}; it is tried again", n.notifier, error.message));
  record_("notification.failed",
          {{"notification", n.id}, {"tries", n.tries + 1}, {"outcome", clip_text(error.message, outcome_max)}});
  if (rule == nullptr) return;
  ++line.failures;
  if (first) {  // it may be this one alone that is not taken
    line.aside[n.id] = now_.boot + wait_after(*rule, n.tries + 1);
    line.due = now_.boot;
  } else {
    line.due = now_.boot + wait_after(*rule, line.failures);
  }
  give_up_old(*rule, error.message);
}

void Notices::give_up_old(const NotifierRule& rule, const std::string& error) {
  const auto queued = book().queued().find(rule.name);
  if (queued == book().queued().end()) return;
  std::vector<std::uint64_t> old;
  for (const std::uint64_t id : queued->second) {
    if (elapsed(notification(id).since, now_) >= rule.give_up) old.push_back(id);
  }
  for (const std::uint64_t id : old) {
    dead(id, notification(id).tries, fmt::format("given up after {}: {}", format_duration(rule.give_up), error));
  }
}

Result<Json> Notices::carry_out(const TestNotifier& command) {
  if (rules_.find(command.notifier) == nullptr) {
    return fail(Errc::not_found, fmt::format("there is no notifier {} in aright.yaml", command.notifier));
  }
  NewNotification what{.notice = "test"};
  what.title = "A test of Aright's notifier " + command.notifier;
  what.text = "If you read this, it works. Nothing has happened.";
  const auto ids = notify({command.notifier}, what);
  lines_[command.notifier].due = now_.boot;
  return Json{{"notification", ids.front()}, {"notifier", command.notifier}};
}

/// A test goes before what waits: whoever asked for it waits too. Then what is urgent. None: all that wait were not
/// taken when others were, and their time has not come.
std::optional<std::uint64_t> Notices::first_of(const std::string& notifier, const Line& line) const {
  const auto queued = book().queued().find(notifier);
  if (queued == book().queued().end()) return std::nullopt;
  const std::set<std::uint64_t>& ids = queued->second;
  if (notification(*ids.rbegin()).is_test()) return *ids.rbegin();
  std::optional<std::uint64_t> oldest;
  for (const std::uint64_t id : ids) {
    if (const auto aside = line.aside.find(id); aside != line.aside.end() && aside->second > now_.boot) continue;
    if (notification(id).what.is_urgent()) return id;
    if (!oldest) oldest = id;
  }
  return oldest;
}

std::optional<Nanos> Notices::finish(bool draining, std::vector<Work>& work) {
  tell_defaults();
  std::optional<Nanos> wake;
  const auto by = [&](Nanos boot) { wake = std::min(wake.value_or(boot), boot); };
  for (const NotifierRule& rule : rules_.notifiers) {
    tell_folded(rule);
    const NotifierCount& count = book().count_of(rule.name);
    if (count.folded.count != 0 && count.since && !window_over(rule)) {
      by(now_.boot + rule.within - at_most_since(*count.since, now_));
    }
    if (draining || book().queued(rule.name) == 0) continue;
    Line& line = lines_[rule.name];
    if (line.in_flight != 0) continue;
    if (line.due > now_.boot) {
      by(line.due);
      continue;
    }
    const auto first = first_of(rule.name, line);
    if (!first) {
      for (const Nanos due : line.aside | std::views::values) by(due);
      continue;
    }
    line.in_flight = *first;
    line.aside.erase(*first);
    auto next = std::make_shared<Notification>(notification(line.in_flight));
    next->epoch = projection_.epochs().of_notification(next->id);
    work.emplace_back(DoNotify{std::move(next)});
  }
  bury_homeless();
  return wake;
}

std::vector<NotifierFigures> Notices::figures() const {
  std::map<std::string, NotifierFigures> all;
  for (const NotifierRule& rule : rules_.notifiers) all[rule.name];
  for (const auto& [notifier, line] : lines_) all[notifier] = line.figures;
  for (const auto& [notifier, ids] : book().queued()) all[notifier].queued = ids.size();
  for (const std::uint64_t id : book().dead()) ++all[notification(id).notifier].dead;
  std::vector<NotifierFigures> list;
  for (auto& [notifier, figures] : all) {
    figures.notifier = notifier;
    figures.folding = book().count_of(notifier).folded.count;
    list.push_back(std::move(figures));
  }
  return list;
}

}  // namespace aright::engine
