#include "driver/file/path.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

namespace aright::driver {

namespace {

constexpr std::size_t path_max = 4096;

Error opening_error(int err, const std::string& path) {
  Error error = errno_error(err, path);
  if (err != ELOOP && err != ENOTDIR) return error;
  std::error_code ignored;
  const auto resolved = std::filesystem::weakly_canonical(path, ignored);
  if (resolved.string() != path) {
    error = {Errc::denied, Retry::no,
             fmt::format("{}: leads through a link; name the real path {} instead", path, resolved.string())};
  }
  return error;
}

/// Others must not be able to exchange what lies in the folder.
Result<Done> check_folder(int fd, const std::string& path) {
  struct stat info{};
  if (fstat(fd, &info) != 0) return std::unexpected(errno_error(errno, path));
  const bool ours = info.st_uid == 0 || info.st_uid == geteuid();
  const bool open_to_others = (info.st_mode & (S_IWGRP | S_IWOTH)) != 0;
  const bool sticky = (info.st_mode & S_ISVTX) != 0;
  if (ours && (!open_to_others || sticky)) return Done{};
  return fail(Errc::denied, fmt::format("{}: the folder {} (mode {:04o}, owner {}) can be changed by others; "
                                        "nothing in it is safe to manage",
                                        path, ours ? "is writable and" : "belongs to another user and",
                                        info.st_mode & 07777U, info.st_uid));
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
  const auto bad = [&](std::string_view why) { return fail(Errc::invalid, fmt::format("path \"{}\" {}", path, why)); };
  if (path.empty() || path.front() != '/') return bad("is not absolute");
  if (path.size() > path_max) return bad("is longer than 4096 bytes");
  if (std::ranges::any_of(path, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; })) {
    return bad("has control characters");
  }
  std::string_view rest = path.substr(1);
  while (true) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty()) return bad("has an empty component");
    if (part == "." || part == "..") return bad("has a \".\" or \"..\" component");
    if (slash == std::string_view::npos) return Done{};
    rest.remove_prefix(slash + 1);
  }
}

Result<UniqueFd> open_folder(const std::string& path, const std::string& asked) {
  UniqueFd folder{open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.valid()) return std::unexpected(errno_error(errno, "/"));
  std::size_t begin = 1;
  while (begin < path.size()) {
    const auto end = std::min(path.find('/', begin), path.size());
    const std::string part = path.substr(begin, end - begin);
    UniqueFd next{open_beneath(folder.get(), part.c_str(), O_RDONLY | O_DIRECTORY)};
    if (!next.valid()) return std::unexpected(opening_error(errno, asked));
    if (auto ok = check_folder(next.get(), path.substr(0, end)); !ok) return std::unexpected(ok.error());
    folder = std::move(next);
    begin = end + 1;
  }
  return folder;
}

Result<Place> open_place(const std::string& path) {
  if (auto ok = check_path(path); !ok) return std::unexpected(ok.error());
  const auto slash = path.rfind('/');
  auto folder = open_folder(path.substr(0, slash), path);
  if (!folder) return std::unexpected(folder.error());
  return Place{std::move(*folder), path.substr(slash + 1), path};
}

}  // namespace aright::driver
