#include "driver/file/new_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "driver/file/attributes.h"
#include "driver/file/names.h"
#include "driver/file/state.h"

namespace aright::driver {

namespace {

Result<Done> write_all(int fd, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(errno_error(errno, path));
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return Done{};
}

Result<Done> set_owner(int fd, const Json& fields, const std::string& path) {
  const auto uid = user_id(fields.at("owner").get<std::string>());
  if (!uid) return std::unexpected(uid.error());
  const auto gid = group_id(fields.at("group").get<std::string>());
  if (!gid) return std::unexpected(gid.error());
  struct stat info{};
  if (fstat(fd, &info) != 0) return std::unexpected(errno_error(errno, path));
  if (info.st_uid == *uid && info.st_gid == *gid) return Done{};
  if (fchown(fd, *uid, *gid) == 0) return Done{};
  if (errno != EPERM) return std::unexpected(errno_error(errno, path + ": its owner"));
  if (info.st_uid != *uid) {
    return fail(Errc::denied,
                fmt::format("{}: its owner is to be {}, and user {} may give no file away; leave `owner` as it is, {}",
                            path, fields.at("owner").get<std::string>(), geteuid(), or_be_root()));
  }
  return fail(Errc::denied,
              fmt::format("{}: its group is to be {}, of which user {} is no member; put this user into it, {}", path,
                          fields.at("group").get<std::string>(), geteuid(), or_be_root()));
}

/// Read back: setgid is dropped in silence where whoever sets it is no member of the file's group.
Result<Done> set_mode(int fd, unsigned mode, const std::string& path) {
  struct stat info{};
  if (fchmod(fd, mode) != 0 || fstat(fd, &info) != 0) return std::unexpected(errno_error(errno, path + ": its mode"));
  const unsigned now = info.st_mode & 07777U;
  if (now == mode) return Done{};
  return fail(
      Errc::denied,
      fmt::format("{}: its mode is to be {:04o}, of which the system lets user {} set {:04o} only; setgid takes a "
                  "member of the file's group, {}",
                  path, mode, geteuid(), now, or_be_root()));
}

}  // namespace

Result<UniqueFd> write_nameless(const Place& place, const Json& fields) {
  const auto bytes = content_bytes(fields.at("content"));
  if (!bytes) return std::unexpected(bytes.error());
  const auto mode = mode_bits(fields.at("mode"));
  if (!mode) return std::unexpected(mode.error());
  UniqueFd file{open_beneath(place.folder.get(), ".", O_WRONLY | O_TMPFILE, S_IRUSR | S_IWUSR)};
  if (!file.valid() && (errno == EOPNOTSUPP || errno == EISDIR)) {
    return fail(Errc::denied, place.path + ": its file system cannot hold a new file without a name (O_TMPFILE)");
  }
  if (!file.valid() && errno == EACCES) {
    return fail(Errc::denied,
                fmt::format("{}: user {} may make no file in its folder ({}); let this user write there, {}",
                            place.path, geteuid(), std::generic_category().message(errno), or_be_root()));
  }
  if (!file.valid()) return std::unexpected(errno_error(errno, place.path));
  if (auto ok = write_flags(file.get(), place.path, fields); !ok) return std::unexpected(ok.error());
  if (auto ok = write_all(file.get(), *bytes, place.path); !ok) return std::unexpected(ok.error());
  // In this order: a new owner clears setuid and capabilities, an ACL changes the mode.
  if (auto ok = set_owner(file.get(), fields, place.path); !ok) return std::unexpected(ok.error());
  if (auto ok = write_attributes(file.get(), place.path, fields); !ok) return std::unexpected(ok.error());
  if (auto ok = set_mode(file.get(), *mode, place.path); !ok) return std::unexpected(ok.error());
  if (fsync(file.get()) != 0) return std::unexpected(errno_error(errno, place.path));
  return file;
}

Result<Done> check_room(const Place& place, const Json& fields) {
  const auto bytes = content_bytes(fields.at("content"));
  if (!bytes) return std::unexpected(bytes.error());
  struct statvfs system{};
  if (fstatvfs(place.folder.get(), &system) != 0) return std::unexpected(errno_error(errno, place.path));
  const std::string full = errno_error(ENOSPC, place.path).message;
  const std::uint64_t blocks = geteuid() == 0 ? system.f_bfree : system.f_bavail;
  const std::uint64_t free = blocks * system.f_frsize;
  // Bytes first: a file system that makes its inodes as it needs them has none left either when it is full.
  if (system.f_blocks != 0 && free < bytes->size()) {
    return fail(Errc::no_space,
                fmt::format("{}: {} of the new file's {} bytes are free; free some space", full, free, bytes->size()),
                Retry::yes);
  }
  if (system.f_files != 0 && system.f_ffree == 0) {  // some have as many as they like, and say 0 of 0
    return fail(Errc::no_space, full + ": no file more can be made there; remove some", Retry::yes);
  }
  return Done{};
}

int link_as(const Place& place, const UniqueFd& file, const std::string& name) {
  const std::string by_handle = fmt::format("/proc/self/fd/{}", file.get());
  return linkat(AT_FDCWD, by_handle.c_str(), place.folder.get(), name.c_str(), AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

}  // namespace aright::driver
