#include "store/schema.h"

#include <fmt/format.h>

#include <array>

#include "model/entry.h"
#include "store/file_check.h"

namespace aright::store {

namespace {

constexpr std::uint64_t application_id = 0x41726974;  // "Arit"

// A released migration is never edited; a change is a new one at the end.
constexpr std::array migrations{
    "CREATE TABLE entry(seq INTEGER PRIMARY KEY, run INTEGER, bytes BLOB NOT NULL, leaf BLOB NOT NULL);"
    "CREATE INDEX entry_of_run ON entry(run) WHERE run IS NOT NULL;"
    "CREATE TABLE tree(one INTEGER PRIMARY KEY CHECK(one = 1), size INTEGER NOT NULL, edge BLOB NOT NULL);"
    "CREATE TABLE checkpoint(size INTEGER PRIMARY KEY, note TEXT NOT NULL);"
    "CREATE TABLE context(one INTEGER PRIMARY KEY CHECK(one = 1), doc TEXT NOT NULL);"
    "CREATE TABLE definition(hash TEXT PRIMARY KEY, kind TEXT NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE blob(id TEXT PRIMARY KEY, salt BLOB, size INTEGER NOT NULL, sensitive TEXT NOT NULL,"
    " packed INTEGER NOT NULL, bytes BLOB) WITHOUT ROWID;"
    // Ids of findings are in no order, hence their number; all others are listed by their id.
    "CREATE TABLE finding(number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, open INTEGER NOT NULL, doc TEXT NOT "
    "NULL);"
    "CREATE TABLE run(id TEXT PRIMARY KEY, open INTEGER NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE review(id TEXT PRIMARY KEY, open INTEGER NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE admission(id TEXT PRIMARY KEY, open INTEGER NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE subject(id TEXT PRIMARY KEY, open INTEGER NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX finding_open ON finding(id) WHERE open = 1;"
    "CREATE INDEX run_open ON run(id) WHERE open = 1;"
    "CREATE INDEX review_open ON review(id) WHERE open = 1;",
    "CREATE TABLE waiver(id TEXT PRIMARY KEY, open INTEGER NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX waiver_open ON waiver(id) WHERE open = 1;",
    // No entry implies these rows, so each carries the hash of its own text.
    "CREATE TABLE intake(source TEXT PRIMARY KEY, hash TEXT NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;",
    // A tree by text keeps at most 1,000 bytes of a row in its page: each run had a second page for the rest.
    "CREATE TABLE run_numbered(number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, open INTEGER NOT NULL, doc TEXT "
    "NOT "
    "NULL);"
    "INSERT INTO run_numbered(id,open,doc) SELECT id,open,doc FROM run ORDER BY id;"
    "DROP TABLE run;"
    "ALTER TABLE run_numbered RENAME TO run;"
    "CREATE INDEX run_open ON run(id) WHERE open = 1;",
    "CREATE TABLE mark(id TEXT PRIMARY KEY, open INTEGER NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE INDEX mark_open ON mark(id) WHERE open = 1;",
    // By the run that has been taken back.
    "CREATE TABLE undone(id TEXT PRIMARY KEY, open INTEGER NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;",
    "CREATE TABLE notification(number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, open INTEGER NOT NULL, "
    "doc TEXT NOT NULL);"
    "CREATE INDEX notification_open ON notification(id) WHERE open = 1;",
    // Numbers went on from the highest that was kept: a run had another one than its id once retention had taken some
    // away. Below nought first, where none is in the way.
    "UPDATE run SET number=-CAST(id AS INTEGER) WHERE number<>CAST(id AS INTEGER);"
    "UPDATE run SET number=-number WHERE number<0;"
    "UPDATE notification SET number=-CAST(id AS INTEGER) WHERE number<>CAST(id AS INTEGER);"
    "UPDATE notification SET number=-number WHERE number<0;"
    "CREATE TABLE opened(id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;"
    "INSERT OR IGNORE INTO opened(id,seq) SELECT json_extract(CAST(bytes AS TEXT),'$.finding'),seq FROM entry "
    "WHERE instr(CAST(bytes AS TEXT),'\"kind\":\"finding.opened\"')>0 AND json_valid(CAST(bytes AS TEXT));"
    "UPDATE finding SET number=-(SELECT seq FROM opened WHERE opened.id=finding.id) "
    "WHERE id IN (SELECT id FROM opened);"
    "UPDATE finding SET number=-number WHERE number<0;"
    "DROP TABLE opened;"};

Result<Done> refuse(const Database& database, const std::string& why) {
  return fail(Errc::corrupt, fmt::format("{}: {}; {}", database.file(), why, what_to_do()));
}

struct Version {
  std::uint64_t application{0};
  std::uint64_t version{0};
  std::uint64_t tables{0};
  [[nodiscard]] bool empty() const { return application == 0 && version == 0 && tables == 0; }
};

Result<Version> version_of(Database& database) {
  Version found;
  for (auto [sql, into] :
       {std::pair("PRAGMA application_id", &found.application), std::pair("PRAGMA user_version", &found.version),
        std::pair("SELECT count(*) FROM sqlite_schema", &found.tables)}) {
    auto number = database.number(sql);
    if (!number) return std::unexpected(number.error());
    *into = *number;
  }
  return found;
}

Result<std::string> text_of(Database& database) {
  auto schema = database.prepare("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name");
  if (!schema) return std::unexpected(schema.error());
  std::string text;
  while (true) {
    auto more = schema->step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return text;
    text += schema->text(0) + '\n';
  }
}

/// A changed byte in the stored text of a table changes what its rows mean.
Result<Done> check_text(Database& database) {
  auto fresh = Database::open(":memory:", Database::Access::read_write);
  if (!fresh) return std::unexpected(fresh.error());
  for (const char* sql : migrations) {
    if (auto ok = fresh->execute(sql); !ok) return ok;
  }
  auto wanted = text_of(*fresh);
  if (!wanted) return std::unexpected(wanted.error());
  auto seen = text_of(database);
  if (!seen) return std::unexpected(seen.error());
  if (*seen != *wanted) return refuse(database, "its tables are not the ones this version makes");
  return Done{};
}

Result<Done> check(Database& database, const Version& found) {
  if (found.empty()) return refuse(database, "is empty, no log was begun in it");
  if (found.application != application_id) return refuse(database, "is the database of another program");
  if (found.version > migrations.size()) {
    return refuse(database, fmt::format("was written by a newer version (schema {}, this one knows {})", found.version,
                                        migrations.size()));
  }
  return Done{};
}

}  // namespace

Result<Done> check_schema(Database& database) {
  auto found = version_of(database);
  if (!found) return std::unexpected(found.error());
  if (auto ok = check(database, *found); !ok) return ok;
  return found->version == migrations.size() ? check_text(database) : Result<Done>(Done{});
}

Result<Done> check_current(Database& database) {
  if (auto ok = check_schema(database); !ok) return ok;
  auto found = version_of(database);
  if (!found) return std::unexpected(found.error());
  if (found->version == migrations.size()) return Done{};
  return fail(Errc::invalid, fmt::format("{}: was written by an older version (schema {}, this one has {}); start the "
                                         "daemon on it once, it brings the tables up to date",
                                         database.file(), found->version, migrations.size()));
}

Result<Done> prepare_schema(Database& database) {
  auto found = version_of(database);
  if (!found) return std::unexpected(found.error());
  if (!found->empty()) {
    if (auto ok = check(database, *found); !ok) return ok;
  }
  for (std::uint64_t v = found->version; v < migrations.size(); ++v) {
    const std::string sql = fmt::format("BEGIN IMMEDIATE;{}PRAGMA application_id={};PRAGMA user_version={};COMMIT;",
                                        migrations.at(v), application_id, v + 1);
    if (auto ok = database.execute(sql); !ok) return ok;
  }
  return Done{};
}

}  // namespace aright::store
