#include "source/watch/watch_source.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/path_text.h"
#include "model/temporary_name.h"
#include "source/epoll.h"

namespace aright::source {

namespace {

/// Of a folder with managed files: everything that may change one of them.
constexpr std::uint32_t entry_mask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_ATTRIB | IN_CREATE | IN_DELETE |
                                     IN_MODIFY | IN_DELETE_SELF | IN_MOVE_SELF | IN_EXCL_UNLINK;
/// Of a folder in which only the coming and going of a name matters, whatever is written there meanwhile.
constexpr std::uint32_t name_mask = IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF;
/// Of its ancestors: that a folder of ours is no longer where it was, since then our path leads elsewhere though the
/// watched folder itself may not have moved. IN_DELETE because a removed folder that somebody still holds open, a
/// shell's working directory, says nothing itself until it is let go.
constexpr std::uint32_t ancestor_mask = IN_DELETE_SELF | IN_MOVE_SELF | IN_DELETE;
/// Of the nearest ancestor of a missing folder: something came, or became accessible.
constexpr std::uint32_t appear_mask = ancestor_mask | IN_CREATE | IN_MOVED_TO | IN_ATTRIB;

constexpr std::uint32_t gone_bits = IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT;
/// The name may have another file now, or none.
constexpr std::uint32_t name_bits = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM;
constexpr std::size_t told_max = 10'000;
constexpr auto unclosed_after = std::chrono::milliseconds{250};
constexpr std::chrono::seconds retry_first{1};
constexpr std::chrono::seconds retry_last{300};
/// Of 64 KiB each: whoever writes in a watched folder faster than we read must not keep us from everything else. What
/// is left keeps the descriptor readable.
constexpr int readings_max = 4;

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string below(const std::string& folder, std::string_view name) {
  return (folder == "/" ? std::string() : folder) + "/" + std::string(name);
}

/// As the kernel calls a file without a name in what it tells of it.
bool is_nameless(std::string_view name) {
  return name.size() > 1 && name.starts_with('#') && name.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

bool is_there(const std::string& path) {
  struct stat info{};
  return lstat(path.c_str(), &info) == 0;
}

Result<std::set<std::string>> plain(const std::vector<std::string>& texts) {
  std::set<std::string> paths;
  for (const std::string& text : texts) {
    auto bytes = path_bytes(text);
    if (!bytes) return std::unexpected(bytes.error());
    paths.insert(std::move(*bytes));
  }
  return paths;
}

/// By its path, no component of which may be a link: a watch behind a link would not notice that the link changes.
UniqueFd open_folder(const std::string& path) {
  open_how how{};
  how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_NO_SYMLINKS;
  return UniqueFd{static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof how))};
}

}  // namespace

Result<WatchSource> WatchSource::create(const std::vector<std::string>& files, const std::vector<std::string>& folders,
                                        const std::vector<std::string>& names) {
  WatchSource source;
  auto file_paths = plain(files);
  if (!file_paths) return std::unexpected(file_paths.error());
  auto folder_paths = plain(folders);
  if (!folder_paths) return std::unexpected(folder_paths.error());
  auto name_paths = plain(names);
  if (!name_paths) return std::unexpected(name_paths.error());
  source.files_ = std::move(*file_paths);
  source.folders_ = std::move(*folder_paths);
  source.names_ = std::move(*name_paths);
  if (auto ok = source.open(); !ok) return std::unexpected(ok.error());
  for (const std::string& folder : source.folders_) source.want(folder, entry_mask);
  for (const std::string& file : source.files_) source.want(parent_of(file), entry_mask);
  for (const std::string& name : source.names_) source.want(parent_of(name), name_mask);
  if (auto ok = source.rewatch(); !ok) return std::unexpected(ok.error());
  source.plan_retry(false);
  return source;
}

Result<Done> WatchSource::open() {
  inotify_ = UniqueFd{inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  any_ = UniqueFd{epoll_create1(EPOLL_CLOEXEC)};
  if (!inotify_.valid() || !any_.valid()) return std::unexpected(errno_error(errno, "inotify"));
  if (auto ok = wait_also_on(any_, inotify_.get()); !ok) return ok;
  if (files_.empty() && folders_.empty()) return Done{};
  auto inodes = InodeWatch::create();
  if (!inodes) return std::unexpected(inodes.error());
  inodes_ = std::move(*inodes);
  return wait_also_on(any_, inodes_->fd());
}

void WatchSource::want(std::string folder, std::uint32_t mask) {
  wanted_[folder] |= mask;
  while (folder != "/") {
    folder = parent_of(folder);
    wanted_[folder] |= ancestor_mask;
  }
}

/// closed: not for us to look for. unreadable: it is there, and what happens in it is not for us to hear.
Result<WatchSource::Armed> WatchSource::arm(const std::string& folder, std::uint32_t mask,
                                            std::map<int, std::string>& armed) {
  const UniqueFd handle = open_folder(folder);
  if (!handle.valid()) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOSYS)
      return std::unexpected(errno_error(errno, path_text(folder)));
    return errno == EACCES ? Armed::closed : Armed::absent;
  }
  const std::string by_handle = "/proc/self/fd/" + std::to_string(handle.get());
  const int watch = inotify_add_watch(inotify_.get(), by_handle.c_str(), mask | IN_ONLYDIR);
  if (watch < 0 && errno == EACCES) return Armed::unreadable;
  if (watch < 0 && errno == ENOSPC) {
    return fail(Errc::no_space, path_text(folder) + ": cannot be watched, fs.inotify.max_user_watches is used up");
  }
  if (watch < 0) return std::unexpected(errno_error(errno, path_text(folder) + ": inotify_add_watch"));
  armed[watch] = folder;
  return Armed::yes;
}

Result<Done> WatchSource::arm_or_wait(const std::string& folder, std::uint32_t mask,
                                      std::map<int, std::string>& armed) {
  auto there = arm(folder, mask, armed);
  if (!there) return std::unexpected(there.error());
  if (*there == Armed::yes) return Done{};
  // An ancestor's own coming and going is told by the one above it.
  if (*there == Armed::unreadable && (mask & IN_CREATE) != 0)
    unwatched_[folder] = path_text(folder) + ": cannot be watched, it may not be read";
  missing_.insert(folder);
  if (folder == "/") return Done{};
  const std::string up = parent_of(folder);
  auto waiting = arm(up, appear_mask | IN_MASK_ADD, armed);
  if (!waiting) return std::unexpected(waiting.error());
  if (*waiting == Armed::unreadable && *there == Armed::absent)
    unwatched_[folder] = path_text(folder) + ": cannot be waited for, " + path_text(up) + " may not be read";
  // It may have appeared just before its ancestor was listened to.
  there = *waiting == Armed::yes ? arm(folder, mask, armed) : Armed::absent;
  if (!there) return std::unexpected(there.error());
  if (*there == Armed::yes) missing_.erase(folder);
  return Done{};
}

/// Everything from the paths anew. Watches that no wanted path leads to any more (a folder that was moved away) end.
/// One folder that cannot be watched does not keep the others from it; the first error is returned.
Result<Done> WatchSource::rewatch_folders() {
  std::map<int, std::string> armed;
  Result<Done> outcome;
  missing_.clear();
  unwatched_.clear();
  // Ancestors come first in the order of a map; a later change above is reported by the watch set before.
  for (const auto& [folder, mask] : wanted_) {
    auto ok = arm_or_wait(folder, mask, armed);
    if (ok) continue;
    unwatched_[folder] = ok.error().message;
    if (outcome) outcome = std::move(ok);
  }
  for (const auto& [watch, folder] : watched_) {
    if (!armed.contains(watch)) inotify_rm_watch(inotify_.get(), watch);
  }
  watched_ = std::move(armed);
  return outcome;
}

/// Folders go first: where there is no room for one, files give theirs back, and get none until every folder has its
/// own.
Result<Done> WatchSource::rewatch() {
  auto outcome = rewatch_folders();
  if (!inodes_) return outcome;
  const auto no_room = [&] { return !outcome && outcome.error().code == Errc::no_space; };
  if (no_room()) {
    inodes_->give_up(managed_files());
    outcome = rewatch_folders();
  }
  starved_ = no_room();
  if (!starved_) inodes_->arm_only(managed_files());
  renamed_.clear();
  return outcome;
}

std::set<std::string> WatchSource::managed_files() const {
  std::set<std::string> all = files_;
  for (const std::string& folder : folders_) {
    std::error_code ends;
    for (std::filesystem::directory_iterator entry(folder, ends), end; !ends && entry != end; entry.increment(ends)) {
      std::error_code unknown;
      if (entry->is_symlink(unknown) || !entry->is_regular_file(unknown)) continue;
      std::string name = entry->path().filename().string();
      if (!is_temporary_name(name)) all.insert(below(folder, name));
    }
  }
  return all;
}

/// After a `rewatch`, or an attempt at the files alone.
void WatchSource::plan_retry(bool tried) {
  if (unwatched_.empty() && (!inodes_ || !inodes_->waits())) {
    retry_at_.reset();
    retry_wait_ = {};
    return;
  }
  if (!retry_at_ || tried) {
    retry_wait_ = std::min(std::max(retry_wait_ * 2, retry_first), retry_last);
    retry_at_ = Clock::now() + retry_wait_;
  }
}

/// Owner or mode of a watched folder changed: its files may have become readable, or somebody else's to replace.
void WatchSource::take_own(std::uint32_t bits, const std::string& folder, std::set<std::string>& changed) {
  if ((bits & IN_ATTRIB) == 0) return;
  if (folders_.contains(folder)) {  // which files it has, only a list tells
    lost_ = "the watched folder " + path_text(folder) + " changed its owner or mode";
    return;
  }
  const std::string prefix = below(folder, "");
  for (auto file = files_.lower_bound(prefix); file != files_.end() && file->starts_with(prefix); ++file) {
    if (parent_of(*file) != folder) continue;
    changed.insert(*file);
    renamed_.insert(*file);
  }
}

void WatchSource::take(std::uint32_t bits, int watch, std::string_view name, std::set<std::string>& changed) {
  if ((bits & IN_Q_OVERFLOW) != 0) {
    lost_ = "the kernel's queue of changes ran over";
    return;
  }
  const auto found = watched_.find(watch);
  if (found == watched_.end()) return;
  const std::string& folder = found->second;
  if ((bits & gone_bits) != 0) {
    lost_ = "the watched folder " + path_text(folder) + " went away";
    return;
  }
  if (name.empty()) return take_own(bits, folder, changed);
  std::string path = below(folder, name);
  if (wanted_.contains(path) && (bits & IN_ISDIR) != 0 && (bits & IN_DELETE) != 0) {
    lost_ = "the watched folder " + path_text(path) + " went away";
    return;
  }
  if (missing_.contains(path) && (bits & IN_ISDIR) != 0 && (bits & (IN_CREATE | IN_MOVED_TO | IN_ATTRIB)) != 0) {
    lost_ = "the folder " + path_text(path) + " appeared";
    return;
  }
  const bool in_folder = folders_.contains(folder) && (bits & IN_ISDIR) == 0;  // what is below it is no member
  const bool managed = in_folder || files_.contains(path);
  if (!managed && !names_.contains(path)) return;
  // One of ours on its way into place. No name comes or goes with it: where one does, somebody has called a file so.
  if (is_nameless(name) && (bits & name_bits) == 0 && !is_there(path)) return;
  const bool now_readable = (bits & IN_ATTRIB) != 0 && inodes_ && !inodes_->holds(path);
  if (managed && (bits & IN_ISDIR) == 0 && ((bits & name_bits) != 0 || now_readable)) renamed_.insert(path);
  if ((bits & IN_MODIFY) != 0) {
    unclosed_.try_emplace(std::move(path), Clock::now() + unclosed_after);
    return;
  }
  unclosed_.erase(path);
  changed.insert(std::move(path));
}

void WatchSource::read_events(std::set<std::string>& changed) {
  alignas(inotify_event) std::array<char, 65536> buffer;  // not zeroed: that costs more than most readings
  for (int readings = 0; readings < readings_max; ++readings) {
    const ssize_t count = read(inotify_.get(), buffer.data(), buffer.size());
    if (count <= 0) return;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(count);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const char* name = buffer.data() + at + sizeof event;
      take(event.mask, event.wd, {name, strnlen(name, event.len)}, changed);
      at += sizeof event + event.len;
    }
  }
}

/// Looks at a file only when its name is as of our own, and at nothing but its owner.
bool WatchSource::passing(const std::string& path) {
  const std::string_view name = std::string_view(path).substr(path.rfind('/') + 1);
  if (files_.contains(path) || names_.contains(path) || !is_temporary_name(name)) return false;
  struct stat info{};
  const bool there = lstat(path.c_str(), &info) == 0;
  if (!there && errno == ENOENT) return told_.erase(path) == 0;
  if (there && info.st_uid == geteuid()) return true;
  if (told_.size() < told_max) told_.insert(path);
  return false;
}

void WatchSource::take_overdue(std::set<std::string>& changed) {
  const auto now = Clock::now();
  std::erase_if(unclosed_, [&](const auto& item) {
    if (item.second <= now) changed.insert(item.first);
    return item.second <= now;
  });
}

void WatchSource::read_inodes(std::set<std::string>& changed) {
  inodes_->read([&](const std::string& path, InodeWatch::News news) {
    switch (news) {
      case InodeWatch::News::lost: lost_ = "the kernel's queue of changes to files ran over"; return;
      case InodeWatch::News::written: unclosed_.try_emplace(path, Clock::now() + unclosed_after); return;
      case InodeWatch::News::changed:
        unclosed_.erase(path);
        changed.insert(path);
        return;
    }
  });
}

/// Watches anew what has to be. Returns why everything must be read, or nothing.
std::string WatchSource::go_on(std::set<std::string>& changed) {
  std::string note = std::exchange(lost_, {});
  const bool due = retry_at_ && *retry_at_ <= Clock::now();
  if (note.empty() && !due) return note;
  if (note.empty() && unwatched_.empty()) {
    changed.merge(inodes_->try_unheard());
  } else {
    const auto before = unwatched_;
    auto ok = rewatch();
    if (!note.empty() && !ok) note += "; " + ok.error().message;
    if (note.empty() && unwatched_ != before) note = "folders that could not be watched can be again";
  }
  plan_retry(due);
  return note;
}

std::vector<Hint> WatchSource::drain() {
  std::set<std::string> changed;
  // First: by the time a file of ours that was displaced is removed, its name's own event is there as well.
  if (inodes_) read_inodes(changed);
  read_events(changed);
  take_overdue(changed);
  std::vector<Hint> hints;
  if (std::string note = go_on(changed); !note.empty()) {
    hints.push_back({Hint::What::read_all, ++offset_, {}, {}, std::move(note)});
  }
  for (const std::string& path : changed) {
    if (passing(path)) continue;
    if (inodes_ && !starved_ && renamed_.contains(path)) inodes_->arm(path);
    hints.push_back({Hint::What::changed, ++offset_, path_text(path), {}, {}});
  }
  renamed_.clear();
  return hints;
}

std::optional<WatchSource::Clock::time_point> WatchSource::deadline() const {
  auto due = retry_at_;
  for (const auto& [path, at] : unclosed_) {
    if (!due || at < *due) due = at;
  }
  return due;
}

}  // namespace aright::source
