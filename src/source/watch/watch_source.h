// Source `watch`: inotify on the folders of managed files and on the files themselves. Its hints only say "read this";
// a hint too many costs a read, a hint too few is covered by a control's `every`.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "source/hint.h"
#include "source/watch/inode_watch.h"

namespace aright::source {

/// One thread at a time. Owns the inotify instance.
class WatchSource {
 public:
  using Clock = std::chrono::steady_clock;

  /// `files`: absolute paths; `folders`: absolute, every file directly in them; all in the form of base/path_text.h, as
  /// are the paths of hints. Each folder is watched once, reached
  /// without following links. `names`: files that only come and go, what is written to them or beside them gives no
  /// hint and costs nothing. A folder that does not exist yet (or is a link) is waited for at its nearest existing
  /// ancestor; one that may be searched and not read is `unwatched`. Errors: invalid when a path is not in that form;
  /// no_space when the system's limit of watches is used up by folders alone (the message names the sysctl);
  /// unavailable and others as inotify_init1(2) says.
  static Result<WatchSource> create(const std::vector<std::string>& files, const std::vector<std::string>& folders,
                                    const std::vector<std::string>& names = {});

  /// Readable when `drain` has something; the same number for the object's life.
  [[nodiscard]] int fd() const { return any_.get(); }

  /// Never blocks. Each changed file at most once, however many events it had. A folder that went, came or was moved,
  /// and an overflow of the kernel's queue, give one `read_all` whose note says why; all is watched anew before it
  /// returns, so nothing that happens after the hint is missed. What could not be watched anew is tried again (after 1
  /// s, then twice as long up to 5 min); when that changes something there is another `read_all`. A write to a file, or
  /// a new owner, mode or number of names, gives a hint by whatever name it was done. A folder whose owner or mode
  /// changed gives a hint for
  /// each of its `files`, or a `read_all` if it is one of `folders`. In `folders`, a name that only a file of ours on
  /// its way into place has (model/temporary_name.h) gives a hint only while a file of another user has it, and once
  /// more when that is gone: neither noise of our own nor a hiding place. A file without a name gives none.
  std::vector<Hint> drain();

  /// Goes on with the numbers of the source it takes the place of, so that no two hints of one life have the same.
  void number_after(const WatchSource& other) { offset_ = other.offset_; }

  /// When `drain` must be called though nothing is readable: 250 ms after the first write to a file that stays open, or
  /// when something that could not be watched is tried again.
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;

  /// Folders whose changes nobody would tell of now, each with why. As of the last `drain`.
  [[nodiscard]] const std::map<std::string, std::string>& unwatched() const { return unwatched_; }
  /// Files with a watch on their folder only, for want of room: what is done under a second name is not heard.
  [[nodiscard]] std::size_t files_unheard() const { return inodes_ ? inodes_->unheard() : 0; }

 private:
  enum class Armed : std::uint8_t { yes, absent, closed, unreadable };
  Result<Done> open();
  void want(std::string folder, std::uint32_t mask);
  Result<Done> rewatch();
  Result<Done> rewatch_folders();
  Result<Armed> arm(const std::string& folder, std::uint32_t mask, std::map<int, std::string>& armed);
  Result<Done> arm_or_wait(const std::string& folder, std::uint32_t mask, std::map<int, std::string>& armed);
  [[nodiscard]] std::set<std::string> managed_files() const;
  std::string go_on(std::set<std::string>& changed);
  void plan_retry(bool tried);
  void read_inodes(std::set<std::string>& changed);
  void read_events(std::set<std::string>& changed);
  void take(std::uint32_t bits, int watch, std::string_view name, std::set<std::string>& changed);
  void take_own(std::uint32_t bits, const std::string& folder, std::set<std::string>& changed);
  void take_overdue(std::set<std::string>& changed);
  bool passing(const std::string& path);

  UniqueFd any_;  ///< epoll over both kinds of watches
  UniqueFd inotify_;
  std::optional<InodeWatch> inodes_;  ///< none where only names matter
  std::set<std::string> files_;
  std::set<std::string> names_;
  std::set<std::string> folders_;
  std::map<std::string, std::uint32_t> wanted_;  ///< folders and their ancestors, each with what to hear of it
  std::map<int, std::string> watched_;           ///< by watch descriptor
  std::set<std::string> missing_;                ///< wanted, but not there
  std::map<std::string, std::string> unwatched_;
  std::optional<Clock::time_point> retry_at_;
  std::chrono::seconds retry_wait_{0};
  bool starved_{false};            ///< no room for a folder's watch: files get none
  std::set<std::string> renamed_;  ///< names whose file, perhaps another than before, has no watch yet
  std::map<std::string, Clock::time_point> unclosed_;
  std::set<std::string> told_;  ///< names as of temporaries that gave a hint
  std::string lost_;            ///< why everything must be read; empty: need not
  std::uint64_t offset_{0};
};

}  // namespace aright::source
