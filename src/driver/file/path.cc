#include "driver/file/path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <filesystem>

#include "base/path_text.h"

namespace aright::driver {

namespace {

/// `path` is bytes, `asked` what the message names.
Error opening_error(int err, const std::string& path, const std::string& asked) {
  Error error = errno_error(err, asked);
  if (err != ELOOP && err != ENOTDIR) return error;
  std::error_code ignored;
  const auto resolved = std::filesystem::weakly_canonical(path, ignored);
  if (!resolved.empty() && resolved.string() != path) {
    error = {
        Errc::denied, Retry::no,
        fmt::format("{}: leads through a link; name the real path {} instead", asked, path_text(resolved.string()))};
  }
  return error;
}

/// Others must not be able to exchange what lies in the folder. True: it is shared, but sticky.
Result<bool> check_folder(int fd, const std::string& path) {
  struct stat info{};
  if (fstat(fd, &info) != 0) return std::unexpected(errno_error(errno, path));
  const bool ours = info.st_uid == 0 || info.st_uid == geteuid();
  const bool open_to_others = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool sticky = (info.st_mode & S_ISVTX) != 0;
  if (ours && (!open_to_others || sticky)) return open_to_others;
  return fail(Errc::denied, fmt::format("{}: the folder {} (mode {:04o}, owner {}) can be changed by others; "
                                        "nothing in it is safe to manage",
                                        path, ours ? "is writable and" : "belongs to another user and",
                                        info.st_mode & 07777U, info.st_uid));
}

/// From "/" down, without following links. `path`: bytes, "" is "/"; `whole`: the path that is asked for, bytes.
Result<Folder> walk(const std::string& path, const std::string& whole) {
  const std::string asked = path_text(whole);
  Folder folder{UniqueFd{open("/", (path.empty() ? O_RDONLY : O_PATH) | O_DIRECTORY | O_CLOEXEC)}, false};
  for (std::size_t end = 0;;) {
    if (!folder.fd.valid()) return std::unexpected(opening_error(errno, whole, asked));
    const auto shared = check_folder(folder.fd.get(), end == 0 ? "/" : path_text(path.substr(0, end)));
    if (!shared) return std::unexpected(shared.error());
    folder.shared = *shared;
    if (end == path.size()) return folder;
    const std::size_t begin = end + 1;
    end = std::min(path.find('/', begin), path.size());
    // Only the last is read or synced; through the others we may pass even where we may not look.
    const int flags = end == path.size() ? O_RDONLY : O_PATH;
    folder.fd = UniqueFd{open_beneath(folder.fd.get(), path.substr(begin, end - begin).c_str(), flags | O_DIRECTORY)};
  }
}

/// The path's bytes.
Result<std::string> plain_path(std::string_view path) {
  const auto bad = [&](std::string_view why) { return fail(Errc::invalid, fmt::format("path \"{}\" {}", path, why)); };
  if (!path.starts_with('/')) return bad("is not absolute");
  auto bytes = path_bytes(path);
  if (!bytes) return bytes;
  if (bytes->find('\0') != std::string::npos) return bad("has a NUL byte, which no file name can have");
  for (std::string_view rest = std::string_view(*bytes).substr(1);;) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty()) return bad("has an empty component");
    if (part == "." || part == "..") return bad("has a \".\" or \"..\" component");
    if (part.size() > NAME_MAX) return bad("has a component of more than 255 bytes");
    if (slash == std::string_view::npos) return bytes;
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace

int open_beneath(int folder, const char* name, int flags, unsigned mode) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, folder, name, &how, sizeof how));
}

Result<Done> check_path(std::string_view path) {
  const auto bytes = plain_path(path);
  if (!bytes) return std::unexpected(bytes.error());
  return Done{};
}

Result<Folder> open_folder(const std::string& path) {
  const auto bytes = plain_path(path);
  if (!bytes) return std::unexpected(bytes.error());
  return walk(*bytes, *bytes);
}

Result<Place> open_place(const std::string& path) {
  const auto bytes = plain_path(path);
  if (!bytes) return std::unexpected(bytes.error());
  const auto slash = bytes->rfind('/');
  auto folder = walk(bytes->substr(0, slash), *bytes);
  if (!folder) return std::unexpected(folder.error());
  return Place{std::move(folder->fd), bytes->substr(slash + 1), path, folder->shared};
}

}  // namespace aright::driver
