#include "store/state_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "base/bytes.h"
#include "base/digest.h"

namespace aright::store {

namespace {

constexpr off_t reserve_bytes = 16 << 20;
constexpr std::size_t secret_bytes = 32;

Result<Done> write_all(int fd, const std::string& text, const std::string& path) {
  const ssize_t count = write(fd, text.data(), text.size());
  if (count != static_cast<ssize_t>(text.size())) return std::unexpected(errno_error(count < 0 ? errno : ENOSPC, path));
  if (fsync(fd) != 0) return std::unexpected(errno_error(errno, path));
  return Done{};
}

Result<std::string> read_small(int fd, const std::string& path) {
  std::array<char, 256> buffer{};
  const ssize_t count = pread(fd, buffer.data(), buffer.size(), 0);
  if (count < 0) return std::unexpected(errno_error(errno, path));
  return std::string(buffer.data(), static_cast<std::size_t>(count));
}

Result<Done> check_folder(const std::string& path) {
  struct stat info{};
  if (lstat(path.c_str(), &info) != 0) return std::unexpected(errno_error(errno, path));
  if (!S_ISDIR(info.st_mode)) return fail(Errc::invalid, path + ": is not a folder");
  if (info.st_uid != geteuid()) return fail(Errc::denied, path + ": the state folder belongs to another user");
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(Errc::denied, fmt::format("{}: the state folder can be changed by others (mode {:04o})", path,
                                          info.st_mode & 07777U));
  }
  return Done{};
}

void sync_folder(const std::string& path) {
  const UniqueFd folder{open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (folder.valid()) fsync(folder.get());
}

}  // namespace

Result<StateFolder> StateFolder::open(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return std::unexpected(errno_error(errno, path));
  if (auto ok = check_folder(path); !ok) return std::unexpected(ok.error());
  StateFolder folder;
  folder.path_ = path;
  const std::string lock_path = folder.file("lock");
  folder.lock_ = UniqueFd{::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!folder.lock_.valid()) return std::unexpected(errno_error(errno, lock_path));
  if (flock(folder.lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    const auto pid = read_small(folder.lock_.get(), lock_path);
    return fail(Errc::denied, fmt::format("the state folder {} is in use by process {}", path,
                                          pid && !pid->empty() ? *pid : "unknown"));
  }
  const std::string pid = fmt::to_string(getpid());
  if (ftruncate(folder.lock_.get(), 0) != 0 || pwrite(folder.lock_.get(), pid.data(), pid.size(), 0) < 0) {
    return std::unexpected(errno_error(errno, lock_path));
  }
  return folder;
}

Result<std::string> StateFolder::secret(const std::string& name, bool may_create) {
  const std::string path = file(name);
  const UniqueFd existing{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (existing.valid()) {
    struct stat info{};
    if (fstat(existing.get(), &info) != 0) return std::unexpected(errno_error(errno, path));
    if ((info.st_mode & 077U) != 0) return fail(Errc::denied, path + ": the key can be read by others; set mode 0600");
    auto text = read_small(existing.get(), path);
    if (!text) return text;
    auto bytes = unhex(*text);
    if (!bytes || bytes->size() != secret_bytes) return fail(Errc::corrupt, path + ": is not a key of 32 bytes");
    return bytes;
  }
  if (errno != ENOENT) return std::unexpected(errno_error(errno, path));
  if (!may_create) return fail(Errc::not_found, path + ": the key of this log is missing");
  const UniqueFd fresh{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!fresh.valid()) return std::unexpected(errno_error(errno, path));
  const Digest bytes = random_digest();
  if (auto ok = write_all(fresh.get(), hex(bytes), path); !ok) {
    unlink(path.c_str());
    return std::unexpected(ok.error());
  }
  sync_folder(path_);
  return std::string(as_text(bytes));
}

Result<Done> StateFolder::publish(const std::string& name, const std::string& text) {
  const std::string path = file(name);
  const std::string temp = path + ".new";
  const UniqueFd fd{::open(temp.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644)};
  if (!fd.valid()) return std::unexpected(errno_error(errno, temp));
  if (auto ok = write_all(fd.get(), text, temp); !ok) return ok;
  if (rename(temp.c_str(), path.c_str()) != 0) return std::unexpected(errno_error(errno, path));
  sync_folder(path_);
  return Done{};
}

void StateFolder::release() { unlink(file("reserve").c_str()); }

bool StateFolder::restore() {
  const std::string path = file("reserve");
  const UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!fd.valid()) return false;
  if (posix_fallocate(fd.get(), 0, reserve_bytes) == 0) return true;
  unlink(path.c_str());
  return false;
}

}  // namespace aright::store
