#include "store/look_through.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/file_check.h"

namespace aright::store {

namespace {

constexpr std::int64_t whole_max = std::int64_t{8} << 20;

/// SQLite's words below its heading.
std::string first_line(const std::string& said) {
  const auto heading = said.find('\n');
  const std::string rest = said.starts_with("***") && heading != std::string::npos ? said.substr(heading + 1) : said;
  return rest.substr(0, rest.find('\n'));
}

Error damaged(const Database& database, const std::string& said) {
  return {Errc::corrupt, Retry::no, fmt::format("{}: damaged: {}", database.file(), said)};
}

/// A page that the disk does not give is no damage: "Page 26: unable to get the page. error code=266".
bool says_disk(const std::string& said) {
  constexpr std::string_view word = "error code=";
  const auto at = said.find(word);
  int code = 0;
  if (at != std::string::npos) std::from_chars(said.data() + at + word.size(), said.data() + said.size(), code);
  return (code & 0xFF) == SQLITE_IOERR;
}

Result<Done> look_at_all(Database& database) {
  auto check = database.prepare("PRAGMA quick_check(1)");
  if (!check) return std::unexpected(check.error());
  auto row = check->step();
  if (!row) return std::unexpected(row.error());
  const std::string said = *row ? check->text(0) : "ok";
  if (says_disk(said)) {
    const std::string why = errno_error(EIO, database.file()).message;
    return fail(Errc::corrupt, fmt::format("{}: {}; {}", why, first_line(said), what_to_do_about_the_disk()));
  }
  if (said != "ok") return std::unexpected(damaged(database, first_line(said)));
  return Done{};
}

/// A query that can only begin on the first page of what it is about: all columns, since an index may hold some. One
/// over some rows serves only queries for those.
std::string query_of(const std::string& type, const std::string& name, const std::string& table,
                     const std::string& sql) {
  if (type != "index") return fmt::format("SELECT * FROM \"{}\" NOT INDEXED LIMIT 1", name);
  const auto where = sql.find(" WHERE ");
  return fmt::format("SELECT 1 FROM \"{}\" INDEXED BY \"{}\"{} LIMIT 1", table, name,
                     where == std::string::npos ? "" : sql.substr(where));
}

Result<Done> look_at_first_pages(Database& database) {
  std::vector<std::pair<std::string, std::string>> places;  // name, query
  auto names = database.prepare("SELECT type,name,tbl_name,sql FROM sqlite_schema WHERE rootpage>0");
  if (!names) return std::unexpected(names.error());
  for (auto row = names->step();; row = names->step()) {
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    places.emplace_back(names->text(1), query_of(names->text(0), names->text(1), names->text(2), names->text(3)));
  }
  for (const auto& [name, query] : places) {
    auto look = database.prepare(query);
    const auto row = look ? look->step() : Result<bool>(std::unexpected(look.error()));
    if (row) continue;
    const int code = sqlite3_errcode(database.raw()) & 0xFF;
    if (code == SQLITE_CORRUPT) {
      return std::unexpected(damaged(database, fmt::format("the first page of {} cannot be read", name)));
    }
    if (code == SQLITE_IOERR) return std::unexpected(row.error());
  }
  return Done{};
}

}  // namespace

Result<Done> look_through(Database& database) {
  const auto pages = database.number("PRAGMA page_count");
  const auto bytes = database.number("PRAGMA page_size");
  if (!pages) return std::unexpected(pages.error());
  if (!bytes) return std::unexpected(bytes.error());
  return static_cast<std::int64_t>(*pages) * static_cast<std::int64_t>(*bytes) <= whole_max
             ? look_at_all(database)
             : look_at_first_pages(database);
}

}  // namespace aright::store
