#include "driver/exec/child_lists.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

namespace aright::driver {

namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds all_every{1};
constexpr int listings_max = 8;  ///< threads may end faster than they are listed
constexpr std::size_t list_piece = 4096;

std::atomic<std::uint64_t> serials{0};

std::string task_of(pid_t thread) { return fmt::format("/proc/self/task/{}", thread); }

UniqueFd open_list(const std::string& thread) {
  return UniqueFd{open((thread + "/children").c_str(), O_RDONLY | O_CLOEXEC)};
}

/// Nothing from a thread that has ended.
void read_list(const UniqueFd& list, std::set<pid_t>& into) {
  std::string text;
  std::array<char, list_piece> buffer;  // not zeroed: most lists are empty
  for (;;) {
    const ssize_t count = pread(list.get(), buffer.data(), buffer.size(), static_cast<off_t>(text.size()));
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(count));
  }
  for (const char* at = text.data(); at != text.data() + text.size();) {
    pid_t pid = 0;
    const auto [stop, bad] = std::from_chars(at, text.data() + text.size(), pid);
    if (bad != std::errc{}) return;
    into.insert(pid);
    at = stop != text.data() + text.size() && *stop == ' ' ? stop + 1 : stop;
  }
}

std::set<pid_t> threads() {
  std::set<pid_t> numbers;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc/self/task", ignored)) {
    const std::string name = entry.path().filename().string();
    pid_t number = 0;
    if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc{}) numbers.insert(number);
  }
  return numbers;
}

}  // namespace

ChildLists::ChildLists() : serial_(++serials) {}

void ChildLists::enter() {
  thread_local std::uint64_t entered = 0;
  if (entered == serial_) return;
  const pid_t thread = gettid();
  UniqueFd list = open_list(task_of(thread));
  if (!list.valid()) {
    unopened_.insert(thread);
    return;
  }
  unopened_.erase(thread);
  lists_[thread] = std::move(list);
  entered = serial_;
}

void ChildLists::read_threads(std::set<pid_t>& into) {
  for (int listing = 1; listing <= listings_max; ++listing) {
    const auto before = threads();
    if (before.empty()) return;  // no descriptor to list them by; who has ended is not known then
    // Also of those whose list is open: the number may be another thread's by now.
    for (const pid_t thread : before) read_list(open_list(task_of(thread)), into);
    const auto after = threads();
    if (!std::ranges::includes(after, before)) continue;  // one that ends makes a listing pass over others
    std::erase_if(lists_, [&](const auto& list) { return list.first != getpid() && !after.contains(list.first); });
    std::erase_if(unopened_, [&](pid_t thread) { return !after.contains(thread); });
    return;
  }
}

std::vector<pid_t> ChildLists::read() {
  const auto now = Clock::now();
  const pid_t first = getpid();
  if (!lists_[first].valid()) lists_[first] = open_list(task_of(first));
  std::set<pid_t> pids;
  if (!lists_.at(first).valid() || !unopened_.empty() || now - all_read_ >= all_every) {
    all_read_ = now;
    read_threads(pids);
  }
  // Those that are open too: without a free descriptor they are all that can be read.
  for (const auto& [thread, list] : lists_) {
    if (thread != first) read_list(list, pids);
  }
  read_list(lists_.at(first), pids);  // the last: where the children of one that ends meanwhile go
  return {pids.begin(), pids.end()};
}

}  // namespace aright::driver
