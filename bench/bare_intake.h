// The yardsticks of webhooks: the same server, which answers at once, or after the body lies on the disk.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "http/server.h"

namespace aright::bench {

/// Appends, and syncs for all who wait at the same time. Nothing else: no checksum, no id, no place to read from.
class GroupJournal {
 public:
  static Result<std::unique_ptr<GroupJournal>> open(const std::string& file);
  [[nodiscard]] bool append(const std::string& bytes);

 private:
  explicit GroupJournal(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
  std::mutex mutex_;
  std::condition_variable synced_;
  std::string pending_;
  std::uint64_t round_{0};  ///< of what is pending
  std::uint64_t done_{0};   ///< rounds that are durable
  bool leading_{false};
};

/// `journal`: nullptr to answer at once.
[[nodiscard]] Result<std::unique_ptr<http::Server>> bare_intake(GroupJournal* journal);

}  // namespace aright::bench
