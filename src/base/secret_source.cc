#include "base/secret_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/path_text.h"
#include "base/unique_fd.h"

namespace aright {

namespace {

constexpr unsigned not_for_others = 037;  ///< the group may read it

Result<Done> check_secret_file(const struct stat& info, const std::string& shown) {
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

/// The line break behind a token is its editor's. A text of several lines (a key that OpenSSH has written is none
/// without its last one) stays as it is.
void drop_last_break(std::string& text) {
  if (text.empty() || text.find('\n') != text.size() - 1) return;
  text.pop_back();
  if (text.ends_with('\r')) text.pop_back();
}

Result<std::string> read_secret_file(const std::string& path, const std::string& shown) {
  const UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat info{};
  if (!fd.valid() || fstat(fd.get(), &info) != 0) return std::unexpected(errno_error(errno, shown));
  if (auto ok = check_secret_file(info, shown); !ok) return std::unexpected(ok.error());
  std::string text(secret_bytes_max + 2, '\0');
  ssize_t count = 0;
  do {
    count = pread(fd.get(), text.data(), text.size(), 0);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return std::unexpected(errno_error(errno, shown));
  text.resize(static_cast<std::size_t>(count));
  if (text.ends_with('\r')) text.pop_back();
  drop_last_break(text);
  return text;
}

Result<std::string> secret_text_of(const SecretSource& source, const std::string& shown) {
  switch (source.kind) {
    case SecretSource::Kind::file: return read_secret_file(source.text, shown);
    case SecretSource::Kind::environment: {
      const char* value = std::getenv(source.text.c_str());  // NOLINT(concurrency-mt-unsafe): nothing sets variables
      if (value == nullptr) return fail(Errc::not_found, shown + ": is not set");
      return std::string(value);
    }
    case SecretSource::Kind::credential: {
      const char* folder = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
      if (folder == nullptr) {
        return fail(Errc::not_found, shown + ": systemd has handed nothing over; is there a LoadCredential= for it?");
      }
      return read_secret_file(std::string(folder) + "/" + source.text, shown);
    }
  }
  return fail(Errc::invalid, shown);
}

}  // namespace

std::string SecretSource::shown() const {
  switch (kind) {
    case Kind::file: return path_text(text);
    case Kind::environment: return "environment variable " + text;
    case Kind::credential: return "credential " + text;
  }
  return text;
}

Result<Secret> read_secret(const SecretSource& source, std::size_t bytes_min) {
  const std::string shown = source.shown();
  auto text = secret_text_of(source, shown);
  if (!text) return std::unexpected(text.error());
  Secret secret(std::move(*text));
  if (secret.size() > secret_bytes_max) {
    return fail(Errc::invalid, fmt::format("{}: is larger than {} bytes", shown, secret_bytes_max));
  }
  if (secret.size() == 0) return fail(Errc::invalid, fmt::format("{}: is empty", shown));
  if (secret.size() < bytes_min) {
    return fail(Errc::invalid, fmt::format("{}: a key of {} bytes can be guessed; make one of at least {}, such as by "
                                           "`openssl rand -hex 32`",
                                           shown, secret.size(), bytes_min));
  }
  if (secret.reveal().contains('\0')) return fail(Errc::invalid, fmt::format("{}: has a NUL byte", shown));
  return secret;
}

}  // namespace aright
