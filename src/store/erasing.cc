#include "store/erasing.h"

#include <fmt/format.h>

#include <algorithm>

namespace aright::store {

namespace {

Result<Done> erase_contents(Database& database, const std::vector<std::string>& ids) {
  auto statement = database.prepare("DELETE FROM blob WHERE id=?");
  if (!statement) return std::unexpected(statement.error());
  for (const std::string& id : ids) {
    if (auto ok = statement->bind(1, std::string_view(id)).run(); !ok) return ok;
  }
  return Done{};
}

/// What lies beside a row that has gone goes with it.
Result<Done> erase_along(Database& database, const KeptAlong& along, const std::string& id) {
  auto statement = database.prepare(
      fmt::format("DELETE FROM {} WHERE id=?1 AND NOT EXISTS (SELECT 1 FROM {} WHERE id=?1)", along.table, along.with));
  if (!statement) return std::unexpected(statement.error());
  return statement->bind(1, std::string_view(id)).run();
}

Result<Done> erase_row(Database& database, const RowName& row) {
  const bool known = std::ranges::any_of(kept_tables, [&](const KeptTable& table) { return row.table == table.table; });
  if (!known) return fail(Errc::invalid, "no rows of table " + row.table + " can go");
  auto statement = database.prepare(fmt::format("DELETE FROM {} WHERE id=? AND open=0", row.table));
  if (!statement) return std::unexpected(statement.error());
  auto done = statement->bind(1, std::string_view(row.id)).run();
  for (const KeptAlong& along : kept_along) {
    if (done && row.table == along.with) done = erase_along(database, along, row.id);
  }
  return done;
}

Result<Done> erase_all(Database& database, const Outdated& gone) {
  if (auto ok = erase_contents(database, gone.contents); !ok) return ok;
  for (const RowName& row : gone.rows) {
    if (auto ok = erase_row(database, row); !ok) return ok;
  }
  return Done{};
}

}  // namespace

Result<Done> erase(Database& database, const Outdated& gone) {
  if (gone.empty()) return Done{};
  if (auto ok = database.execute("PRAGMA secure_delete=ON"); !ok) return ok;
  auto done = erase_all(database, gone);
  auto ok = database.execute("PRAGMA secure_delete=FAST");
  return done ? std::move(ok) : std::move(done);
}

}  // namespace aright::store
