#include "driver/exec/family.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <limits>
#include <optional>

#include "base/text.h"
#include "driver/exec/process.h"

namespace aright::driver {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds sweep_max{5};
constexpr std::chrono::milliseconds no_handle_poll{10};  ///< where nothing can be waited on

std::atomic<bool> exists{false};

End end_of(const siginfo_t& info) { return {info.si_code != CLD_EXITED, info.si_status}; }

void wait_for_end(pid_t pid, std::chrono::milliseconds limit) {
  const UniqueFd ended{static_cast<int>(syscall(SYS_pidfd_open, pid, 0))};
  if (!ended.valid() && errno == ESRCH) return;
  // Without a descriptor (-1 is passed over) it is only looked at again soon.
  pollfd waiting{ended.get(), POLLIN, 0};
  poll(&waiting, 1, static_cast<int>((ended.valid() ? limit : std::min(limit, no_handle_poll)).count()));
}

}  // namespace

Result<std::unique_ptr<Family>> Family::create() {
  if (exists.exchange(true)) return fail(Errc::conflict, "programs: this process has a family of programs already");
  std::unique_ptr<Family> family{new Family};
  struct sigaction child{};
  sigaction(SIGCHLD, nullptr, &child);
  if (child.sa_handler == SIG_IGN || (child.sa_flags & SA_NOCLDWAIT) != 0) {
    return fail(Errc::unavailable, "programs: SIGCHLD is ignored, so the ends of programs would be lost");
  }
  if (!fs::exists("/proc/thread-self/children")) {
    return fail(Errc::unavailable, "programs: /proc does not tell our children; mount it");
  }
  if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    return std::unexpected(errno_error(errno, "programs: PR_SET_CHILD_SUBREAPER"));
  }
  for (const pid_t pid : family->children_.read()) family->foreign_.insert(pid);
  // As the first process of a container we are given everybody's orphans; and those that were there before us may have
  // children of their own.
  family->all_ours_ = family->foreign_.empty() && getpid() != 1;
  return family;
}

Family::~Family() {
  prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
  exists = false;
}

Result<Child> Family::start(const ProgramRequest& request, const UniqueFd& mark) {
  const std::shared_lock changing(look_);
  {
    const std::lock_guard lock(mutex_);
    children_.enter();
    if (!running_.try_emplace(request.key, Member{0, ticks_now()}).second) {
      return fail(Errc::conflict, fmt::format("program {}: one with the key {} is running already",
                                              clip_text(request.arguments.front(), 200), request.key));
    }
  }
  auto child = spawn(request, mark);
  const std::lock_guard lock(mutex_);
  if (!child) {
    running_.erase(request.key);
    return child;
  }
  running_[request.key].pid = child->pid;
  pids_.insert(child->pid);
  return child;
}

std::vector<Family::Found> Family::strays() {
  std::vector<Found> found;
  for (const pid_t pid : children_.read()) {
    if (pids_.contains(pid) || foreign_.contains(pid)) continue;
    const auto stat = stat_of(pid);
    if (!stat) {
      // A child stays until it is reaped, so this is for want of a descriptor: any request that runs may have made it.
      found.push_back({pid, false, 0, {std::nullopt, std::numeric_limits<std::uint64_t>::max()}});
      continue;
    }
    const bool zombie = stat->state == 'Z';
    found.push_back(
        {pid, zombie, stat->session, {zombie ? std::nullopt : variable_of(pid, key_variable), stat->started}});
  }
  return found;
}

Fate Family::fate(const Found& found) const {
  // The session also says whose it is while it dies, when its environment is gone already.
  if (pids_.contains(found.session)) return Fate::leave;
  if (sweeping_.contains(found.session)) return Fate::end;
  const auto killed = killed_.find(found.pid);
  if (killed != killed_.end()) return pids_.contains(killed->second) ? Fate::leave : Fate::end;
  std::map<std::string, std::uint64_t> since;
  for (const auto& [key, member] : running_) since[std::string(told_key(key))] = member.started;
  return fate_of(found.stray, since, all_ours_);
}

void Family::signal(const std::string& key, pid_t pid, int signal) {
  const std::unique_lock alone(look_);
  const std::lock_guard lock(mutex_);
  // Not reaped yet, so the number is still the program's and its group's.
  kill(-pid, signal);
  for (const Found& found : strays()) {
    if (!found.zombie && found.stray.key == told_key(key) && kill(found.pid, signal) == 0) killed_[found.pid] = pid;
  }
}

End Family::finish(const std::string& key, pid_t pid) {
  const std::shared_lock changing(look_);
  const std::lock_guard lock(mutex_);
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) continue;
  kill(-pid, SIGKILL);
  while (waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0 && errno == EINTR) continue;
  pids_.erase(pid);
  running_.erase(key);
  sweeping_[pid] = 0;
  return end_of(info);
}

void Family::give_up(const std::string& key) {
  const std::shared_lock changing(look_);
  const std::lock_guard lock(mutex_);
  const auto member = running_.find(key);
  if (member == running_.end()) return;
  pids_.erase(member->second.pid);
  running_.erase(member);
}

/// False: it is not at its end.
bool Family::reap(const Found& found) {
  int status = 0;
  if (waitpid(found.pid, &status, WNOHANG) != found.pid) return false;
  const auto killed = killed_.find(found.pid);
  const pid_t program = killed != killed_.end() ? killed->second : found.session;
  if (killed != killed_.end()) killed_.erase(killed);
  const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  const auto of = sweeping_.find(program);
  if (of != sweeping_.end() && (signal == SIGKILL || signal == SIGTERM)) ++of->second;
  return true;
}

/// True: some were reaped or killed, so that their children are ours now; `waited_for` is one of them.
bool Family::sweep_once(pid_t program, std::uint32_t& left, pid_t& waited_for) {
  const std::unique_lock alone(look_);
  const std::lock_guard lock(mutex_);
  siginfo_t info{};
  left = 0;
  waited_for = 0;
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD) return false;  // the usual case
  for (const Found& found : strays()) {
    if (reap(found)) {
      if (waited_for == 0) waited_for = found.pid;
      continue;
    }
    const Fate fate = this->fate(found);
    if (fate == Fate::leave) continue;
    ++left;
    if (fate != Fate::end || kill(found.pid, SIGKILL) != 0) continue;
    killed_.try_emplace(found.pid, sweeping_.contains(found.session) ? found.session : program);
    waited_for = found.pid;
  }
  return waited_for != 0;
}

Sweep Family::sweep(pid_t pid) {
  Sweep sweep;
  const auto until = std::chrono::steady_clock::now() + sweep_max;
  for (pid_t waited_for = 0; sweep_once(pid, sweep.left, waited_for);) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) break;
    wait_for_end(waited_for, std::chrono::ceil<std::chrono::milliseconds>(until - now));
  }
  const std::lock_guard lock(mutex_);
  if (const auto swept = sweeping_.extract(pid)) sweep.ended = swept.mapped();
  return sweep;
}

}  // namespace aright::driver
