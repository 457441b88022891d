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
#include "driver/file/seen_folders.h"

namespace aright::driver {

namespace {

/// The first on the way to `path` that is one; empty: none is, or not any more.
std::string first_link(const std::filesystem::path& path) {
  std::filesystem::path part;
  std::error_code unknown;
  for (const std::filesystem::path& name : path) {
    part /= name;
    if (std::filesystem::is_symlink(part, unknown)) return part.string();
  }
  return {};
}

/// `path` is bytes, `asked` what the message names.
Error opening_error(int err, const std::string& path, const std::string& asked) {
  Error error = errno_error(err, asked);
  if (err != ELOOP && err != ENOTDIR) return error;
  std::error_code ignored;
  const auto resolved = std::filesystem::weakly_canonical(path, ignored);
  if (!resolved.empty() && resolved.string() != path) {
    const std::string link = first_link(path);
    error = {Errc::denied, Retry::no,
             fmt::format("{}: leads through a link{}; name the real path {} instead", asked,
                         link.empty() ? "" : ", " + path_text(link), path_text(resolved.string()))};
  }
  return error;
}

int open_without_links(const char* path, int flags) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  return static_cast<int>(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
}

/// Others must not be able to exchange what lies in the folder. True: it is shared, but sticky.
Result<bool> check_folder(const struct stat& info, const std::string& bytes) {
  const bool ours = info.st_uid == 0 || info.st_uid == geteuid();
  const bool open_to_others = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool sticky = (info.st_mode & S_ISVTX) != 0;
  if (ours && (!open_to_others || sticky)) return open_to_others;
  const std::string path = path_text(bytes);
  const auto how = ours ? std::string("others may write to the folder")
                        : fmt::format("the folder belongs to another user ({})", info.st_uid);
  return fail(Errc::denied, fmt::format("{}: {} (mode {:04o}), so they can exchange what is in it; nothing in it is "
                                        "safe to manage{}",
                                        path, how, info.st_mode & 07777U,
                                        ours ? " until that is taken away: chmod go-w " + path : std::string()));
}

Error replaced(const std::string& asked) {
  return {Errc::unavailable, Retry::yes, asked + ": its folder was replaced while it was opened"};
}

/// Looks at each folder from "/" down. A folder that has passed belongs to us or root and lets nobody else exchange
/// what lies in it, so the next component stays what was looked at. `id`: what the last one must be.
Result<Done> check_way(const std::string& path, const std::string& whole, const SeenFolders::Id& id) {
  struct stat info{};
  for (std::size_t end = 0;; end = std::min(path.find('/', end + 1), path.size())) {
    const std::string part = end == 0 ? "/" : path.substr(0, end);
    if (lstat(part.c_str(), &info) != 0) return std::unexpected(opening_error(errno, whole, path_text(whole)));
    if (!S_ISDIR(info.st_mode)) {
      return std::unexpected(opening_error(S_ISLNK(info.st_mode) ? ELOOP : ENOTDIR, whole, path_text(whole)));
    }
    if (auto shared = check_folder(info, part); !shared) return std::unexpected(shared.error());
    if (end == path.size()) break;
  }
  if (SeenFolders::Id{info.st_dev, info.st_ino} != id) return std::unexpected(replaced(path_text(whole)));
  return Done{};
}

/// Opened without following links, then judged by its handle; the way to it is looked at unless it was just now.
/// `path`: bytes, "" is "/"; `whole`: the path that is asked for, bytes.
Result<Folder> walk(const std::string& path, const std::string& whole) {
  static SeenFolders seen;
  Folder folder{UniqueFd{open_without_links(path.empty() ? "/" : path.c_str(), O_RDONLY | O_DIRECTORY)}, false};
  const int err = folder.fd.valid() ? 0 : errno;
  struct stat opened{};
  if (err == 0 && fstat(folder.fd.get(), &opened) != 0) {
    return std::unexpected(errno_error(errno, path_text(whole)));
  }
  const SeenFolders::Id id{opened.st_dev, opened.st_ino};
  const auto now = SeenFolders::Clock::now();
  if (err != 0 || !seen.has_passed(path, id, now)) {
    // Also when it could not be opened: the way says best why.
    if (auto ok = check_way(path, whole, id); !ok) {
      const bool only_gone = err != 0 && ok.error().code == Errc::unavailable;
      return std::unexpected(only_gone ? opening_error(err, whole, path_text(whole)) : ok.error());
    }
    seen.passed(path, id, now);
  }
  const auto shared = check_folder(opened, path.empty() ? "/" : path);
  if (!shared) return std::unexpected(shared.error());
  folder.shared = *shared;
  return folder;
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
