#include "source/tail/folder_watch.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/path_text.h"
#include "source/epoll.h"

namespace aright::source {

namespace {

constexpr std::uint32_t mask = IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO |
                               IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW;
/// Of 64 KiB each, for the same reason as in WatchSource.
constexpr int readings_max = 4;
constexpr int other_half_ms = 10;
constexpr std::chrono::seconds retry_first{1};
constexpr std::chrono::seconds retry_last{300};

using Places = std::vector<std::pair<std::string, std::size_t>>;

/// Where it is noted that a file that left a name stands at `path`; from now on it is noted to be gone.
Places standing_at(const std::string& path, FolderNews& news) {
  Places found;
  for (auto& [from, places] : news.left) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i].now != path) continue;
      places[i].now.clear();
      found.emplace_back(from, i);
    }
  }
  return found;
}

/// What was told of the file at `path`, which has that name no more.
FolderFile take_out(const std::string& path, FolderNews& news) {
  const auto known = news.here.find(path);
  if (known == news.here.end()) return {};
  return std::move(news.here.extract(known).mapped());
}

}  // namespace

Result<FolderWatch> FolderWatch::create(std::set<std::string> folders) {
  std::vector<std::string> names;
  for (const std::string& folder : folders) {
    if (folder != "/") names.push_back(path_text(folder));
  }
  auto ways = WatchSource::create({}, {}, names);
  if (!ways) return std::unexpected(ways.error());
  FolderWatch watch(std::move(folders), std::move(*ways));
  watch.inotify_ = UniqueFd{inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  watch.any_ = UniqueFd{epoll_create1(EPOLL_CLOEXEC)};
  if (!watch.inotify_.valid() || !watch.any_.valid()) return std::unexpected(errno_error(errno, "inotify"));
  if (auto ok = wait_also_on(watch.any_, watch.inotify_.get()); !ok) return std::unexpected(ok.error());
  if (auto ok = wait_also_on(watch.any_, watch.ways_.fd()); !ok) return std::unexpected(ok.error());
  if (auto ok = watch.arm(); !ok) return std::unexpected(ok.error());
  if (!watch.unwatched_.empty()) watch.retry_at_ = Clock::now();
  return watch;
}

/// What cannot be watched does not keep the others from it. One that may not be read is no error: its rights may
/// change.
Result<Done> FolderWatch::arm() {
  std::map<int, std::string> armed;
  Result<Done> outcome;
  unwatched_.clear();
  for (const std::string& folder : folders_) {
    const int number = inotify_add_watch(inotify_.get(), folder.c_str(), mask);
    if (number >= 0) {
      armed[number] = folder;
      continue;
    }
    if (errno == ENOENT || errno == ENOTDIR) continue;
    const std::string name = path_text(folder);
    if (errno == EACCES) {
      unwatched_[folder] = name + ": cannot be watched, it may not be read";
      continue;
    }
    const Error error = errno == ENOSPC ? Error{Errc::no_space, Retry::yes,
                                                name + ": cannot be watched, fs.inotify.max_user_watches is used up"}
                                        : errno_error(errno, name + ": inotify_add_watch");
    unwatched_[folder] = error.message;
    if (outcome) outcome = std::unexpected(error);
  }
  for (const auto& [number, folder] : watched_) {
    if (!armed.contains(number)) inotify_rm_watch(inotify_.get(), number);
  }
  watched_ = std::move(armed);
  return outcome;
}

void FolderWatch::arm_again(bool due, Clock::time_point now) {
  if (const auto whole = arm(); whole && unwatched_.empty()) {
    retry_at_.reset();
    retry_wait_ = {};
  } else if (!retry_at_ || due) {
    retry_wait_ = std::min(std::max(retry_wait_ * 2, retry_first), retry_last);
    retry_at_ = now + retry_wait_;
  }
}

std::optional<FolderWatch::Clock::time_point> FolderWatch::deadline() const {
  const auto ways = ways_.deadline();
  return ways && (!retry_at_ || *ways < *retry_at_) ? ways : retry_at_;
}

void FolderWatch::take(std::uint32_t bits, int watch, std::uint32_t cookie, std::string_view name, FolderNews& news) {
  if ((bits & IN_Q_OVERFLOW) != 0) {
    news.lost = "the kernel's queue of changes ran over";
    news.incomplete = true;
  }
  const auto folder = watched_.find(watch);
  if (folder == watched_.end() || (bits & IN_IGNORED) != 0) return;
  if ((bits & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) {
    news.lost = "the folder " + path_text(folder->second) + " went away";
  }
  if (name.empty()) {
    if ((bits & IN_ATTRIB) != 0) news.lost = "the folder " + path_text(folder->second) + " changed its owner or mode";
    return;
  }
  const std::string path = (folder->second == "/" ? "" : folder->second) + "/" + std::string(name);
  news.touched.insert(path);
  if ((bits & IN_ISDIR) != 0) return;
  if ((bits & IN_CREATE) != 0) news.here[path] = {.now = {}, .earlier = {}, .came = true, .made = true};
  if ((bits & IN_MODIFY) != 0) news.here[path].written = true;
  if ((bits & (IN_MOVED_FROM | IN_DELETE)) != 0) {
    Moving gone{standing_at(path, news), take_out(path, news)};
    std::vector<FolderFile>& files = news.left[path];
    files.push_back(gone.file);
    gone.notes.emplace_back(path, files.size() - 1);
    gone.file.earlier.push_back(path);
    gone.file.came = true;
    if ((bits & IN_MOVED_FROM) != 0) moving_[cookie] = std::move(gone);
  }
  if ((bits & IN_MOVED_TO) == 0) return;
  (void)standing_at(path, news);  // what had that name before is replaced
  if (FolderFile replaced = take_out(path, news); replaced.came) news.left[path].push_back(std::move(replaced));
  Moving come = std::exchange(moving_[cookie], {});
  moving_.erase(cookie);
  for (const auto& [from, index] : come.notes) news.left[from][index].now = path;
  come.file.came = true;
  news.here[path] = std::move(come.file);
}

void FolderWatch::read_events(FolderNews& news) {
  alignas(inotify_event) std::array<char, 65536> buffer;  // not zeroed: that costs more than most readings
  bool half = false;  // the last one that was told of is a leaving, and where to comes at once or never (inotify(7))
  for (int readings = 0; readings < readings_max; ++readings) {
    if (std::exchange(half, false)) {
      pollfd more{inotify_.get(), POLLIN, 0};
      poll(&more, 1, other_half_ms);
    }
    const ssize_t count = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (count <= 0) break;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      take(event.mask, event.wd, event.cookie, {name, strnlen(name, event.len)}, news);
      half = (event.mask & IN_MOVED_FROM) != 0;
      at += sizeof event + event.len;
    }
  }
}

FolderNews FolderWatch::read(Clock::time_point now) {
  FolderNews news;
  if (!ways_.drain().empty()) news.lost = "a folder came or went";
  moving_.clear();
  read_events(news);
  const bool due = retry_at_ && *retry_at_ <= now;
  if (due && news.lost.empty()) news.lost = "a folder could not be watched";
  if (!news.lost.empty()) arm_again(due, now);
  return news;
}

}  // namespace aright::source
