// The processes this process has started for requests, and those that they leave behind. As child subreaper we become
// the parent of everything whose parent ends, whatever session it moved to; so what no request waits for is a stray.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "driver/exec/child_lists.h"
#include "driver/exec/policy.h"
#include "driver/exec/spawn.h"

namespace aright::driver {

/// How a program ended.
struct End {
  bool signalled{false};
  int number{0};
};

/// What was done about the strays of a program.
struct Sweep {
  std::uint32_t ended{0};
  std::uint32_t left{0};
};

/// One in a process; it owns every child that is born while it lives. Any thread.
class Family {
 public:
  /// Makes this process a child subreaper. Errors: conflict when there is one already; unavailable when /proc does not
  /// tell the children or SIGCHLD is ignored, so that ends would be lost.
  static Result<std::unique_ptr<Family>> create();
  Family(const Family&) = delete;
  Family& operator=(const Family&) = delete;
  ~Family();

  /// Errors as `spawn`; conflict when the key is in the family.
  [[nodiscard]] Result<Child> start(const ProgramRequest& request, const UniqueFd& mark = {});

  /// To the program, its group, and what has its key and moved away.
  void signal(const std::string& key, pid_t pid, int signal);

  /// When the program's pidfd has become readable: takes its end and kills what is left in its group. The key is free
  /// afterwards.
  [[nodiscard]] End finish(const std::string& key, pid_t pid);
  /// The program did not end though it was killed: from now on it is a stray.
  void give_up(const std::string& key);

  /// After `finish`, once: kills strays whose request is over until none is left, for at most a few seconds. Counted as
  /// ended are those that died of us in the program's session, and those that were killed for it.
  [[nodiscard]] Sweep sweep(pid_t pid);

 private:
  struct Member {
    pid_t pid{0};
    std::uint64_t started{0};
  };
  struct Found {
    pid_t pid{0};
    bool zombie{false};  ///< maybe only its first thread
    pid_t session{0};
    Stray stray;
  };

  Family() = default;
  [[nodiscard]] std::vector<Found> strays();
  [[nodiscard]] Fate fate(const Found& found) const;
  bool reap(const Found& found);
  bool sweep_once(pid_t program, std::uint32_t& left, pid_t& waited_for);

  /// Held by all who change who is of the family, while a program starts too, and alone by who looks for strays: a
  /// child that is not entered yet would be one. Whoever has started a program looks before he starts the next, so
  /// looks are not put off for ever.
  std::shared_mutex look_;
  std::mutex mutex_;  ///< of what follows; taken after `look_`, for moments
  ChildLists children_;
  std::map<std::string, Member> running_;  ///< from before the start; the pid is 0 until then
  std::set<pid_t> pids_;                   ///< of `running_`; also their sessions
  std::set<pid_t> foreign_;        ///< children from before us; they are never reaped here, so the numbers stay theirs
  std::map<pid_t, pid_t> killed_;  ///< strays not reaped yet that were sent a signal → for which program
  std::map<pid_t, std::uint32_t> sweeping_;  ///< programs between `finish` and the end of `sweep` → strays ended
  bool all_ours_{true};
};

}  // namespace aright::driver
