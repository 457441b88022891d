#include "source/webhook/secret_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/path_text.h"
#include "base/unique_fd.h"

namespace aright::source {

namespace {

constexpr std::size_t bytes_max = 4096;
constexpr std::size_t bytes_min = 16;
constexpr unsigned not_for_others = 037;  ///< the group may read it

Result<Done> check(const struct stat& info, const std::string& shown) {
  if (!S_ISREG(info.st_mode)) return fail(Errc::invalid, fmt::format("{}: is no regular file", shown));
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return fail(Errc::invalid,
                fmt::format("{}: belongs to user {}, who could change it; it must be the daemon's or root's", shown,
                            info.st_uid));
  }
  if ((info.st_mode & not_for_others) != 0) {
    return fail(Errc::invalid, fmt::format("{}: has mode {:04o}, a key must not be readable by others; set mode 0600",
                                           shown, info.st_mode & 07777U));
  }
  return Done{};
}

}  // namespace

Result<std::string> read_secret_file(const std::string& path) {
  const std::string shown = path_text(path);
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::unexpected(errno_error(errno, shown));
  if (auto ok = check(info, shown); !ok) return std::unexpected(ok.error());
  std::string text(bytes_max + 1, '\0');
  ssize_t count = 0;
  do {
    count = pread(fd.get(), text.data(), text.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return std::unexpected(errno_error(errno, shown));
  text.resize(static_cast<std::size_t>(count));
  if (text.size() > bytes_max) return fail(Errc::invalid, fmt::format("{}: is larger than {} bytes", shown, bytes_max));
  if (text.ends_with('\n')) text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return fail(Errc::invalid, fmt::format("{}: is empty", shown));
  if (text.size() < bytes_min) {
    return fail(Errc::invalid, fmt::format("{}: a key of {} bytes can be guessed; make one of at least {}, such as by "
                                           "`openssl rand -hex 32`",
                                           shown, text.size(), bytes_min));
  }
  return text;
}

}  // namespace aright::source
