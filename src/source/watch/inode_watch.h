// Watches on the managed files themselves, beside those on their folders: what is done to a file under a second name (a
// hard link) is told of the file only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/result.h"
#include "base/unique_fd.h"

namespace aright::source {

/// One thread at a time. An inotify instance of its own: in one queue with the folders' the kernel could not join equal
/// events, since each write would be told of twice in turns.
class InodeWatch {
 public:
  enum class News : std::uint8_t { written, changed, lost };  ///< still open; closed, or owner, mode, names; overflow
  using Tell = std::function<void(const std::string& path, News news)>;

  /// At most half of the system's watches of a user and never more than 65,536: folders and other programs need some.
  /// Errors as inotify_init1(2) says.
  static Result<InodeWatch> create();

  [[nodiscard]] int fd() const { return inotify_.get(); }
  /// The file that now has the name, in the place of the one that had it. Nothing there, or nothing that may be read:
  /// then none. A file there is no watch left for counts as `unheard` from now on.
  void arm(const std::string& path);
  /// Exactly `paths`: those that are armed stay so unless another file has the name now.
  void arm_only(const std::set<std::string>& paths);
  /// Gives all watches back; `paths` are unheard until they are armed.
  void give_up(const std::set<std::string>& paths);
  /// Arms what is unheard as far as there is room. Returns what is heard now and was not before.
  std::set<std::string> try_unheard();
  /// Never blocks. What happened, by every armed path, as much of it as is read at once: then `fd` stays readable.
  /// `lost` comes with an empty path.
  void read(const Tell& tell);

  [[nodiscard]] bool holds(const std::string& path) const { return by_path_.contains(path); }
  /// Files that are there and have no watch for want of room.
  [[nodiscard]] std::size_t unheard() const { return unheard_.size(); }
  /// Whether `try_unheard` may come to something.
  [[nodiscard]] bool waits() const { return !unheard_.empty() && by_path_.size() < most_; }

 private:
  void take(std::uint32_t bits, int watch, const Tell& tell);
  void forget(const std::string& path, bool gone);

  UniqueFd inotify_;
  std::size_t most_{0};
  std::unordered_map<std::string, int> by_path_;
  std::multimap<int, std::string_view> by_watch_;  ///< views of the keys of `by_path_`
  std::unordered_set<std::string> unheard_;
};

}  // namespace aright::source
