#include "source/watch/watch_source.h"

#include <sys/inotify.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace aright::source {

namespace {

constexpr std::uint32_t mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB | IN_CREATE | IN_DELETE |
                               IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;
constexpr std::string_view own_prefix = ".aright-";
constexpr auto unclosed_after = std::chrono::milliseconds{250};

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

}  // namespace

Result<WatchSource> WatchSource::create(const std::vector<std::string>& files,
                                        const std::vector<std::string>& folders) {
  WatchSource source;
  source.inotify_ = UniqueFd{inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  if (!source.inotify_.valid()) return std::unexpected(errno_error(errno, "inotify"));
  source.files_.insert(files.begin(), files.end());
  source.folders_.insert(folders.begin(), folders.end());
  source.wanted_ = source.folders_;
  for (const std::string& file : files) source.wanted_.insert(parent_of(file));
  source.rewatch();
  return source;
}

void WatchSource::watch_folder(const std::string& folder) {
  const int watch = inotify_add_watch(inotify_.get(), folder.c_str(), mask);
  if (watch >= 0) {
    watched_[watch] = folder;
    missing_.erase(folder);
    return;
  }
  missing_.insert(folder);
  for (std::string up = parent_of(folder);; up = parent_of(up)) {
    const int above = inotify_add_watch(inotify_.get(), up.c_str(), mask);
    if (above >= 0) watched_.try_emplace(above, up);
    if (above >= 0 || up == "/") return;
  }
}

void WatchSource::rewatch() {
  for (const std::string& folder : wanted_) watch_folder(folder);
}

void WatchSource::take(std::uint32_t bits, int watch, const std::string& name, std::set<std::string>& changed) {
  if ((bits & IN_Q_OVERFLOW) != 0) {
    lost_ = "the kernel's queue of changes ran over";
    return;
  }
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return;
  if ((bits & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) {
    lost_ = "the watched folder " + found->second + " went away";
    if ((bits & IN_IGNORED) == 0) inotify_rm_watch(inotify_.get(), watch);
    watched_.erase(found);
    return;
  }
  if (name.starts_with(own_prefix)) return;
  if (!missing_.empty() && (bits & IN_ISDIR) != 0 && (bits & (IN_CREATE | IN_MOVED_TO)) != 0) {
    lost_ = "a missing folder may have appeared below " + found->second;
    return;
  }
  const std::string path = found->second == "/" ? "/" + name : found->second + "/" + name;
  if (!files_.contains(path) && !folders_.contains(found->second)) return;
  if ((bits & IN_MODIFY) != 0) {
    unclosed_.try_emplace(path, Clock::now() + unclosed_after);
    return;
  }
  unclosed_.erase(path);
  changed.insert(path);
}

std::vector<Hint> WatchSource::drain() {
  alignas(inotify_event) std::array<char, 65536> buffer{};
  std::set<std::string> changed;
  while (true) {
    const ssize_t count = read(inotify_.get(), buffer.data(), buffer.size());
    if (count <= 0) break;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      take(event.mask, event.wd, event.len == 0 ? std::string() : std::string(name), changed);
      at += sizeof event + event.len;
    }
  }
  const auto now = Clock::now();
  for (auto it = unclosed_.begin(); it != unclosed_.end();) {
    if (it->second > now) {
      ++it;
      continue;
    }
    changed.insert(it->first);
    it = unclosed_.erase(it);
  }
  std::vector<Hint> hints;
  if (!lost_.empty()) {
    rewatch();
    hints.push_back({Hint::What::read_all, ++offset_, {}, {}, std::exchange(lost_, {})});
  }
  for (const std::string& path : changed) hints.push_back({Hint::What::changed, ++offset_, path, {}, {}});
  return hints;
}

std::optional<WatchSource::Clock::time_point> WatchSource::deadline() const {
  if (unclosed_.empty()) return std::nullopt;
  return std::ranges::min_element(unclosed_, {}, [](const auto& item) { return item.second; })->second;
}

}  // namespace aright::source
