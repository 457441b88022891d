// Which processes are children of this one.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <vector>

#include "base/unique_fd.h"

namespace aright::driver {

/// By /proc/self/task/*/children: a child stands at the thread that made it, and moves to another when that one ends;
/// what this process is given as child subreaper stands at the first thread that lives. A reading looks at the lists of
/// the threads that have entered and of the first thread, which stay open, and once a second at those of all. Whoever
/// calls sees to it that no two threads do at once, and that nobody makes a child or takes one off meanwhile.
class ChildLists {
 public:
  ChildLists();
  /// The calling thread is about to make children. Again: costs nothing.
  void enter();
  [[nodiscard]] std::vector<pid_t> read();

 private:
  using Clock = std::chrono::steady_clock;
  [[nodiscard]] std::vector<pid_t> read_all();

  const std::uint64_t serial_;       ///< tells the threads where they have entered
  std::map<pid_t, UniqueFd> lists_;  ///< by thread
  bool whole_{true};                 ///< each thread that has entered has its list open
  Clock::time_point all_read_{};     ///< the last reading of all
};

}  // namespace aright::driver
