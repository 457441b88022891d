#include "driver/exec/program_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/path_text.h"
#include "base/unique_fd.h"
#include "driver/file/path.h"

namespace aright::driver {

namespace {

/// That there is nothing behind a link is told first; once there is, the link is still in the way.
Error no_place(const std::string& path, const std::string& what, Error why) {
  struct stat info{};
  const bool absent = why.code != Errc::not_found && stat(path.c_str(), &info) != 0 && errno == ENOENT;
  if (!absent) {
    why.message = "program " + why.message;
    return why;
  }
  const std::string named = path_text(path) + ": ";
  const bool of_path = why.message.starts_with(named);
  why.message = fmt::format("{}: no such file; {}{}", what, of_path ? "the path " : "",
                            why.message.substr(of_path ? named.size() : 0));
  return why;
}

/// One that only root or we could have put there, held.
struct ProgramFile {
  Place place;
  UniqueFd file;
  unsigned mode{0};
};

Result<ProgramFile> open_safely(const std::string& path) {
  const std::string shown = path_text(path);
  const std::string what = "program " + shown;
  auto place = open_place(shown);
  if (!place) return std::unexpected(no_place(path, what, place.error()));
  UniqueFd file{open_beneath(place->folder.get(), place->name.c_str(), O_PATH | O_NOFOLLOW)};
  struct stat info{};
  if (!file.valid() || fstat(file.get(), &info) != 0) return std::unexpected(errno_error(errno, what));
  if (S_ISLNK(info.st_mode)) {
    std::error_code ignored;
    const auto real = std::filesystem::weakly_canonical(path, ignored);
    return fail(Errc::denied,
                fmt::format("{}: is a link; name the real path {} instead", what, path_text(real.string())));
  }
  if (!S_ISREG(info.st_mode)) return fail(Errc::invalid, what + ": is not a regular file");
  if (info.st_uid != 0 && info.st_uid != geteuid()) {
    return fail(Errc::denied, fmt::format("{}: belongs to user {}, who could change it", what, info.st_uid));
  }
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return fail(Errc::denied, fmt::format("{}: can be changed by others (mode {:04o}): chmod go-w {}", what,
                                          info.st_mode & 07777U, shown));
  }
  return ProgramFile{std::move(*place), std::move(file), info.st_mode};
}

}  // namespace

Result<Done> check_program(const std::string& path) {
  const auto found = open_safely(path);
  if (!found) return std::unexpected(found.error());
  const bool executable = (found->mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
  if (executable && faccessat(found->place.folder.get(), found->place.name.c_str(), X_OK, AT_EACCESS) == 0) {
    return Done{};
  }
  const std::string what = "program " + path_text(path);
  struct statvfs system{};
  if (fstatvfs(found->file.get(), &system) == 0 && (system.f_flag & ST_NOEXEC) != 0) {
    return fail(Errc::denied,
                what +
                    ": its file system is mounted noexec, which lets no program run; put it elsewhere, or mount "
                    "that without noexec");
  }
  return fail(Errc::denied, fmt::format("{}: is not executable by us (mode {:04o})", what, found->mode & 07777U));
}

bool is_safe_program(const std::string& path) { return open_safely(path).has_value(); }

}  // namespace aright::driver
