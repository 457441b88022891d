// A notification: what a person or another system is told, through one notifier, until it is taken or given up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "model/control.h"

namespace aright {

enum class NotificationState : std::uint8_t {
  queued,   ///< to be delivered
  sent,     ///< the other side has taken it
  dead,     ///< given up, or refused for good: kept until somebody asks for another try
  dropped,  ///< was dead, and there were too many of those; its row stays
};
[[nodiscard]] std::string_view name(NotificationState state);
[[nodiscard]] std::optional<NotificationState> parse_notification_state(std::string_view text);

inline constexpr std::size_t notice_title_max = 200;  ///< bytes as JSON
inline constexpr std::size_t notice_text_max = 1800;
inline constexpr std::size_t notice_data_max = 600;

/// What is to be told, before it is anybody's.
struct NewNotification {
  std::string notice;  ///< what it is about, in one word: "step", "review", "source"; "test" is tried once, at once
  std::string title{};
  std::string text{};
  Level severity{Level::informational};
  Json data = Json::object();
  std::uint64_t run{0};     ///< what it is about, where it is one; 0: none
  std::uint64_t review{0};  ///< the same
  std::string finding{};    ///< the same; empty: none

  /// Nothing of what it told is left but what it is about: whoever waits for it learns that there was something.
  void erase();
  [[nodiscard]] bool erased() const;
  /// Critical, or about what Aright sees and does as a whole: a flood of others must not keep it back.
  [[nodiscard]] bool is_urgent() const;
  /// Of several that came too fast, told as one.
  [[nodiscard]] bool is_summary() const { return notice == "summary"; }

  /// As an entry holds it: clipped, valid UTF-8; lines stay lines. Data that is too large is left out, and says so.
  [[nodiscard]] NewNotification fitting() const;
};

struct Notification {
  std::uint64_t id{0};  ///< counts from 1 per node; a delivery that is repeated has the same
  std::string notifier;
  NewNotification what;
  Moment made{};
  Moment since{};  ///< from when on it is tried: made, or the last time somebody asked for it
  NotificationState state{NotificationState::queued};
  std::uint32_t tries{0};  ///< since then
  std::string outcome;     ///< of the last try: what the other side said, or why it failed
  std::optional<WallTime> ended_at;
  std::string epoch{};  ///< in which it was made, for whoever delivers it: its id says it, so that its row does not

  [[nodiscard]] bool is_test() const { return what.notice == "test"; }
  [[nodiscard]] Json to_json() const;
  [[nodiscard]] static Result<Notification> from_json(const Json& doc);
};

/// How one notifier is treated, whatever it is.
struct NotifierRule {
  std::string name;
  Nanos first{std::chrono::seconds{1}};    ///< after a failure; then doubled
  Nanos longest{std::chrono::minutes{5}};  ///< between two tries
  Nanos give_up{std::chrono::hours{24}};   ///< then it is dead
  std::uint64_t messages{60};              ///< one by one within `within`; further ones are folded into one
  Nanos within{std::chrono::minutes{1}};
  std::uint64_t queue{1000};  ///< at most so many wait; further ones are folded too
  /// What is urgent may be so many more than `limit`, of either.
  [[nodiscard]] static constexpr std::uint64_t besides(std::uint64_t limit) { return limit < 8 ? 1 : limit / 8; }
  bool operator==(const NotifierRule&) const = default;
};

/// Who may be told, and who is where nobody else is named.
struct NotifyRules {
  std::vector<NotifierRule> notifiers{};
  std::vector<std::string> defaults{};
  [[nodiscard]] const NotifierRule* find(std::string_view notifier) const;
  bool operator==(const NotifyRules&) const = default;
};

}  // namespace aright
