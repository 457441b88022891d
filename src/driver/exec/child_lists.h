// Which processes are children of this one.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "base/unique_fd.h"

namespace aright::driver {

/// By /proc/self/task/*/children: a child stands at the thread that made it, and moves to another when that one ends;
/// what this process is given as child subreaper stands at the first thread that lives. A reading looks at the lists of
/// the threads that have entered and of the first thread, which stay open, and at those of all once a second, or each
/// time while one that has entered has none open. The first thread lives as long as the process. Whoever calls sees to
/// it that no two threads do at once, and that nobody makes a child or takes one off meanwhile.
class ChildLists {
 public:
  ChildLists();
  /// The calling thread is about to make children. Again: costs nothing.
  void enter();
  [[nodiscard]] std::vector<pid_t> read();

 private:
  using Clock = std::chrono::steady_clock;
  void read_threads(std::set<pid_t>& into);

  const std::uint64_t serial_;       ///< tells the threads where they have entered
  std::map<pid_t, UniqueFd> lists_;  ///< by thread
  std::set<pid_t> unopened_;         ///< threads that have entered and got no descriptor for their list
  Clock::time_point all_read_{};     ///< the last reading of all
};

}  // namespace aright::driver
