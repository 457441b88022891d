// SQLite behind values: statements that end themselves, errors as Result.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace aright::store {

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

/// A prepared statement: bind by position from 1, step, read columns from 0. Bound text must live until the step.
class Statement {
 public:
  Statement() = default;
  explicit Statement(sqlite3_stmt* raw) : raw_(raw) {}
  Statement& bind(int at, std::uint64_t number);
  Statement& bind(int at, std::string_view text);
  Statement& bind_blob(int at, std::string_view bytes);
  Statement& bind_null(int at);
  /// True: a row is there; false: done. Errc::corrupt: also a value that is not of the class its column's schema says:
  /// nobody reads such a one as if it were (`column_classes.h`).
  Result<bool> step();
  /// Steps to the end and resets, ready for the next binding.
  Result<Done> run();
  void reset();
  [[nodiscard]] std::uint64_t number(int column) const;
  [[nodiscard]] std::string text(int column) const;  ///< also for blobs

 private:
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> raw_;
  std::optional<std::vector<int>> declared_;  ///< `declared_classes`, from the first row on
};

/// Resets a statement that is kept, whichever way its user leaves: one left at a row keeps its reading open.
class Reset {
 public:
  explicit Reset(Statement& statement) : statement_(statement) {}
  Reset(const Reset&) = delete;
  Reset& operator=(const Reset&) = delete;
  ~Reset() { statement_.reset(); }

 private:
  Statement& statement_;
};

inline constexpr std::uint32_t busy_wait_ms_default = 5000;

/// One connection. One thread at a time.
class Database {
 public:
  enum class Access : std::uint8_t {
    read_only,  ///< beside a process that writes: takes locks, and may make SQLite's files beside the database
    read_write,
    still,  ///< to read what nobody writes: no lock, no file made, no right to write needed; the write-ahead log counts
  };
  /// `busy_wait_ms`: how long a call waits for another process's lock before it is Errc::unavailable.
  static Result<Database> open(const std::string& file, Access access,
                               std::uint32_t busy_wait_ms = busy_wait_ms_default);
  Result<Statement> prepare(std::string_view sql);
  Result<Done> execute(const std::string& sql);
  Result<std::uint64_t> number(std::string_view sql);
  [[nodiscard]] sqlite3* raw() const { return db_.get(); }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::unique_ptr<sqlite3, CloseDatabase> db_;
};

/// The Error for what SQLite last said on `db`: FULL no_space, by the name of what was full; BUSY, LOCKED, out of
/// memory or of descriptors unavailable; cannot be opened by its errno; the rest corrupt, a failed sync always.
[[nodiscard]] Error sqlite_error(sqlite3* db, const std::string& what);

}  // namespace aright::store
