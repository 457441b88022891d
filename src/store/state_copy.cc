#include "store/state_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>

#include "base/unique_fd.h"
#include "store/file_check.h"
#include "store/file_io.h"
#include "store/spool.h"
#include "store/sqlite.h"
#include "store/state_folder.h"

namespace aright::store {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t copy_piece = std::size_t{1} << 20U;

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

/// Only a living daemon has a use for it, or it is copied otherwise.
bool left_out(const std::string& name) {
  static constexpr std::array names{"aright.db",   "aright.db-wal", "aright.db-shm", "aright.db-journal",
                                    "aright.sock", "pid",           "pause",         "reserve",
                                    "running",     "snapshots/new"};
  return std::ranges::find(names, name) != names.end() || name.ends_with(".new");
}

Result<Done> copy_bytes(int from, int to, const std::string& path) {
  for (std::uint64_t at = 0;;) {
    const auto bytes = read_at(from, at, copy_piece, path);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) break;
    if (auto ok = write_at(to, *bytes, at, path); !ok) return ok;
    at += bytes->size();
  }
  return fdatasync(to) == 0 ? Result<Done>(Done{}) : std::unexpected(errno_error(errno, path));
}

/// False: it has gone meanwhile.
Result<bool> copy_file(const std::string& from, const std::string& to) {
  const UniqueFd source{open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (!source.valid() && errno == ENOENT) return false;
  if (!source.valid()) return std::unexpected(errno_error(errno, from));
  const UniqueFd made{open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!made.valid()) return std::unexpected(errno_error(errno, to));
  if (auto ok = copy_bytes(source.get(), made.get(), to); !ok) return std::unexpected(ok.error());
  return true;
}

struct Found {
  std::vector<std::string> folders, files;
};

Result<Found> find_all(const std::string& from) {
  Found found;
  std::error_code error;
  fs::recursive_directory_iterator each(from, error);
  for (; !error && each != fs::recursive_directory_iterator(); each.increment(error)) {
    std::error_code gone;
    const fs::file_status status = each->symlink_status(gone);
    const std::string name = each->path().lexically_relative(from).string();
    if (left_out(name)) continue;
    const bool is_key = name == StateFolder::signing_key || name == StateFolder::plan_key;
    if (status.type() == fs::file_type::not_found && !is_key) continue;  // listed, and gone before it was looked at
    if (!fs::is_regular_file(status) && (is_key || !fs::is_directory(status))) {
      return fail(Errc::denied, each->path().string() + ": is no regular file");  // a key left out is a log lost
    }
    if (fs::is_directory(status)) found.folders.push_back(name);
    if (fs::is_regular_file(status)) found.files.push_back(name);
  }
  if (error) return std::unexpected(errno_error(error.value(), from));
  std::ranges::sort(found.folders);
  std::ranges::sort(found.files);
  return found;
}

}  // namespace

Result<Done> sync_folder(const std::string& folder) {
  const UniqueFd fd{open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd.valid() || fsync(fd.get()) != 0) return std::unexpected(errno_error(errno, folder));
  return Done{};
}

Result<Done> copy_database(const std::string& from, const std::string& to, bool in_use) {
  if (auto ok = make_private(to); !ok) return ok;
  {
    auto source = Database::open(from, in_use ? Database::Access::read_only : Database::Access::still);
    if (!source) return std::unexpected(source.error());
    auto made = Database::open(to, Database::Access::read_write);
    if (!made) return std::unexpected(made.error());
    std::unique_ptr<sqlite3_backup, FinishBackup> backup{
        sqlite3_backup_init(made->raw(), "main", source->raw(), "main")};
    if (!backup) return std::unexpected(sqlite_error(made->raw(), to));
    // All in one step: between two, a commit of the daemon would begin it anew.
    const int stepped = sqlite3_backup_step(backup.get(), -1);
    const int finished = sqlite3_backup_finish(backup.release());
    if (stepped != SQLITE_DONE || finished != SQLITE_OK) return std::unexpected(sqlite_error(made->raw(), to));
  }
  const UniqueFd fd{open(to.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd.valid() || fsync(fd.get()) != 0) return std::unexpected(errno_error(errno, to));
  return Done{};
}

Result<std::vector<std::string>> copy_state_files(const std::string& from, const std::string& to) {
  auto found = find_all(from);
  if (!found) return std::unexpected(found.error());
  for (const std::string& folder : found->folders) {
    if (auto ok = make_folder(to + "/" + folder); !ok) return std::unexpected(ok.error());
  }
  std::vector<std::string> copied;
  for (const std::string& name : found->files) {
    const auto done = copy_file(from + "/" + name, to + "/" + name);
    if (!done) return std::unexpected(done.error());
    if (*done) copied.push_back(name);
  }
  for (const std::string& folder : found->folders) {
    if (auto ok = sync_folder(to + "/" + folder); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = sync_folder(to); !ok) return std::unexpected(ok.error());
  return copied;
}

Result<Done> check_spools(const std::string& folder) {
  std::error_code error;
  fs::directory_iterator each(folder, error);
  if (error == std::errc::no_such_file_or_directory) return Done{};
  for (; !error && each != fs::directory_iterator(); each.increment(error)) {
    const fs::path spool = each->path() / "spool";
    if (!fs::is_directory(spool) || fs::is_empty(spool)) continue;
    if (auto opened = Spool::open(spool.string()); !opened) return std::unexpected(opened.error());
  }
  if (error) return std::unexpected(errno_error(error.value(), folder));
  return Done{};
}

}  // namespace aright::store
