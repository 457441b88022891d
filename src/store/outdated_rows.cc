#include "store/outdated_rows.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <optional>
#include <utility>

#include "base/bytes.h"
#include "model/resource.h"
#include "store/schema.h"

namespace aright::store {

namespace {

/// How the names of contents begin that are made at `time`.
std::string name_at(WallTime time) { return hex(salt_at(time, Digest{})).substr(0, 12); }

/// The order in which rows came, by a key that the table is stored by: the oldest is met without a look at all others.
struct Order {
  const char* place;  ///< where a row stands, as text
  const char* key;
  const char* behind;  ///< the place ?1
};

Order order_of_kept(std::string_view table) {
  const bool numbered = table == "finding" || table == "run";
  return numbered ? Order{"CAST(number AS TEXT)", "number", "CAST(?1 AS INTEGER)"} : Order{"id", "id", "?1"};
}

std::string key(const char* name) { return fmt::format("json_extract(doc,'$.{}')", name); }

template <class Take>
Result<Done> each_step(Statement& statement, Take take) {
  while (true) {
    auto more = statement.step();
    if (!more) return std::unexpected(more.error());
    if (!*more || !take(statement)) return Done{};
  }
}

}  // namespace

Result<OutdatedRows> OutdatedRows::open(const std::string& file) {
  auto database = Database::open(file, Database::Access::read_only);
  if (!database) return std::unexpected(database.error());
  if (auto ok = check_current(*database); !ok) return std::unexpected(ok.error());
  if (auto ok = database->execute("PRAGMA query_only=ON"); !ok) return std::unexpected(ok.error());
  return OutdatedRows(std::move(*database));
}

Result<Done> OutdatedRows::add_contents(const Retention& retention, WallTime now, std::size_t most, Outdated& into) {
  // Names without a time, from before docs/decisions/0111, have no "-" there: they stay.
  auto statement = database_.prepare(
      "SELECT id FROM blob WHERE id>?1 AND id<max(?2,?3) AND substr(id,13,1)='-' AND "
      "(id<?2 OR (sensitive='sensitive' AND id<?3)) ORDER BY id LIMIT ?4");
  if (!statement) return std::unexpected(statement.error());
  const std::string contents = name_at(now - retention.contents);
  const std::string sensitive = name_at(now - retention.sensitive);
  const std::string from = after_["blob"];  // bound, not copied
  statement->bind(1, std::string_view(from))
      .bind(2, std::string_view(contents))
      .bind(3, std::string_view(sensitive))
      .bind(4, std::uint64_t{most});
  return each_step(*statement, [&](const Statement& s) {
    into.contents.push_back(s.text(0));
    after_["blob"] = into.contents.back();
    return true;
  });
}

Result<Done> OutdatedRows::add_rows(const KeptTable& table, WallTime before, std::size_t most, Outdated& into) {
  const Order order = order_of_kept(table.table);
  auto statement = database_.prepare(fmt::format("SELECT {},id,open,{},{} FROM {} WHERE {}>{} ORDER BY {}", order.place,
                                                 key(table.began), key(table.ended), table.table, order.key,
                                                 order.behind, order.key));
  if (!statement) return std::unexpected(statement.error());
  std::string& after = after_[table.table];
  const std::string from = after;  // bound, not copied
  statement->bind(1, std::string_view(from));
  const std::string limit = rfc3339(before);
  return each_step(*statement, [&](const Statement& s) {
    // What began later cannot have ended before; all further rows began later still.
    if (into.rows.size() >= most || s.text(3) >= limit) return false;
    after = s.text(0);
    if (s.number(2) == 0 && !s.text(4).empty() && s.text(4) < limit) into.rows.push_back({table.table, s.text(1)});
    return true;
  });
}

/// Only when the whole file is larger than what is allowed: adding up reads it all.
Result<std::uint64_t> OutdatedRows::too_many_bytes(const Retention& retention) {
  auto pages = database_.number("PRAGMA page_count");
  if (!pages) return pages;
  auto free = database_.number("PRAGMA freelist_count");
  if (!free) return free;
  auto size = database_.number("PRAGMA page_size");
  if (!size) return size;
  if ((*pages - *free) * *size <= retention.bytes) return 0;
  std::uint64_t all = 0;
  auto contents = database_.number("SELECT coalesce(sum(length(bytes)),0) FROM blob");
  if (!contents) return contents;
  all += *contents;
  for (const KeptTable& table : kept_tables) {
    auto rows = database_.number(fmt::format("SELECT coalesce(sum(length(doc)),0) FROM {}", table.table));
    if (!rows) return rows;
    all += *rows;
  }
  return all - std::min(all, retention.bytes);
}

Result<Done> OutdatedRows::add_oldest(std::size_t most, Outdated& into) {
  auto statement =
      database_.prepare("SELECT id,length(bytes) FROM blob WHERE id>?1 AND substr(id,13,1)='-' ORDER BY id LIMIT ?2");
  if (!statement) return std::unexpected(statement.error());
  const std::string from = after_["blob"];  // bound, not copied
  statement->bind(1, std::string_view(from)).bind(2, std::uint64_t{most});
  auto ok = each_step(*statement, [&](const Statement& s) {
    if (*excess_ == 0) return false;
    into.contents.push_back(s.text(0));
    after_["blob"] = into.contents.back();
    *excess_ -= std::min(*excess_, s.number(1));
    return true;
  });
  if (!ok || !into.contents.empty()) return ok;
  for (const KeptTable& table : kept_tables) {
    if (auto rows = add_oldest_rows(table, most, into); !rows) return rows;
  }
  return Done{};
}

Result<Done> OutdatedRows::add_oldest_rows(const KeptTable& table, std::size_t most, Outdated& into) {
  const Order order = order_of_kept(table.table);
  auto statement =
      database_.prepare(fmt::format("SELECT {},id,open,{},length(doc) FROM {} WHERE {}>{} ORDER BY {}", order.place,
                                    key(table.ended), table.table, order.key, order.behind, order.key));
  if (!statement) return std::unexpected(statement.error());
  std::string& after = after_[table.table];
  const std::string from = after;  // bound, not copied
  statement->bind(1, std::string_view(from));
  return each_step(*statement, [&](const Statement& s) {
    if (into.rows.size() >= most || *excess_ == 0) return false;
    after = s.text(0);
    const auto ended = parse_rfc3339(s.text(3));
    if (s.number(2) != 0 || !ended) return true;
    into.rows.push_back({table.table, s.text(1)});
    into.rows_before = std::max(into.rows_before, *ended + std::chrono::microseconds{1});
    *excess_ -= std::min(*excess_, s.number(4));
    return true;
  });
}

Result<Outdated> OutdatedRows::next(const Retention& retention, WallTime now, std::size_t most) {
  Outdated found;
  if (auto ok = add_contents(retention, now, most, found); !ok) return std::unexpected(ok.error());
  found.rows_before = now - retention.rows;
  for (const KeptTable& table : kept_tables) {
    if (auto ok = add_rows(table, found.rows_before, most, found); !ok) return std::unexpected(ok.error());
  }
  if (!found.empty()) return found;
  if (!excess_) {
    auto excess = too_many_bytes(retention);
    if (!excess) return std::unexpected(excess.error());
    excess_ = *excess;
  }
  if (*excess_ == 0) return found;
  if (auto ok = add_oldest(most, found); !ok) return std::unexpected(ok.error());
  return found;
}

}  // namespace aright::store
