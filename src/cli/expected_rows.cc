#include "cli/expected_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>

namespace aright::cli {

namespace {

Error wrong(const std::string& table, const std::string& id, std::string_view what) {
  return {Errc::corrupt, Retry::no, fmt::format("table {}, row {}: {}", table, id, what)};
}
constexpr std::string_view other = "is not what the entries imply";
constexpr std::string_view missing = "is missing";

/// When a row of a table whose rows may go came to its end; nullopt: rows of this table stay.
std::optional<WallTime> end_of(const Row& row) {
  for (const KeptTable& table : kept_tables) {
    if (row.table != table.table) continue;
    const auto doc = parse_own_json(row.doc);
    const auto found = doc ? doc->find(table.ended) : Json::const_iterator();
    if (!doc || found == doc->end() || !found->is_string()) return std::nullopt;
    const auto time = parse_rfc3339(found->get_ref<const std::string&>());
    return time ? std::optional(*time) : std::nullopt;
  }
  return std::nullopt;
}

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
    if (row.table == "admission" || row.table == "subject") continue;  // it is deleted
    if (auto ok = take_over(row); !ok) return ok;
  }
  return Done{};
}

Result<Done> ExpectedRows::take_over(const Row& row) {
  auto stored = history_.row(row.table, row.id);
  if (!stored) return std::unexpected(stored.error());
  tables_[row.table].over.push_back(std::hash<std::string>{}(row.id));
  if (!*stored) return take_missing(row);
  if (!first_ && !same(**stored, row)) first_ = wrong(row.table, row.id, other);
  return Done{};
}

/// What is kept long enough goes: whether this one may, only a later entry says.
Result<Done> ExpectedRows::take_missing(const Row& row) {
  ++tables_[row.table].missing;
  auto along = went_along(row.table, row.id);
  if (!along) return std::unexpected(along.error());
  if (*along) return Done{};
  const auto ended = end_of(row);
  if (!ended) {
    if (!first_) first_ = wrong(row.table, row.id, missing);
  } else if (!last_missing_ || *ended > last_missing_ended_) {
    last_missing_ = RowName{row.table, row.id};
    last_missing_ended_ = *ended;
  }
  return Done{};
}

Result<Done> ExpectedRows::compare() {
  if (first_) return std::unexpected(*first_);
  if (last_missing_ && last_missing_ended_ >= gone_before_) {
    return std::unexpected(wrong(last_missing_->table, last_missing_->id, missing));
  }
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
  for (const auto& [id, row] : table.open) {
    auto went = went_along(name, id);
    if (!went) return std::unexpected(went.error());
    if (!*went) return std::unexpected(wrong(name, id, missing));
  }
  return compare_over(name, table);
}

/// What lies beside a row goes with it; whether that one may be missing has been looked at.
Result<bool> ExpectedRows::went_along(const std::string& name, const std::string& id) {
  for (const KeptAlong& along : kept_along) {
    if (name != along.table) continue;
    auto with = history_.row(along.with, id);
    if (!with) return std::unexpected(with.error());
    return !with->has_value();
  }
  return false;
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
  if (count + table.missing == table.over.size()) return Done{};
  return fail(Errc::corrupt, fmt::format("table {}: {} rows that are over, where the entries imply {}", name, count,
                                         table.over.size() - table.missing));
}

}  // namespace aright::cli
