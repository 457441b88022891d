#include "daemon/witness_writer.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "base/time.h"
#include "base/unique_fd.h"
#include "daemon/process.h"
#include "store/file_io.h"

namespace aright::daemon {

namespace {

Result<Done> append(int fd, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::unexpected(errno_error(count < 0 ? errno : ENOSPC, path));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return Done{};
}

/// Opened anew each time: it may be rotated, and its disk may go and come back.
Result<Done> write_to_file(const std::string& path, const std::string& line) {
  const UniqueFd fd{open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)};
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::unexpected(errno_error(errno, path));
  if (!S_ISREG(info.st_mode)) return fail(Errc::denied, path + ": is no regular file");
  char last = '\n';
  if (info.st_size > 0 && pread(fd.get(), &last, 1, info.st_size - 1) != 1) {
    return std::unexpected(errno_error(errno, path));
  }
  const std::string text = fmt::format("{}{} checkpoint {}\n", last == '\n' ? "" : "\n",  // an end that was torn
                                       rfc3339(wall_time()), line);
  if (auto ok = append(fd.get(), text, path); !ok) return ok;
  if (fdatasync(fd.get()) != 0) return std::unexpected(errno_error(errno, path));
  // A power cut would take the file away, lines and all, when its name was never synced; each time, since whoever made
  // it may have died before. A folder that has not changed costs nothing.
  if (auto ok = store::sync_name(path); !ok && ok.error().code != Errc::denied) return ok;
  return Done{};
}

/// As syslog(3) writes it, which does not say whether anybody took it.
Result<Done> write_to_syslog(const std::string& path, const std::string& line) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return fail(Errc::invalid, path + ": is too long for a socket");
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const UniqueFd fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd.valid()) return std::unexpected(errno_error(errno, path));
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  const std::string text =
      fmt::format("<{}>{:%b %e %H:%M:%S} aright[{}]: checkpoint {}", LOG_DAEMON | LOG_NOTICE, local, getpid(), line);
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): how the system wants an address
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (sendto(fd.get(), text.data(), text.size(), MSG_NOSIGNAL, to, sizeof address) < 0) {
    return std::unexpected(errno_error(errno, path));
  }
  return Done{};
}

}  // namespace

Result<Done> write_to_witness(const cli::WitnessPlace& place, const std::string& line) {
  return place.kind == cli::WitnessPlace::Kind::file ? write_to_file(place.path, line)
                                                     : write_to_syslog(place.path, line);
}

}  // namespace aright::daemon
