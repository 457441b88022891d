// Notifications that a person has tried again: by their own notifier, or by another, where that one is gone.
#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "base/text.h"
#include "engine/notices.h"
#include "engine/record.h"

namespace aright::engine {

namespace {

std::string no_notifier(const std::string& name) { return fmt::format("there is no notifier {} in aright.yaml", name); }

bool is_meant(const RetryNotifications& command, const Notification& n) {
  if (command.id != 0) return n.id == command.id;
  return command.notifier.empty() || command.notifier == n.notifier;
}

}  // namespace

std::string Notices::by_another(const std::string& which) const {
  if (rules_.notifiers.empty()) return {};
  return fmt::format("`aright notifications retry {} --to {}`", which, rules_.notifiers.front().name);
}

void Notices::again(const Notification& n, const Identity& who, const std::string& by) {
  Line& line = lines_[by];
  line.failures = 0;
  line.due = now_.boot;
  line.aside.erase(n.id);
  if (n.state != NotificationState::dead) return;
  Fields entry{{"notification", n.id}, {"by", engine::line(who.user)}, {"groups", short_list(who.groups)}};
  if (by != n.notifier) entry["to"] = by;  // another than it was made for
  record_("notification.retried", std::move(entry));
}

/// What is left is of notifiers that aright.yaml has no more.
Result<Json> Notices::carry_out(const RetryNotifications& command, const Identity& who) {
  if (!command.to.empty()) return send_by(command, who);
  std::vector<std::uint64_t> wanted;
  std::map<std::string, std::size_t> left;
  for (const auto& [id, n] : book().all()) {
    if (!is_meant(command, n)) continue;
    if (rules_.find(n.notifier) != nullptr) {
      wanted.push_back(id);
      continue;
    }
    ++left[n.notifier];
    if (id != command.id) continue;
    const std::string other = by_another(std::to_string(id));
    return fail(Errc::conflict,
                no_notifier(n.notifier) + (other.empty() ? other : "; " + other + " sends it by another"));
  }
  if (command.id != 0 && wanted.empty()) {
    return fail(Errc::not_found, fmt::format("no notification {} is queued or dead", command.id));
  }
  if (!command.notifier.empty() && left.empty() && rules_.find(command.notifier) == nullptr) {
    return fail(Errc::not_found, no_notifier(command.notifier));
  }
  std::string why;
  for (const auto& [name, count] : left) {
    why += fmt::format("{}{} of {}", why.empty() ? "" : ", ", counted(count, "notification"), name);
  }
  if (!why.empty()) {
    const std::string other = by_another("--notifier " + left.begin()->first);
    why += fmt::format(": aright.yaml has no such notifier{}", left.size() == 1 ? "" : "s");
    if (!other.empty()) why += "; " + other + " sends what is dead by another";
  }
  if (wanted.empty() && !why.empty()) return fail(Errc::conflict, "nothing is retried: " + why);
  for (const std::uint64_t id : wanted) again(Notification(notification(id)), who, notification(id).notifier);
  Json answer{{"retried", wanted.size()}};
  if (wanted.empty()) answer["note"] = "nothing is queued or dead";
  if (!why.empty()) answer["note"] = "not retried: " + why;
  return answer;
}

/// Only what is dead: what waits is still its own notifier's.
Result<Json> Notices::send_by(const RetryNotifications& command, const Identity& who) {
  if (rules_.find(command.to) == nullptr) return fail(Errc::not_found, no_notifier(command.to));
  std::vector<std::uint64_t> wanted;
  for (const std::uint64_t id : book().dead()) {
    if (is_meant(command, notification(id))) wanted.push_back(id);
  }
  if (command.id != 0 && wanted.empty()) {
    return fail(Errc::not_found,
                fmt::format("no notification {} is dead, and only those go by another notifier", command.id));
  }
  for (const std::uint64_t id : wanted) again(Notification(notification(id)), who, command.to);
  Json answer{{"retried", wanted.size()}, {"to", command.to}};
  if (wanted.empty()) answer["note"] = "nothing is dead";
  return answer;
}

}  // namespace aright::engine
