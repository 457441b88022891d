// What the entries imply about notifications: those that wait and those that are dead, and what of each notifier counts
// for its rate. A part of the projection.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/doc.h"
#include "model/notification.h"

namespace aright::engine {

/// What was not told one by one, and is to be told as one.
struct Folded {
  std::uint64_t count{0};
  std::map<std::string, std::uint64_t> notices{};  ///< by word; at most `words_max`, then "others"
  /// Those of the highest severity, of one severity the first.
  std::vector<std::pair<Level, std::string>> worst{};  ///< severity, title
  Level severity{Level::informational};                ///< the highest
  std::optional<WallTime> first{};
  void remember(Level which, const std::string& title);
  static constexpr std::size_t words_max = 16;
  static constexpr std::size_t titles_max = 5;
};

struct NotifierCount {
  std::optional<Moment> since{};  ///< the window of the rate; none: nothing was told yet
  std::uint64_t told{0};          ///< in it
  Folded folded{};
};

class NotificationBook {
 public:
  /// Applies an entry "notification.…" of `at`; the notification that changed, as it is now.
  std::optional<Notification> apply(const std::string& kind, DocReader& in, const Moment& at);
  /// Titles that wait to be told as one are of several subjects: all go, their number stays.
  void forget_titles();
  Result<Done> load(const Json& row);
  /// Empty where there is nothing to say.
  [[nodiscard]] Json context() const;
  Result<Done> load_context(const Json& doc);

  [[nodiscard]] const std::map<std::uint64_t, Notification>& all() const { return all_; }  ///< queued and dead, by id
  [[nodiscard]] const std::map<std::string, std::set<std::uint64_t>>& queued() const { return queued_; }
  [[nodiscard]] std::size_t queued(const std::string& notifier) const;
  [[nodiscard]] const std::set<std::uint64_t>& dead() const { return dead_; }
  [[nodiscard]] const NotifierCount& count_of(const std::string& notifier) const;
  [[nodiscard]] const std::map<std::string, NotifierCount>& counts() const { return counts_; }  ///< by notifier
  [[nodiscard]] std::uint64_t next() const { return next_; }

 private:
  std::optional<Notification> queue(DocReader& in, const Moment& at);
  void fold(DocReader& in, const Moment& at);
  void file(const Notification& notification);
  void unfile(const Notification& notification);

  std::map<std::uint64_t, Notification> all_;
  std::map<std::string, std::set<std::uint64_t>> queued_;  ///< by notifier; never an empty set
  std::set<std::uint64_t> dead_;
  std::map<std::string, NotifierCount> counts_;
  std::uint64_t next_{1};
};

}  // namespace aright::engine
