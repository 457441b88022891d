// SQLite behind values: statements that end themselves, errors as Result.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

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
  /// True: a row is there; false: done.
  Result<bool> step();
  /// Steps to the end and resets, ready for the next binding.
  Result<Done> run();
  void reset();
  [[nodiscard]] std::uint64_t number(int column) const;
  [[nodiscard]] std::string text(int column) const;  ///< also for blobs

 private:
  std::unique_ptr<sqlite3_stmt, FinalizeStatement> raw_;
};

/// One connection. One thread at a time.
class Database {
 public:
  enum class Access : std::uint8_t { read_only, read_write };
  static Result<Database> open(const std::string& file, Access access);
  Result<Statement> prepare(std::string_view sql);
  Result<Done> execute(const std::string& sql);
  Result<std::uint64_t> number(std::string_view sql);
  [[nodiscard]] sqlite3* raw() const { return db_.get(); }
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  std::string file_;
  std::unique_ptr<sqlite3, CloseDatabase> db_;
};

/// The Error for what SQLite last said on `db`: FULL no_space, BUSY and LOCKED unavailable, the rest corrupt.
[[nodiscard]] Error sqlite_error(sqlite3* db, const std::string& what);

}  // namespace aright::store
