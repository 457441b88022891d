// One row for the engine: seldom asked for, so its statement is not kept.
#include <fmt/format.h>

#include <algorithm>

#include "store/sqlite_store.h"

namespace aright::store {

Result<std::optional<Row>> SqliteStore::row(const std::string& table, const std::string& id) {
  if (std::ranges::find(row_tables, table) == row_tables.end()) return fail(Errc::invalid, "no table " + table);
  auto statement = database_.prepare(fmt::format("SELECT open,doc FROM {} WHERE id=?", table));
  if (!statement) return std::unexpected(statement.error());
  auto found = statement->bind(1, std::string_view(id)).step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::optional<Row>();
  return Row{table, id, statement->number(0) != 0, statement->text(1)};
}

}  // namespace aright::store
