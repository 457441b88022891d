#include "store/sqlite.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "store/column_classes.h"
#include "store/file_check.h"
#include "store/file_io.h"
#include "store/wal_vfs.h"

namespace aright::store {

Error not_writable(const std::string& what) {
  return {
      Errc::denied, Retry::no,
      fmt::format("{}: it or a file beside it cannot be opened for writing: the disk fails, or does not let us write",
                  what)};
}

Error sqlite_error(sqlite3* db, const std::string& what) {
  const int code = sqlite3_extended_errcode(db);
  const int system = sqlite3_system_errno(db);
  // After a failed sync nobody knows what reached the disk, and a second sync would not tell: final for this handle.
  const std::string why = system == 0 ? std::string() : fmt::format(" ({})", strerror(system));
  if (code == SQLITE_IOERR_FSYNC || code == SQLITE_IOERR_DIR_FSYNC) {
    return {Errc::corrupt, Retry::no,
            fmt::format("{}: could not be synced{}; {}", what, why, what_to_do_about_the_disk())};
  }
  switch (code & 0xFF) {
    case SQLITE_FULL: return write_error(no_room_of(code), what);
    case SQLITE_IOERR:
      return {Errc::corrupt, Retry::no,
              fmt::format("{}: {}{}; {}", what, sqlite3_errmsg(db), why, what_to_do_about_the_disk())};
    case SQLITE_READONLY: return not_writable(what);
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Errc::unavailable, Retry::yes, fmt::format("{}: locked by another process", what)};
    case SQLITE_NOMEM: return {Errc::unavailable, Retry::yes, fmt::format("{}: out of memory", what)};
    case SQLITE_CANTOPEN:
      if (system == EMFILE || system == ENFILE) {
        return {Errc::unavailable, Retry::yes, fmt::format("{}: no more files may be open", what)};
      }
      return system != 0 ? errno_error(system, what)
                         : Error{Errc::not_found, Retry::no, fmt::format("{}: cannot be opened", what)};
    default: break;
  }
  return {Errc::corrupt, Retry::no, fmt::format("{}: {}", what, sqlite3_errmsg(db))};
}

Statement& Statement::bind(int at, std::uint64_t number) {
  sqlite3_bind_int64(raw_.get(), at, static_cast<sqlite3_int64>(number));
  return *this;
}
Statement& Statement::bind(int at, std::string_view text) {
  sqlite3_bind_text64(raw_.get(), at, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                      SQLITE_UTF8);
  return *this;
}
Statement& Statement::bind_blob(int at, std::string_view bytes) {
  sqlite3_bind_blob64(raw_.get(), at, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
  return *this;
}
Statement& Statement::bind_null(int at) {
  sqlite3_bind_null(raw_.get(), at);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(raw_.get());
  if (code == SQLITE_ROW) {
    if (!declared_) declared_ = declared_classes(raw_.get());
    auto ok = check_classes(raw_.get(), *declared_);
    if (ok) return true;
    reset();
    return std::unexpected(std::move(ok.error()));
  }
  if (code == SQLITE_DONE) return false;
  sqlite3* db = sqlite3_db_handle(raw_.get());
  Error error = sqlite_error(db, sqlite3_db_filename(db, "main"));
  reset();
  return std::unexpected(std::move(error));
}

Result<Done> Statement::run() {
  while (true) {
    auto more = step();
    if (!more) return std::unexpected(more.error());
    if (!*more) break;
  }
  reset();
  return Done{};
}

void Statement::reset() { sqlite3_reset(raw_.get()); }

std::uint64_t Statement::number(int column) const {
  return static_cast<std::uint64_t>(sqlite3_column_int64(raw_.get(), column));
}

std::string Statement::text(int column) const {
  const void* data = sqlite3_column_blob(raw_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw_.get(), column));
  return data == nullptr ? std::string() : std::string(static_cast<const char*>(data), size);
}

namespace {

/// How SQLite is asked to open a file.
struct Opening {
  std::string name;
  int flags{0};
  const char* vfs{nullptr};
};

/// Where SQLite looks for it: beside the file itself when `file` is a link.
std::string wal_of(const std::string& file) {
  std::error_code error;
  const auto real = std::filesystem::canonical(file, error);
  return (error ? file : real.string()) + "-wal";
}

bool has_content(const std::string& file) {
  struct stat info{};
  return stat(file.c_str(), &info) == 0 && info.st_size > 0;
}

/// Without a write-ahead log: "immutable" keeps SQLite from making one (https://www.sqlite.org/uri.html).
std::string immutable_uri(const std::string& file) {
  std::string uri = file.starts_with('/') ? "file://" : "file:";
  for (const char c : file) {
    uri +=
        std::string_view("%?#").contains(c) ? fmt::format("%{:02X}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return uri + "?immutable=1";
}

Result<Opening> opening(const std::string& file, Database::Access how) {
  if (how == Database::Access::still) {
    // SQLite's own way without locks: a file that may only be read could not be locked for ourselves.
    const std::string wal = wal_of(file);
    if (has_content(wal) && access(wal.c_str(), R_OK) != 0) return std::unexpected(errno_error(errno, wal));
    if (has_content(wal)) return Opening{file, SQLITE_OPEN_READONLY, "unix-none"};
    return Opening{immutable_uri(file), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, "unix-none"};
  }
  const auto vfs = wal_vfs();
  if (!vfs) return std::unexpected(vfs.error());
  const bool reads = how == Database::Access::read_only;
  return Opening{file, reads ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, *vfs};
}

}  // namespace

Result<Database> Database::open(const std::string& file, Access access, std::uint32_t busy_wait_ms) {
  if (auto ok = check_kinds(file); !ok) return std::unexpected(ok.error());
  Database database;
  database.file_ = file;
  const auto how = opening(file, access);
  if (!how) return std::unexpected(how.error());
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(how->name.c_str(), &raw, how->flags | SQLITE_OPEN_NOMUTEX, how->vfs);
  database.db_.reset(raw);
  if (code != SQLITE_OK) return std::unexpected(sqlite_error(raw, file));
  sqlite3_busy_timeout(raw, static_cast<int>(busy_wait_ms));
  sqlite3_extended_result_codes(raw, 1);
  // Whatever did not let it be opened for writing, SQLite goes on with reading alone.
  if (access == Access::read_write && sqlite3_db_readonly(raw, "main") != 0) return std::unexpected(not_writable(file));
  if (access != Access::still) return database;
  // As the only user: the index of the write-ahead log is in memory then, and none is made beside it; and at the end
  // the log is not folded in.
  sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  if (auto ok = database.execute("PRAGMA locking_mode=EXCLUSIVE"); !ok) return std::unexpected(ok.error());
  return database;
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw,
                         nullptr) != SQLITE_OK) {
    return std::unexpected(sqlite_error(db_.get(), file_));
  }
  return Statement(raw);
}

Result<Done> Database::execute(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return std::unexpected(sqlite_error(db_.get(), file_));
  }
  return Done{};
}

Result<std::uint64_t> Database::number(std::string_view sql) {
  auto statement = prepare(sql);
  if (!statement) return std::unexpected(statement.error());
  auto row = statement->step();
  if (!row) return std::unexpected(row.error());
  return *row ? statement->number(0) : 0;
}

}  // namespace aright::store
