#include "store/file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/unique_fd.h"

namespace aright::store {

bool no_room(int err) { return err == ENOSPC || err == EDQUOT || err == EFBIG; }

Error write_error(int err, const std::string& path) {
  Error error = errno_error(err, path);
  if (!no_room(err)) return error;
  error.code = Errc::no_space;
  error.retry = Retry::yes;
  if (err == ENOSPC) error.message = path + ": the disk is full; free some space";
  if (err == EDQUOT) error.message += "; free some space of this user's, or have the quota raised";
  if (err == EFBIG) error.message += " for the limit on files of this process; raise it (ulimit -f, LimitFSIZE=)";
  return error;
}

Result<Done> write_at(int fd, std::string_view text, std::uint64_t offset, const std::string& path) {
  while (!text.empty()) {
    const ssize_t count = pwrite(fd, text.data(), text.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::unexpected(write_error(count < 0 ? errno : ENOSPC, path));
    text.remove_prefix(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return Done{};
}

Result<std::string> read_at(int fd, std::uint64_t offset, std::size_t count, const std::string& path) {
  std::string text(count, '\0');
  std::size_t got = 0;
  while (got < count) {
    const ssize_t some = pread(fd, text.data() + got, count - got, static_cast<off_t>(offset + got));
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return std::unexpected(errno_error(errno, path));
    if (some == 0) break;
    got += static_cast<std::size_t>(some);
  }
  text.resize(got);
  return text;
}

Result<Done> sync_name(const std::string& path) {
  auto whole = std::filesystem::absolute(path).lexically_normal();
  if (!whole.has_filename()) whole = whole.parent_path();  // it ended in a slash
  const UniqueFd folder{::open(whole.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.valid()) return std::unexpected(write_error(errno, path));
  if (fsync(folder.get()) == 0 || errno == EINVAL || errno == EROFS) return Done{};
  return std::unexpected(write_error(errno, path));
}

Result<Done> make_folder(const std::string& path) {
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return std::unexpected(write_error(errno, path));
  return sync_name(path);
}

Result<Done> replace_file(const std::string& path, std::string_view text, mode_t mode) {
  const std::string temp = path + ".new";
  const UniqueFd fd{::open(temp.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, mode)};
  if (!fd.valid() || fchmod(fd.get(), mode) != 0) return std::unexpected(errno_error(errno, temp));
  Result<Done> ok = write_at(fd.get(), text, 0, temp);
  if (ok && fsync(fd.get()) != 0) ok = std::unexpected(write_error(errno, temp));
  if (!ok) {
    unlink(temp.c_str());
    return ok;
  }
  if (rename(temp.c_str(), path.c_str()) != 0) return std::unexpected(errno_error(errno, path));
  const std::string folder = path.substr(0, path.rfind('/'));
  const UniqueFd parent{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!parent.valid() || fsync(parent.get()) != 0) return std::unexpected(errno_error(errno, folder));
  return Done{};
}

Result<Done> write_new_file(const std::string& path, std::string_view text, mode_t mode) {
  const UniqueFd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)};
  if (!fd.valid()) return std::unexpected(errno_error(errno, path));
  Result<Done> ok = write_at(fd.get(), text, 0, path);
  if (ok && fsync(fd.get()) != 0) ok = std::unexpected(write_error(errno, path));
  if (!ok) unlink(path.c_str());
  return ok;
}

void append_number(std::string& out, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>((number >> (8 * i)) & 0xFFU);
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, std::size_t count) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < count; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return number;
}

}  // namespace aright::store
