#include "cli/expected_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace aright::cli {

namespace {

Error wrong(const std::string& table, const std::string& id, std::string_view what) {
  return {Errc::corrupt, Retry::no, fmt::format("table {}, row {}: {}", table, id, what)};
}
constexpr std::string_view other = "is not what the entries imply";
constexpr std::string_view missing = "is missing";

bool same(const Row& one, const Row& two) { return one.doc == two.doc && one.open == two.open; }

}  // namespace

Result<Done> ExpectedRows::take(std::vector<Row> rows) {
  for (Row& row : rows) {
    Table& table = tables_[row.table];
    if (row.open) {
      table.open.insert_or_assign(row.id, std::move(row));
      continue;
    }
    table.open.erase(row.id);
    if (row.table == "admission") continue;  // it is deleted
    if (auto ok = take_over(row); !ok) return ok;
  }
  return Done{};
}

Result<Done> ExpectedRows::take_over(const Row& row) {
  auto stored = history_.row(row.table, row.id);
  if (!stored) return std::unexpected(stored.error());
  tables_[row.table].over.push_back(std::hash<std::string>{}(row.id));
  if (first_ || (*stored && same(**stored, row))) return Done{};
  first_ = wrong(row.table, row.id, *stored ? other : missing);
  return Done{};
}

Result<Done> ExpectedRows::compare() {
  if (first_) return std::unexpected(*first_);
  for (const std::string_view name : row_tables) {
    const std::string table(name);
    if (auto ok = compare(table, tables_[table]); !ok) return ok;
  }
  return Done{};
}

Result<Done> ExpectedRows::compare(const std::string& name, Table& table) {
  auto stored = history_.open_rows(name);
  if (!stored) return std::unexpected(stored.error());
  for (const Row& row : *stored) {
    const auto found = table.open.find(row.id);
    if (found == table.open.end() || !same(found->second, row)) return std::unexpected(wrong(name, row.id, other));
    table.open.erase(found);
  }
  if (!table.open.empty()) return std::unexpected(wrong(name, table.open.begin()->first, missing));
  return compare_over(name, table);
}

/// Each of them was found; whether there are more.
Result<Done> ExpectedRows::compare_over(const std::string& name, Table& table) {
  std::ranges::sort(table.over);
  std::uint64_t count = 0;
  std::optional<std::string> unknown;
  auto ok = history_.each_over(name, [&](const std::string& id) {
    ++count;
    if (!unknown && !std::ranges::binary_search(table.over, std::hash<std::string>{}(id))) unknown = id;
  });
  if (!ok) return ok;
  if (unknown) return std::unexpected(wrong(name, *unknown, other));
  if (count == table.over.size()) return Done{};
  return fail(Errc::corrupt, fmt::format("table {}: {} rows that are over, where the entries imply {}", name, count,
                                         table.over.size()));
}

}  // namespace aright::cli
