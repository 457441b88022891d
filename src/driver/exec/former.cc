#include "driver/exec/former.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <optional>
#include <thread>

#include "base/text.h"
#include "base/unique_fd.h"
#include "driver/exec/policy.h"
#include "driver/exec/process.h"

namespace aright::driver {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds seek_again{20};
constexpr std::size_t named_max = 5;

struct Process {
  pid_t pid{0};
  std::uint64_t started{0};
};

/// What is alive of one request of an earlier life.
class Former {
 public:
  Former(const ProgramRequest& request, const Marks* marks)
      : request_(request), marks_(marks), noted_(marks == nullptr ? std::nullopt : marks->noted(request.key)) {
    look();
  }

  /// Twice where nothing is seen: the list is no picture of one moment.
  void look() {
    scan();
    if (!at_work()) scan();
  }

  /// In doubt it is.
  [[nodiscard]] bool at_work() const { return held_ || blind_ || !found_.empty(); }

  /// Since it was started, as far as anybody knows.
  [[nodiscard]] Nanos age() const {
    std::optional<std::uint64_t> first;
    if (noted_) first = noted_->earliest;
    for (const Process& one : found_) first = std::min(first.value_or(one.started), one.started);
    const std::uint64_t now = ticks_now();
    return first && *first < now ? tick_length() * static_cast<std::int64_t>(now - *first) : Nanos{0};
  }

  [[nodiscard]] std::string who() const {
    if (found_.empty()) return blind_ ? "what cannot be looked for without handles" : "a process that cannot be found";
    std::vector<std::string> numbers;
    for (const Process& one : found_) {
      if (numbers.size() < named_max) numbers.push_back(fmt::to_string(one.pid));
    }
    if (found_.size() > named_max) numbers.push_back(fmt::format("{} more", found_.size() - named_max));
    return fmt::format("process{} {}", found_.size() == 1 ? "" : "es", fmt::join(numbers, ", "));
  }

  void signal(int number) const {
    for (const Process& one : found_) {
      const UniqueFd handle{static_cast<int>(syscall(SYS_pidfd_open, one.pid, 0))};
      const auto stat = stat_of(one.pid);  // the number may be another's by now; the handle then too
      if (handle.valid() && stat && stat->started == one.started) {
        syscall(SYS_pidfd_send_signal, handle.get(), number, nullptr, 0);
      }
    }
  }

  /// Until nothing of it is left, or for `limit`. What appears meanwhile gets `number` too.
  bool ends_within(std::chrono::milliseconds limit, int number) {
    for (const auto until = Clock::now() + limit;;) {
      look();
      if (!at_work()) return true;
      if (Clock::now() >= until) return false;
      if (number == SIGKILL) signal(number);
      std::this_thread::sleep_for(seek_again);
    }
  }

 private:
  void scan() {
    blind_ = false;
    held_ = marks_ != nullptr && marks_->held(request_.key);
    found_.clear();
    std::error_code error;
    fs::directory_iterator entry("/proc", error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      const std::string name = entry->path().filename();
      pid_t pid = 0;
      const auto [end, wrong] = std::from_chars(name.data(), name.data() + name.size(), pid);
      if (wrong == std::errc{} && end == name.data() + name.size() && pid != getpid()) look_at(pid);
    }
    blind_ = blind_ || error;
    // Whoever was born and died while we read the list has left the lock to its children.
    held_ = held_ && marks_->held(request_.key);
  }

  void look_at(pid_t pid) {
    errno = 0;
    const auto stat = stat_of(pid);
    if (stat && is_of_it(pid, *stat)) {
      found_.push_back({pid, stat->started});
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == EAGAIN) {
      blind_ = true;
    }
  }

  [[nodiscard]] bool is_of_it(pid_t pid, const ProcessStat& stat) const {
    if (stat.state == 'Z' || stat.state == 'X') return false;
    if (noted_ && in_its_session(pid, stat)) return true;
    if (held_ && marks_->holds(pid, request_.key)) return true;
    if (variable_of(pid, key_variable) != told_key(request_.key)) return false;
    return request_.cause.empty() || variable_of(pid, cause_variable) == request_.cause;
  }

  /// No other session has its number as long as one of its processes lives, but one long after may: so only what was
  /// born while the program had time.
  [[nodiscard]] bool in_its_session(pid_t pid, const ProcessStat& stat) const {
    if (stat.session != noted_->pid || stat.started < noted_->earliest) return false;
    if (pid == noted_->pid) return stat.started <= noted_->latest;
    return stat.started <= noted_->latest + static_cast<std::uint64_t>(request_.time_limit / tick_length());
  }

  const ProgramRequest& request_;
  const Marks* marks_;
  std::optional<Marks::Noted> noted_;
  std::vector<Process> found_;
  bool held_{false};   ///< somebody has the handle
  bool blind_{false};  ///< not all could be looked at
};

}  // namespace

Result<FormerProgram> find_former(const ProgramRequest& request, bool overdue, Marks* marks, const EndingTimes& times) {
  Former former(request, marks);
  FormerProgram told;
  if (former.at_work()) {
    const Nanos age = former.age();
    told.who = former.who();
    if (!overdue && age < request.time_limit) {
      told.at_work = true;
      told.left = request.time_limit - age;
      return told;
    }
    former.signal(SIGTERM);
    bool gone = former.ends_within(times.grace, SIGTERM);
    if (!gone) {
      former.signal(SIGKILL);
      gone = former.ends_within(times.last, SIGKILL);
    }
    if (!gone) {
      return fail(
          Errc::timeout,
          fmt::format(
              "program {}: what was started before the restart ({}) was to be killed after {}, but is still there",
              clip_text(request.arguments.front(), 200), former.who(), format_duration(request.time_limit)));
    }
    told.ended = true;
  }
  if (marks != nullptr) marks->forget(request.key);
  return told;
}

}  // namespace aright::driver
