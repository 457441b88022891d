#include "cli/offline_log.h"

#include <filesystem>

#include "store/file_check.h"
#include "store/state_folder.h"

namespace aright::cli {

namespace {

using Access = store::Database::Access;
using Reader = std::function<Result<Json>(store::SqliteHistory&)>;

Result<Json> read_as(const std::string& database, Access access, const Reader& read) {
  auto history = store::SqliteHistory::open(database, access);
  if (!history) return std::unexpected(history.error());
  return read(**history);
}

}  // namespace

Result<Json> read_log(const std::string& database, const Reader& read) {
  const std::string folder = std::filesystem::path(database).parent_path();
  // While a daemon writes, its own files look unfinished to others; it looked at them when it started.
  if (store::StateFolder::in_use(folder)) return read_as(database, Access::read_only, read);
  const auto files = store::check_files(database);
  auto result = !files && files.error().code == Errc::corrupt ? Result<Json>(std::unexpected(files.error()))
                                                              : read_as(database, Access::still, read);
  if (result || !store::StateFolder::in_use(folder)) return result;
  return read_as(database, Access::read_only, read);
}

}  // namespace aright::cli
