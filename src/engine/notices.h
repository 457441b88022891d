// Notifications while they wait: whose turn it is, when the next try is due, what is folded into one, what is given up.
// A part of the core: pure. What it decides becomes entries; what is durable of it stands in the projection. Nothing
// of it ever holds a run up (docs/decisions/0175).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/difference_text.h"
#include "engine/messages.h"
#include "engine/projection.h"
#include "model/notification.h"

namespace aright::engine {

class Notices {
 public:
  using Record = std::function<void(std::string_view kind, Fields fields)>;
  using Tell = std::function<void(bool warning, std::string text)>;
  /// `projection` and whatever the functions name outlive it.
  Notices(const Projection& projection, Record record, Tell tell, PlanOf plan_of)
      : projection_(projection), record_(std::move(record)), tell_(std::move(tell)), plan_of_(std::move(plan_of)) {}

  void configure(NotifyRules rules) { rules_ = std::move(rules); }
  /// Before anything else of a round.
  void begin(const Now& now) { now_ = now; }
  /// Queues it for each of these; where one has had too many, it is folded into what he gets later. Ids, 0: folded.
  std::vector<std::uint64_t> notify(const std::vector<std::string>& notifiers, const NewNotification& what);
  void ended(const Notified& done);
  Result<Json> carry_out(const RetryNotifications& command, const Identity& who);
  Result<Json> carry_out(const TestNotifier& command);
  /// An entry that has been applied: those that people should hear of are told at the end of the round, but where
  /// `others` tell it.
  void recorded(std::string_view kind, const Fields& entry, bool others = false);
  /// What a run that waits for a person would change, in words; of one that was held before the start without what was
  /// there.
  [[nodiscard]] std::string change_of(std::uint64_t run) const;
  /// The process before this one ended without a stop.
  void unclean_start() { unclean_ = true; }
  /// At the end of a round: what is due becomes work. The boot time at which to call again.
  std::optional<Nanos> finish(bool draining, std::vector<Work>& work);
  [[nodiscard]] std::vector<NotifierFigures> figures() const;

 private:
  struct Line {
    std::uint64_t in_flight{0};  ///< 0: none
    std::uint32_t failures{0};   ///< in a row
    Nanos due{};                 ///< boot time: none before
    /// Not taken when others were → when each is tried again: the others do not wait for it.
    std::map<std::uint64_t, Nanos> aside{};
    NotifierFigures figures{};
  };
  std::uint64_t notify_one(const std::string& notifier, const NewNotification& what);
  std::uint64_t queue(const std::string& notifier, const NewNotification& what, bool window, std::uint64_t folds);
  void fold(const std::string& notifier, const NewNotification& what);
  std::string note_change(std::string_view kind, const Fields& entry);
  void tell_folded(const NotifierRule& rule);
  void tell_defaults();
  void bury_homeless();
  void dead(std::uint64_t id, std::uint32_t tries, const std::string& outcome);
  void drop_oldest();
  void failed(const Notification& notification, const Error& error);
  void give_up_old(const NotifierRule& rule, const std::string& error);
  /// `by`: the notifier that is to take it.
  void again(const Notification& notification, const Identity& who, const std::string& by);
  Result<Json> send_by(const RetryNotifications& command, const Identity& who);
  /// The command by which another notifier takes what is of one that is gone; empty: there is none.
  [[nodiscard]] std::string by_another(const std::string& which) const;
  [[nodiscard]] std::optional<std::uint64_t> first_of(const std::string& notifier, const Line& line) const;
  [[nodiscard]] const Notification& notification(std::uint64_t id) const { return book().all().at(id); }
  [[nodiscard]] const NotificationBook& book() const { return projection_.notifications(); }
  [[nodiscard]] bool has_room(const NotifierRule& rule, bool urgent) const;
  [[nodiscard]] bool window_over(const NotifierRule& rule) const;

  const Projection& projection_;
  Record record_;
  Tell tell_;
  PlanOf plan_of_;
  std::map<std::uint64_t, std::string> changes_;  ///< by run that is held; the plan itself is not kept for long
  NotifyRules rules_;
  Now now_;
  std::map<std::string, Line> lines_;   ///< by notifier
  std::vector<NewNotification> heard_;  ///< for the defaults, at the end of the round
  bool unclean_{false};
};

}  // namespace aright::engine
