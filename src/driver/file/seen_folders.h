// Which folders were walked to from "/" a moment ago, so that the four looks of one fix walk once.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

namespace aright::driver {

/// Any thread. What it holds back is only that an ancestor has been opened to others since, for `fresh_for`; who makes
/// use of that still cannot lead us elsewhere, because a folder counts as seen by its own number, not by its path.
class SeenFolders {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::milliseconds fresh_for{500};
  static constexpr std::size_t folders_max = 4096;

  struct Id {
    dev_t device{0};
    ino_t number{0};
    bool operator==(const Id&) const = default;
  };
  /// Every folder from "/" to `path` (bytes) has just passed, and `path` is `id`.
  void passed(const std::string& path, Id id, Clock::time_point now);
  /// Whether that is so still at `now`.
  [[nodiscard]] bool has_passed(const std::string& path, Id id, Clock::time_point now) const;

 private:
  struct Seen {
    Id id;
    Clock::time_point at;
  };
  mutable std::mutex mutex_;
  std::map<std::string, Seen> seen_;
};

}  // namespace aright::driver
