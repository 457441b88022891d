#include "source/watch/inode_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>
#include <vector>

namespace aright::source {

namespace {

/// IN_ATTRIB comes also when a name is added or taken away. No link is followed: what a link leads to is not managed.
constexpr std::uint32_t file_mask = IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_DONT_FOLLOW | IN_MASK_ADD;
constexpr int readings_at_once =
    4;  ///< of one buffer each, as of the folders' changes; the rest stays for the next call
constexpr std::size_t watches_max = 65'536;  ///< each keeps about 1 KiB in the kernel

std::size_t half_of_the_system() {
  std::size_t all = 0;
  std::ifstream("/proc/sys/fs/inotify/max_user_watches") >> all;
  return std::min(all / 2, watches_max);
}

}  // namespace

Result<InodeWatch> InodeWatch::create() {
  InodeWatch watch;
  watch.inotify_ = UniqueFd{inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  if (!watch.inotify_.valid()) return std::unexpected(errno_error(errno, "inotify"));
  watch.most_ = half_of_the_system();
  return watch;
}

void InodeWatch::forget(const std::string& path, bool gone) {
  const auto found = by_path_.find(path);
  if (found == by_path_.end()) return;
  const int watch = found->second;
  const auto [begin, end] = by_watch_.equal_range(watch);
  by_watch_.erase(std::find_if(begin, end, [&](const auto& item) { return item.second == path; }));
  by_path_.erase(found);
  if (!gone && !by_watch_.contains(watch)) inotify_rm_watch(inotify_.get(), watch);
}

void InodeWatch::arm(const std::string& path) {
  const auto before = by_path_.find(path);
  if (before == by_path_.end() && by_path_.size() >= most_) {
    if (access(path.c_str(), F_OK) == 0) unheard_.insert(path);
    return;
  }
  const int watch = inotify_add_watch(inotify_.get(), path.c_str(), file_mask);
  const bool no_room = watch < 0 && (errno == ENOSPC || errno == ENOMEM);
  if (before != by_path_.end() && before->second == watch) return;
  forget(path, false);
  if (no_room) {
    unheard_.insert(path);
    return;
  }
  unheard_.erase(path);
  if (watch < 0) return;
  const auto added = by_path_.emplace(path, watch).first;
  by_watch_.emplace(watch, added->first);
}

void InodeWatch::arm_only(const std::set<std::string>& paths) {
  std::vector<std::string> other;
  for (const auto& [path, watch] : by_path_) {
    if (!paths.contains(path)) other.push_back(path);
  }
  for (const std::string& path : other) forget(path, false);
  unheard_.clear();
  for (const std::string& path : paths) arm(path);
}

void InodeWatch::give_up(const std::set<std::string>& paths) {
  arm_only({});
  unheard_.insert(paths.begin(), paths.end());
}

std::set<std::string> InodeWatch::try_unheard() {
  std::set<std::string> heard;
  for (const std::string& path : std::vector<std::string>(unheard_.begin(), unheard_.end())) {
    arm(path);
    if (unheard_.contains(path)) break;
    heard.insert(path);
  }
  return heard;
}

void InodeWatch::take(std::uint32_t bits, int watch, const Tell& tell) {
  if ((bits & IN_Q_OVERFLOW) != 0) return tell({}, News::lost);
  const auto [begin, end] = by_watch_.equal_range(watch);
  std::vector<std::string> paths;
  std::transform(begin, end, std::back_inserter(paths), [](const auto& item) { return std::string(item.second); });
  const bool gone = (bits & IN_IGNORED) != 0;
  // A folder has the name of a file: its folder's watch tells of it, and what is in it is none of ours.
  const bool folder = (bits & IN_ISDIR) != 0;
  for (const std::string& path : paths) {
    if (gone || folder) {
      forget(path, gone);
    } else {
      tell(path, (bits & (IN_ATTRIB | IN_CLOSE_WRITE)) != 0 ? News::changed : News::written);
    }
  }
}

void InodeWatch::read(const Tell& tell) {
  alignas(inotify_event) std::array<char, 65536> buffer;  // not zeroed: that costs more than most readings
  for (int readings = 0; readings < readings_at_once; ++readings) {
    const ssize_t count = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (count <= 0) return;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const bool of_a_child = event.len != 0;  // what is in a folder
      take(of_a_child ? event.mask | IN_ISDIR : event.mask, event.wd, tell);
      at += sizeof event + event.len;
    }
  }
}

}  // namespace aright::source
