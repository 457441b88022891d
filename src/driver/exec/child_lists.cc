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
constexpr std::size_t piece = 4096;

std::atomic<std::uint64_t> serials{0};

std::string task_of(pid_t thread) { return fmt::format("/proc/self/task/{}", thread); }

UniqueFd open_list(const std::string& thread) {
  return UniqueFd{open((thread + "/children").c_str(), O_RDONLY | O_CLOEXEC)};
}

/// Nothing from a thread that has ended.
void read_list(const UniqueFd& list, std::set<pid_t>& into) {
  std::string text;
  std::array<char, piece> buffer;  // not zeroed: most lists are empty
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

std::set<std::string> threads() {
  std::set<std::string> names;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/proc/self/task", ignored)) names.insert(entry.path().string());
  return names;
}

}  // namespace

ChildLists::ChildLists() : serial_(++serials) {}

void ChildLists::enter() {
  thread_local std::uint64_t entered = 0;
  if (entered == serial_) return;
  UniqueFd list = open_list("/proc/thread-self");
  if (!list.valid()) {
    whole_ = false;
    return;
  }
  lists_[gettid()] = std::move(list);
  entered = serial_;
}

std::vector<pid_t> ChildLists::read_all() {
  std::set<pid_t> pids;
  for (auto before = threads();; before = threads()) {
    pids.clear();
    for (const std::string& thread : before) read_list(open_list(thread), pids);
    const auto after = threads();
    if (!std::ranges::includes(after, before)) continue;  // the children of one that ended may be anywhere
    std::erase_if(lists_, [&](const auto& list) { return !after.contains(task_of(list.first)); });
    return {pids.begin(), pids.end()};
  }
}

std::vector<pid_t> ChildLists::read() {
  const auto now = Clock::now();
  const pid_t first = getpid();
  if (const auto list = lists_.try_emplace(first); list.second) list.first->second = open_list(task_of(first));
  whole_ = whole_ && lists_.at(first).valid();
  if (!whole_ || now - all_read_ >= all_every) {
    all_read_ = now;
    return read_all();
  }
  std::set<pid_t> pids;
  for (const auto& [thread, list] : lists_) {
    if (thread != first) read_list(list, pids);
  }
  read_list(lists_.at(first), pids);  // the last: where the children of one that ends meanwhile go
  return {pids.begin(), pids.end()};
}

}  // namespace aright::driver
