// Source `watch`: inotify on the folders of managed files. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "source/hint.h"

namespace aright::source {

class WatchSource {
 public:
  using Clock = std::chrono::steady_clock;
  /// `files`: absolute paths; `folders`: every file directly in them. Folders that do not exist yet are watched for
  /// through their nearest existing ancestor.
  static Result<WatchSource> create(const std::vector<std::string>& files, const std::vector<std::string>& folders);
  /// Becomes readable when `drain` has something.
  [[nodiscard]] int fd() const { return inotify_.get(); }
  /// Never blocks. Each file at most once. A lost watch or an overflow gives `read_all`.
  std::vector<Hint> drain();
  /// When `drain` must be called though nothing is readable: a file was written but not closed.
  [[nodiscard]] std::optional<Clock::time_point> deadline() const;

 private:
  void watch_folder(const std::string& folder);
  void rewatch();
  void take(std::uint32_t mask, int watch, const std::string& name, std::set<std::string>& changed);

  UniqueFd inotify_;
  std::set<std::string> files_;
  std::set<std::string> folders_;
  std::set<std::string> wanted_;        ///< folders to be watched
  std::map<int, std::string> watched_;  ///< by watch descriptor
  std::set<std::string> missing_;       ///< wanted, but not there
  std::map<std::string, Clock::time_point> unclosed_;
  std::string lost_;  ///< why everything must be read; empty: need not
  std::uint64_t offset_{0};
};

}  // namespace aright::source
