// Sockets that another thread can cut off.
#pragma once

#include <atomic>
#include <mutex>
#include <set>

namespace aright::http {

/// The sockets of conversations that libcurl sees through without asking anybody in between. One object for many
/// threads.
class OpenSockets {
 public:
  void opened(int fd);
  int close(int fd);  ///< as close(2)
  /// Those that are open, and those to come: whoever waits at them goes on with an error.
  void cut_off();
  [[nodiscard]] bool are_cut() const { return cut_; }

 private:
  std::mutex mutex_;
  std::set<int> open_;
  std::atomic<bool> cut_{false};
};

}  // namespace aright::http
