#include "driver/file/state.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <thread>

#include "base/bytes.h"
#include "base/utf8.h"
#include "driver/file/attributes.h"
#include "driver/file/names.h"

namespace aright::driver {

namespace {

constexpr int torn_reads_max = 3;
constexpr std::chrono::milliseconds writers_wait{200};
constexpr std::chrono::milliseconds writers_poll{5};

std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  if (S_ISLNK(mode)) return "a link";
  if (S_ISFIFO(mode)) return "a pipe";
  if (S_ISSOCK(mode)) return "a socket";
  return "a device";
}

Result<Done> check_kind(const struct stat& info, const std::string& path, const FileLimits& limits) {
  if (!S_ISREG(info.st_mode)) {
    return fail(Errc::invalid, fmt::format("{}: is {}, not a regular file", path, kind_of(info.st_mode)));
  }
  if (info.st_nlink == 0) {
    return fail(Errc::unavailable, path + ": was replaced while it was read", Retry::yes);
  }
  if (info.st_nlink != 1) {
    return fail(Errc::denied,
                fmt::format("{}: has {} names (hard links); a change would not stay in place", path, info.st_nlink));
  }
  if (static_cast<std::size_t>(info.st_size) > limits.bytes_max) {
    return fail(Errc::invalid,
                fmt::format("{}: has {} bytes, more than the limit of {}", path, info.st_size, limits.bytes_max));
  }
  return Done{};
}

Result<std::string> read_bytes(int fd, std::size_t size, const std::string& path, const FileLimits& limits) {
  std::string bytes(std::min(size + 1, limits.bytes_max + 1), '\0');
  std::size_t have = 0;
  while (have < bytes.size()) {
    const ssize_t count = pread(fd, bytes.data() + have, bytes.size() - have, static_cast<off_t>(have));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::unexpected(errno_error(errno, path));
    const bool is_short = static_cast<std::size_t>(count) < bytes.size() - have;
    have += static_cast<std::size_t>(count);
    if (count == 0 || (is_short && have == size)) break;  // no call only to hear that this was the end
  }
  bytes.resize(have);
  return bytes;
}

bool same(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

UniqueFd open_file(const Place& place, const std::string& name) {
  return UniqueFd{open_beneath(place.folder.get(), name.c_str(), O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY)};
}

/// The file's mode keeps it from us. Its content is not known, so nothing about it is compared or changed.
Error hidden(const Place& place, const std::string& name) {
  Error error = errno_error(EACCES, place.path);
  struct stat info{};
  if (fstatat(place.folder.get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) return error;
  const std::string advice = info.st_uid == geteuid() ? "let its owner read it again: chmod u+r"
                                                      : fmt::format("let this user read it, {}", or_be_root());
  error.message = fmt::format("{}: user {} may not read it (mode {:04o}, owner {}); {}", place.path, geteuid(),
                              info.st_mode & 07777U, info.st_uid, advice);
  return error;
}

/// What `errno` of a failed open says.
Result<State> not_opened(const Place& place, const std::string& name) {
  const std::string& path = place.path;
  if (errno == EACCES) return std::unexpected(hidden(place, name));
  if (errno == ENOENT) return State{{{"exists", false}}, false};
  if (errno == ELOOP) return fail(Errc::denied, path + ": is a link; name the real path instead");
  if (errno == ENXIO) return fail(Errc::invalid, path + ": is a socket or a device, not a regular file");
  return std::unexpected(errno_error(errno, path));
}

Result<State> compose(int fd, const struct stat& info, std::string_view bytes, const std::string& path) {
  auto owner = user_name(info.st_uid);
  if (!owner) return std::unexpected(owner.error());
  auto group = group_name(info.st_gid);
  if (!group) return std::unexpected(group.error());
  State state{{{"exists", true},
               {"content", content_json(bytes)},
               {"mode", fmt::format("{:04o}", info.st_mode & 07777U)},
               {"owner", std::move(*owner)},
               {"group", std::move(*group)}},
              (info.st_mode & S_IROTH) == 0};
  if (auto ok = read_attributes(fd, path, state.fields); !ok) return std::unexpected(ok.error());
  return state;
}

Result<State> read_open(int fd, const std::string& path, const FileLimits& limits) {
  struct stat before{};
  struct stat after{};
  bool has_no_size = true;
  for (int attempt = 0; attempt < torn_reads_max; ++attempt) {
    if (fstat(fd, &before) != 0) return std::unexpected(errno_error(errno, path));
    if (auto ok = check_kind(before, path, limits); !ok) return std::unexpected(ok.error());
    auto bytes = read_bytes(fd, static_cast<std::size_t>(before.st_size), path, limits);
    if (!bytes) return std::unexpected(bytes.error());
    auto state = compose(fd, before, *bytes, path);
    if (fstat(fd, &after) != 0) return std::unexpected(errno_error(errno, path));
    if (same(before, after) && bytes->size() == static_cast<std::size_t>(after.st_size)) return state;
    has_no_size = has_no_size && after.st_size == 0 && before.st_size == 0;
  }
  if (has_no_size)
    return fail(Errc::invalid, path + ": has content but no size, as in /proc; such a file is not managed");
  return fail(Errc::unavailable, path + ": changes while it is read", Retry::yes);
}

/// True when nobody can write to the file any more without opening it anew. A lease we may not take, or a file system
/// without leases, ends the wait at once.
bool await_writers(int fd) {
  const auto until = std::chrono::steady_clock::now() + writers_wait;
  fcntl(fd, F_SETSIG, SIGURG);  // breaking the lease must not end us: SIGIO would, this is ignored
  while (fcntl(fd, F_SETLEASE, F_RDLCK) != 0) {
    if (errno != EAGAIN || std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(writers_poll);
  }
  return true;
}

}  // namespace

Result<unsigned> mode_bits(const Json& mode) {
  unsigned bits = 0;
  const std::string text = mode.is_string() ? mode.get<std::string>() : std::string();
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), bits, 8);
  if (text.size() == 4 && error == std::errc{} && stop == text.data() + text.size()) return bits;
  return fail(Errc::invalid, fmt::format("mode {} is not four octal digits, such as \"0644\"", mode.dump()));
}

Result<State> read_state(const Place& place, const std::string& name, const FileLimits& limits) {
  const UniqueFd file = open_file(place, name);
  return file.valid() ? read_open(file.get(), place.path, limits) : not_opened(place, name);
}

Result<State> read_displaced(const Place& place, const std::string& name, const FileLimits& limits) {
  const UniqueFd file = open_file(place, name);
  if (!file.valid()) return not_opened(place, name);
  await_writers(file.get());
  return read_open(file.get(), place.path, limits);  // the lease ends with the handle
}

}  // namespace aright::driver
