#include "store/state_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <thread>

#include "base/bytes.h"
#include "base/digest.h"
#include "store/file_check.h"
#include "store/file_io.h"

namespace aright::store {

namespace {

constexpr std::uint32_t reserve_bytes = 16U << 20U;
constexpr std::size_t secret_bytes = 32;
/// A daemon that was killed goes on having the folder until the kernel has taken it away, and so does a program that it
/// was about to start, until that has closed what is ours. Who starts again at once is not refused for that.
constexpr std::chrono::seconds dying_max{2};
constexpr std::chrono::milliseconds dying_look{10};

Result<std::string> read_small(int fd, const std::string& path) {
  std::array<char, 256> buffer{};
  const ssize_t count = pread(fd, buffer.data(), buffer.size(), 0);
  if (count < 0) return std::unexpected(errno_error(errno, path));
  return std::string(buffer.data(), static_cast<std::size_t>(count));
}

Result<Done> check_folder(const struct stat& info, const std::string& path) {
  if (S_ISLNK(info.st_mode)) return fail(Errc::denied, path + ": is a link; name the state folder itself");
  if (!S_ISDIR(info.st_mode)) return fail(Errc::invalid, path + ": is not a folder");
  if (info.st_uid != geteuid()) {
    return fail(Errc::denied,
                fmt::format("{}: the state folder belongs to user {}, not to {}", path, info.st_uid, geteuid()));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(Errc::denied, fmt::format("{}: the state folder can be changed by others (mode {:04o}); set mode 0700",
                                          path, info.st_mode & 07777U));
  }
  return Done{};
}

/// Whatever is synced in a folder is gone after a power cut when its own name was not. Also where it is there already:
/// an earlier start may have died between the two. Where we have no right to, whoever made it for us saw to that.
Result<Done> make_to_last(const std::string& path) {
  const bool made = mkdir(path.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return std::unexpected(errno_error(errno, path));
  const auto synced = sync_name(path);
  if (!synced && (made || synced.error().code != Errc::denied)) return synced;
  return Done{};
}

/// A log whose key is here had a database: an empty one in its place would forget everything in silence.
Result<Done> check_whole(const StateFolder& folder) {
  struct stat info{};
  const std::string key = folder.file(StateFolder::signing_key);
  const bool begun = lstat(key.c_str(), &info) == 0;
  if (!begun && errno != ENOENT) return std::unexpected(errno_error(errno, key));
  if (!begun) return Done{};
  const std::string database = folder.database();
  if (auto ok = check_kinds(database); !ok) return ok;
  const bool seen = lstat(database.c_str(), &info) == 0;
  if (!seen && errno != ENOENT) return std::unexpected(errno_error(errno, database));
  if (seen && info.st_size > 0) return Done{};
  return fail(Errc::corrupt, fmt::format("{}: is missing or empty, but {}, the key of its log, is here; {}", database,
                                         key, what_to_do()));
}

/// The folder itself: a file in it could be removed and made again while the lock is held. An invalid handle: another
/// has it.
Result<UniqueFd> try_to_lock(const std::string& path) {
  UniqueFd folder{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  struct stat info{};
  if (!folder.valid() || fstat(folder.get(), &info) != 0) return std::unexpected(errno_error(errno, path));
  if (auto ok = check_folder(info, path); !ok) return std::unexpected(ok.error());
  if (flock(folder.get(), LOCK_EX | LOCK_NB) == 0) return folder;
  if (errno != EWOULDBLOCK) return std::unexpected(errno_error(errno, path));
  return UniqueFd{};
}

std::string pid_in(const std::string& path) {
  const std::string pid_path = path + "/pid";
  const UniqueFd pid_file{open(pid_path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  const auto pid = pid_file.valid() ? read_small(pid_file.get(), pid_path) : Result<std::string>("unknown");
  return pid && !pid->empty() ? pid->substr(0, pid->find('\n')) : "unknown";
}

Result<UniqueFd> lock_folder(const std::string& path) {
  for (const auto until = std::chrono::steady_clock::now() + dying_max;;) {
    auto lock = try_to_lock(path);
    if (!lock || lock->valid()) return lock;
    if (std::chrono::steady_clock::now() >= until) break;
    std::this_thread::sleep_for(dying_look);
  }
  return fail(Errc::denied, fmt::format("the state folder {} is in use by process {}", path, pid_in(path)));
}

Result<std::string> read_secret(int fd, const std::string& path) {
  struct stat info{};
  if (fstat(fd, &info) != 0) return std::unexpected(errno_error(errno, path));
  if (!S_ISREG(info.st_mode)) return fail(Errc::denied, path + ": the key is no regular file");
  if (info.st_uid != geteuid()) return fail(Errc::denied, path + ": the key belongs to another user");
  if ((info.st_mode & 077U) != 0) return fail(Errc::denied, path + ": the key can be read by others; set mode 0600");
  auto text = read_small(fd, path);
  if (!text) return text;
  auto bytes = unhex(*text);  // its own words would show the key
  if (text->size() == 2 * secret_bytes && bytes) return bytes;
  return fail(Errc::corrupt, path + ": is not a key of 32 bytes");
}

}  // namespace

Result<StateFolder> StateFolder::open(const std::string& path) {
  if (auto ok = make_to_last(path); !ok) return std::unexpected(ok.error());
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return std::unexpected(errno_error(errno, path));
  if (auto ok = check_folder(info, path); !ok) return std::unexpected(ok.error());
  StateFolder folder;
  folder.path_ = path;
  auto lock = lock_folder(path);
  if (!lock) return std::unexpected(lock.error());
  folder.lock_ = std::move(*lock);
  const std::string pid_path = folder.file("pid");
  // Not synced: it is of use only while this process lives. A full disk keeps nobody from starting.
  const UniqueFd pid_file{
      ::open(pid_path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)};
  const std::string pid = fmt::to_string(getpid());
  if (!pid_file.valid() || (write(pid_file.get(), pid.data(), pid.size()) < 0 && !no_room(errno))) {
    return std::unexpected(errno_error(errno, pid_path));
  }
  if (auto ok = check_whole(folder); !ok) return std::unexpected(ok.error());
  return folder;
}

bool StateFolder::in_use(const std::string& path) {
  const UniqueFd folder{::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  return folder.valid() && flock(folder.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

Result<std::string> StateFolder::secret(const std::string& name, bool may_create) {
  const std::string path = file(name);
  const UniqueFd existing{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (existing.valid()) return read_secret(existing.get(), path);
  if (errno != ENOENT) return std::unexpected(errno_error(errno, path));
  if (!may_create) {
    return fail(Errc::not_found,
                fmt::format("{}: is missing, but the log here was begun with it; {}", path, what_to_do()));
  }
  const Digest bytes = random_digest();
  if (auto ok = replace_file(path, hex(bytes), 0600); !ok) return std::unexpected(ok.error());
  return std::string(as_text(bytes));
}

std::optional<std::string> StateFolder::process_of(const std::string& path) {
  return in_use(path) ? std::optional(pid_in(path)) : std::nullopt;
}

Result<Done> StateFolder::publish(const std::string& name, const std::string& text) {
  const std::string path = file(name);
  // A full disk keeps nobody from what is there already.
  const UniqueFd there{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (const auto known = there.valid() ? read_small(there.get(), path) : Result<std::string>(); known == text)
    return Done{};
  return replace_file(path, text, 0644);
}

void StateFolder::release() {
  unlink(file("reserve").c_str());
  released_ = true;
}

Result<Done> StateFolder::set_reserve_aside() {
  const std::string path = file("reserve");
  struct statvfs space{};
  if (statvfs(path_.c_str(), &space) != 0) return std::unexpected(errno_error(errno, path_));
  const auto none = [&] {
    return fail(Errc::no_space, path_ + ": no room for the reserve of 16 MiB; free some space");
  };
  // Taken back only when more stays free: otherwise the next entry would need it at once. On a small disk no more than
  // half of what lay beside it: our own log has grown since, and nobody else can make room for that.
  const std::uint64_t more = std::min<std::uint64_t>(
      {reserve_bytes / 4, space.f_blocks * space.f_frsize / 16, beside_ ? *beside_ / 2 : reserve_bytes});
  if (released_ && space.f_bavail * space.f_frsize < reserve_bytes + more) return none();
  const UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)};
  if (!fd.valid()) return std::unexpected(errno_error(errno, path));
  if (const int err = posix_fallocate(fd.get(), 0, reserve_bytes); err != 0) {
    unlink(path.c_str());
    if (err == ENOSPC) return none();
    return std::unexpected(write_error(err, path + ": no room for the reserve of 16 MiB"));
  }
  released_ = false;
  if (fstatvfs(fd.get(), &space) == 0) {
    beside_ = std::max<std::uint64_t>(beside_.value_or(0), space.f_bavail * space.f_frsize);
  }
  return Done{};
}

}  // namespace aright::store
