#include "store/column_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace aright::store {

namespace {

struct Column {
  std::string name;
  std::string declared;  ///< as the schema has it: INTEGER, TEXT, BLOB
  bool may_be_null{false};
  bool is_key{false};
};

struct Table {
  std::string name;
  std::vector<Column> columns;
};

std::string_view word(int storage_class) {
  switch (storage_class) {
    case SQLITE_INTEGER: return "integer";
    case SQLITE_FLOAT: return "real";
    case SQLITE_TEXT: return "text";
    case SQLITE_BLOB: return "blob";
    default: return "null";
  }
}

int class_of(std::string_view declared) {
  if (declared == "INTEGER") return SQLITE_INTEGER;
  if (declared == "TEXT") return SQLITE_TEXT;
  return declared == "BLOB" ? SQLITE_BLOB : 0;
}

Error of_another_class(const std::string& place, std::string_view column, std::string_view found,
                       std::string_view declared) {
  return {Errc::corrupt, Retry::no,
          fmt::format("{}: its {} is kept as {}, where it ought to be {}", place, column, found, declared)};
}

/// Of our own statements, which read one table.
std::string table_of(std::string_view sql) {
  constexpr std::string_view from = " FROM ";
  const auto at = sql.find(from);
  if (at == std::string_view::npos) return "?";
  const std::string_view rest = sql.substr(at + from.size());
  return std::string(rest.substr(0, rest.find(' ')));
}

/// "table run, row 000000000009", as far as the statement reads what names the row.
std::string place_of(sqlite3_stmt* statement) {
  constexpr std::array<std::string_view, 4> names{"id", "seq", "hash", "source"};
  const std::string table = "table " + table_of(sqlite3_sql(statement));
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    const std::string_view column = sqlite3_column_name(statement, i);
    if (std::ranges::find(names, column) == names.end()) continue;
    const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, i));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, i));
    return fmt::format("{}, row {}", table, text == nullptr ? std::string_view() : std::string_view(text, size));
  }
  return table + ", one of its rows";
}

Result<std::vector<Table>> tables_of(Database& database) {
  auto list = database.prepare("SELECT name FROM sqlite_schema WHERE type='table' AND name NOT LIKE 'sqlite%'");
  if (!list) return std::unexpected(list.error());
  std::vector<Table> tables;
  for (auto row = list->step();; row = list->step()) {
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    tables.push_back({list->text(0), {}});
  }
  for (Table& table : tables) {
    auto columns =
        database.prepare(fmt::format("SELECT name,type,\"notnull\",pk FROM pragma_table_info('{}')", table.name));
    if (!columns) return std::unexpected(columns.error());
    for (auto row = columns->step();; row = columns->step()) {
      if (!row) return std::unexpected(row.error());
      if (!*row) break;
      const bool key = columns->number(3) != 0;
      table.columns.push_back({columns->text(0), columns->text(1), columns->number(2) == 0 && !key, key});
    }
  }
  return tables;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(c | 0x20);  // INTEGER, TEXT, BLOB
  return text;
}

/// A number that numbers the rows besides (`finding`, `run`) is no name of theirs.
std::string name_of_rows(const Table& table) {
  for (const Column& column : table.columns) {
    if (column.name == "id") return column.name;
  }
  for (const Column& column : table.columns) {
    if (column.is_key) return column.name;
  }
  return "rowid";
}

Result<Done> check_table(Database& database, const Table& table) {
  std::string columns;
  std::string wrong;
  for (const Column& column : table.columns) {
    columns += fmt::format(",typeof({})", column.name);
    wrong += fmt::format("{}typeof({}) NOT IN ('{}'{})", wrong.empty() ? "" : " OR ", column.name,
                         lower(column.declared), column.may_be_null ? ",'null'" : "");
  }
  // Behind an operator it is of no column, and read as it is.
  auto rows = database.prepare(fmt::format("SELECT CAST({} AS TEXT){} FROM {} WHERE {} LIMIT 1", name_of_rows(table),
                                           columns, table.name, wrong));
  if (!rows) return std::unexpected(rows.error());
  auto found = rows->step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return Done{};
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Column& column = table.columns[i];
    const std::string is = rows->text(static_cast<int>(i) + 1);
    if (is == lower(column.declared) || (is == "null" && column.may_be_null)) continue;
    return std::unexpected(of_another_class(fmt::format("table {}, row {}", table.name, rows->text(0)), column.name, is,
                                            lower(column.declared)));
  }
  return Done{};
}

}  // namespace

std::vector<int> declared_classes(sqlite3_stmt* statement) {
  std::vector<int> classes;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    const char* declared = sqlite3_column_decltype(statement, i);
    classes.push_back(declared == nullptr ? 0 : class_of(declared));
  }
  return classes;
}

Result<Done> check_classes(sqlite3_stmt* statement, const std::vector<int>& declared) {
  for (std::size_t i = 0; i < declared.size(); ++i) {
    const int column = static_cast<int>(i);
    const int is = sqlite3_column_type(statement, column);
    if (declared[i] == 0 || is == declared[i] || is == SQLITE_NULL) continue;
    return std::unexpected(
        of_another_class(place_of(statement), sqlite3_column_name(statement, column), word(is), word(declared[i])));
  }
  return Done{};
}

Result<Done> check_all_classes(Database& database) {
  auto tables = tables_of(database);
  if (!tables) return std::unexpected(tables.error());
  for (const Table& table : *tables) {
    if (auto ok = check_table(database, table); !ok) return ok;
  }
  return Done{};
}

Result<Done> check_key_classes(Database& database) {
  auto tables = tables_of(database);
  if (!tables) return std::unexpected(tables.error());
  for (const Table& table : *tables) {
    const std::string key = name_of_rows(table);
    // Blobs come after all texts; numbers are kept as texts in such a column. Reading one says that it is none.
    auto blobs = database.prepare(fmt::format("SELECT {0} FROM {1} WHERE {0}>=x'' LIMIT 1", key, table.name));
    if (!blobs) return std::unexpected(blobs.error());
    if (auto found = blobs->step(); !found) return std::unexpected(found.error());
  }
  return Done{};
}

}  // namespace aright::store
