// What happens to the names in some folders, and which file went where.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "source/watch/watch_source.h"

namespace aright::source {

/// A file that has or had a name, as far as anything was told of it since the last reading.
struct FolderFile {
  std::string now;                   ///< where one is that left the name; "": it left the folder, or is no more
  std::vector<std::string> earlier;  ///< names that it had before
  bool came{false};                  ///< to this name; false: it had it before
  bool made{false};                  ///< with nothing in it
  bool written{false};
  /// It came, and nothing can be in it.
  [[nodiscard]] bool empty() const { return made && !written; }
};

struct FolderNews {
  std::set<std::string> touched;                        ///< paths written to, made, moved or removed
  std::map<std::string, std::vector<FolderFile>> left;  ///< by the name that they had, in the order they left it
  std::map<std::string, FolderFile> here;               ///< by name: those that came, or were written to, and have it
  std::string lost;                                     ///< why anything may have happened; empty: nothing was missed
  bool incomplete{false};                               ///< the kernel had more to tell than it keeps
};

/// One thread at a time. Paths are bytes. A folder that is not there yet is waited for. One that cannot be watched any
/// more is tried again (after 1 s, then twice as long up to 5 min): each time anything may have happened in it.
class FolderWatch {
 public:
  using Clock = std::chrono::steady_clock;

  /// Errc::no_space: the system's limit of watches is used up (the message names the sysctl); others as
  /// inotify_init1(2) and inotify_add_watch(2) say. A folder that may not be read is `unwatched`.
  static Result<FolderWatch> create(std::set<std::string> folders);

  /// Readable when `read` has something.
  [[nodiscard]] int fd() const { return any_.get(); }
  /// When `read` must be called though nothing is readable: something that could not be watched is tried again.
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;
  /// Waits for the other half where the kernel has told half of a rename, 30 ms at most in all.
  FolderNews read(Clock::time_point now = Clock::now());

  /// Folders whose changes nobody would tell of now, each with why. As of the last `read`.
  [[nodiscard]] const std::map<std::string, std::string>& unwatched() const { return unwatched_; }

 private:
  explicit FolderWatch(std::set<std::string> folders, WatchSource ways)
      : folders_(std::move(folders)), ways_(std::move(ways)) {}
  Result<Done> arm();
  void arm_again(bool due, Clock::time_point now);
  void read_events(FolderNews& news);
  void take(std::uint32_t bits, int watch, std::uint32_t cookie, std::string_view name, FolderNews& news);

  std::set<std::string> folders_;
  WatchSource ways_;  ///< tells of the folders themselves coming and going
  UniqueFd inotify_;
  UniqueFd any_;  ///< both of them
  std::map<int, std::string> watched_;
  std::map<std::string, std::string> unwatched_;
  std::optional<Clock::time_point> retry_at_;
  std::chrono::seconds retry_wait_{0};
  /// Between leaving and arriving.
  struct Moving {
    std::vector<std::pair<std::string, std::size_t>> notes;  ///< in FolderNews::left, which follow the file
    FolderFile file;                                         ///< as it will be under its next name
  };
  std::map<std::uint32_t, Moving> moving_;  ///< by cookie
};

}  // namespace aright::source
