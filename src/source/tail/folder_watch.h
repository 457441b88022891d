// What happens to the names in some folders, and which file went where.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "source/watch/watch_source.h"

namespace aright::source {

struct FolderNews {
  std::set<std::string> touched;  ///< paths written to, made, moved or removed
  /// By the name that files had: where each is now, in the order they left; "" when it left the folder or was removed.
  std::map<std::string, std::vector<std::string>> left;
  std::string lost;  ///< why anything may have happened; empty: nothing was missed
};

/// One thread at a time. Paths are bytes. A folder that is not there yet is waited for.
class FolderWatch {
 public:
  static Result<FolderWatch> create(std::set<std::string> folders);

  /// Readable when `read` has something.
  [[nodiscard]] int fd() const { return any_.get(); }
  /// Never blocks.
  FolderNews read();

 private:
  explicit FolderWatch(std::set<std::string> folders, WatchSource ways)
      : folders_(std::move(folders)), ways_(std::move(ways)) {}
  Result<Done> arm();
  void take(std::uint32_t bits, int watch, std::uint32_t cookie, std::string_view name, FolderNews& news);

  std::set<std::string> folders_;
  WatchSource ways_;  ///< tells of the folders themselves coming and going
  UniqueFd inotify_;
  UniqueFd any_;  ///< both of them
  std::map<int, std::string> watched_;
  /// By cookie, between leaving and arriving: which notes in FolderNews::left follow the file.
  std::map<std::uint32_t, std::vector<std::pair<std::string, std::size_t>>> moving_;
};

}  // namespace aright::source
