#include "store/sqlite_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "store/column_classes.h"
#include "store/row_numbers.h"
#include "store/schema.h"
#include "store/sqlite_store.h"

namespace aright::store {

namespace {

Result<Done> known_table(const std::string& table) {
  if (std::ranges::find(row_tables, table) == row_tables.end()) return fail(Errc::invalid, "no table " + table);
  return Done{};
}

/// The column that says which row is the newer one.
std::string_view order_of(std::string_view table) { return table == "finding" ? "number" : "id"; }

/// Bound as text. A column behind a plus no longer says that it holds numbers.
std::string_view bound_place(std::string_view table) { return table == "finding" ? "CAST(?2 AS INTEGER)" : "?2"; }

constexpr int texts_from = 3;  ///< number of the first parameter that holds a text a row is asked for

/// Of a row that is no JSON nobody knows, so it is none.
std::string text_under(std::string_view key) {
  return fmt::format("CASE WHEN json_valid(doc) THEN json_extract(doc,'$.{}') END", key);
}

/// " AND …" with parameters from `texts_from` on. Keys stand in the statement itself: only letters may.
Result<std::string> asked_of_rows(const PageRequest& request) {
  std::string all;
  int at = texts_from;
  for (const auto& [key, texts] : request.texts) {
    if (key.empty() || key.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") != std::string::npos || texts.empty()) {
      return fail(Errc::invalid, "rows cannot be chosen by " + key);
    }
    std::string places;
    for (std::size_t i = 0; i < texts.size(); ++i) places += fmt::format("{}?{}", places.empty() ? "" : ",", at++);
    all += fmt::format(" AND {} IN ({})", text_under(key), places);
  }
  if (!request.since.empty()) all += fmt::format(" AND {}>=?{}", text_under("created_at"), at);
  return all;
}

void bind_asked(Statement& statement, const PageRequest& request) {
  int at = texts_from;
  for (const auto& [key, texts] : request.texts) {
    for (const std::string& text : texts) statement.bind(at++, std::string_view(text));
  }
  if (!request.since.empty()) statement.bind(at, std::string_view(request.since));
}

/// Calls `take(statement)` for each row.
template <class Take>
Result<Done> each(Result<Statement>& statement, Take take) {
  if (!statement) return std::unexpected(statement.error());
  while (true) {
    auto more = statement->step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return Done{};
    if (Result<Done> ok = take(*statement); !ok) return ok;
  }
}

Result<Done> take_entry(const Statement& s, std::vector<Entry>& out) {
  out.push_back({s.number(0), s.number(1), s.text(2)});
  return Done{};
}

/// SQLite's numbers have a sign: behind the largest come those below 0, which are no entries.
std::uint64_t from_entry(std::uint64_t first) {
  return std::min(first, static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

}  // namespace

Result<std::unique_ptr<SqliteHistory>> SqliteHistory::open(const std::string& file, Database::Access access) {
  auto database = Database::open(file, access);
  if (!database) return std::unexpected(database.error());
  if (auto ok = check_current(*database); !ok) return std::unexpected(ok.error());
  if (auto ok = database->execute("PRAGMA query_only=ON"); !ok) return std::unexpected(ok.error());
  return std::unique_ptr<SqliteHistory>(new SqliteHistory(std::move(*database), file, access));
}

Result<std::vector<Row>> SqliteHistory::rows(const std::string& table, Statement statement) {
  Result<Statement> from(std::move(statement));
  std::vector<Row> list;
  auto ok = each(from, [&](const Statement& s) -> Result<Done> {
    list.push_back({table, s.text(0), s.number(1) != 0, s.text(2)});
    return Done{};
  });
  if (!ok) return std::unexpected(ok.error());
  return list;
}

Result<std::string> SqliteHistory::place_of(const std::string& table, const std::string& id) {
  auto statement = database_.prepare(fmt::format("SELECT {} FROM {} WHERE id=?", order_of(table), table));
  if (!statement) return std::unexpected(statement.error());
  auto found = statement->bind(1, std::string_view(id)).step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return fail(Errc::not_found, fmt::format("no {} {}", table, id));
  return statement->text(0);
}

Result<Page> SqliteHistory::page(const PageRequest& request) {
  if (auto ok = known_table(request.table); !ok) return std::unexpected(ok.error());
  const std::scoped_lock lock(mutex_);
  std::string before;
  if (!request.before.empty()) {
    auto place = place_of(request.table, request.before);
    if (!place) return std::unexpected(place.error());
    before = std::move(*place);
  }
  const auto asked = asked_of_rows(request);
  if (!asked) return std::unexpected(asked.error());
  const std::uint64_t limit = std::min(request.limit, page_rows_max);
  // The plus keeps SQLite from walking all rows for the few open ones: their own index has them.
  const std::string order = fmt::format("{}{}", request.only_open ? "+" : "", order_of(request.table));
  const auto wanted = [&](std::string_view place) {
    return fmt::format("{} AND {}{}", request.only_open ? "open=1" : "true",
                       place.empty() ? "true" : fmt::format("{}<{}", order, bound_place(request.table)), *asked);
  };
  auto statement = database_.prepare(fmt::format("SELECT id,open,doc FROM {} WHERE {} ORDER BY {} DESC LIMIT ?1",
                                                 request.table, wanted(before), order));
  if (!statement) return std::unexpected(statement.error());
  statement->bind(1, limit);
  bind_asked(*statement, request);
  if (!before.empty()) statement->bind(2, std::string_view(before));
  auto shown = rows(request.table, std::move(*statement));
  if (!shown) return std::unexpected(shown.error());
  Page page{std::move(*shown), 0};
  if (page.rows.empty() || page.rows.size() < limit) return page;
  auto oldest = place_of(request.table, page.rows.back().id);
  if (!oldest) return std::unexpected(oldest.error());
  auto rest = database_.prepare(
      fmt::format("SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} LIMIT ?1)", request.table, wanted(*oldest)));
  if (!rest) return std::unexpected(rest.error());
  bind_asked(*rest, request);
  auto counted = rest->bind(1, page_more_max).bind(2, std::string_view(*oldest)).step();
  if (!counted) return std::unexpected(counted.error());
  page.more = rest->number(0);
  return page;
}

Result<std::optional<Row>> SqliteHistory::row(const std::string& table, const std::string& id) {
  if (auto ok = known_table(table); !ok) return std::unexpected(ok.error());
  const std::scoped_lock lock(mutex_);
  if (!by_id_.contains(table)) {
    auto statement = database_.prepare(fmt::format("SELECT open,doc FROM {} WHERE id=?", table));
    if (!statement) return std::unexpected(statement.error());
    by_id_[table] = std::move(*statement);
  }
  Statement& kept = by_id_[table];
  const Reset reset(kept);
  auto found = kept.bind(1, std::string_view(id)).step();
  if (!found) return std::unexpected(found.error());
  return *found ? std::optional<Row>(Row{table, id, kept.number(0) != 0, kept.text(1)}) : std::optional<Row>();
}

Result<std::vector<Row>> SqliteHistory::open_rows(const std::string& table) {
  if (auto ok = known_table(table); !ok) return std::unexpected(ok.error());
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare(fmt::format("SELECT id,open,doc FROM {} WHERE open=1 ORDER BY id", table));
  if (!statement) return std::unexpected(statement.error());
  return rows(table, std::move(*statement));
}

Result<Done> SqliteHistory::each_over(const std::string& table,
                                      const std::function<void(const std::string& id)>& told) {
  if (auto ok = known_table(table); !ok) return ok;
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare(fmt::format("SELECT id FROM {} WHERE open<>1 ORDER BY id", table));
  return each(statement, [&](const Statement& s) -> Result<Done> {
    told(s.text(0));
    return Done{};
  });
}

Result<std::vector<Row>> SqliteHistory::all_rows(const std::string& table) {
  if (auto ok = known_table(table); !ok) return std::unexpected(ok.error());
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare(fmt::format("SELECT id,open,doc FROM {} ORDER BY id", table));
  if (!statement) return std::unexpected(statement.error());
  return rows(table, std::move(*statement));
}

Result<std::vector<Entry>> SqliteHistory::entries_of_run(std::uint64_t run, std::uint32_t limit) {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare(
      "SELECT seq,run,bytes FROM entry WHERE run=? AND seq>=0 AND seq<(SELECT size FROM tree) ORDER BY seq LIMIT ?");
  if (statement) statement->bind(1, run).bind(2, std::uint64_t{limit});
  std::vector<Entry> list;
  auto ok = each(statement, [&](const Statement& s) { return take_entry(s, list); });
  if (!ok) return std::unexpected(ok.error());
  return list;
}

Result<std::vector<Entry>> SqliteHistory::entries(std::uint64_t first, std::uint32_t limit) {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare("SELECT seq,run,bytes FROM entry WHERE seq>=? ORDER BY seq LIMIT ?");
  if (statement) statement->bind(1, from_entry(first)).bind(2, std::uint64_t{limit});
  std::vector<Entry> list;
  auto ok = each(statement, [&](const Statement& s) { return take_entry(s, list); });
  if (!ok) return std::unexpected(ok.error());
  return list;
}

Result<std::vector<Digest>> SqliteHistory::leaves(std::uint64_t first, std::uint64_t limit) {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare("SELECT leaf,seq FROM entry WHERE seq>=? ORDER BY seq LIMIT ?");
  if (statement) statement->bind(1, from_entry(first)).bind(2, limit);
  std::vector<Digest> list;
  auto ok = each(statement, [&](const Statement& s) -> Result<Done> {
    const std::string bytes = s.text(0);
    Digest leaf{};
    if (bytes.size() != leaf.size())
      return fail(Errc::corrupt, fmt::format("entry {}: its leaf is cut off", s.number(1)));
    std::ranges::copy(as_bytes(bytes), leaf.begin());
    list.push_back(leaf);
    return Done{};
  });
  if (!ok) return std::unexpected(ok.error());
  return list;
}

Result<std::vector<Checkpoint>> SqliteHistory::checkpoints() {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare("SELECT size,note FROM checkpoint ORDER BY size");
  std::vector<Checkpoint> list;
  auto ok = each(statement, [&](const Statement& s) -> Result<Done> {
    list.push_back({s.number(0), s.text(1)});
    return Done{};
  });
  if (!ok) return std::unexpected(ok.error());
  return list;
}

/// The first row of `statement`: a size and a note.
Result<std::optional<Checkpoint>> SqliteHistory::one_checkpoint(Result<Statement> statement) {
  std::optional<Checkpoint> found;
  auto ok = each(statement, [&](const Statement& s) -> Result<Done> {
    found = Checkpoint{s.number(0), s.text(1)};
    return Done{};
  });
  if (!ok) return std::unexpected(ok.error());
  return found;
}

Result<std::optional<Checkpoint>> SqliteHistory::newest_checkpoint() {
  const std::scoped_lock lock(mutex_);
  return one_checkpoint(database_.prepare("SELECT size,note FROM checkpoint ORDER BY size DESC LIMIT 1"));
}

Result<std::optional<Checkpoint>> SqliteHistory::checkpoint_at(std::uint64_t size) {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare("SELECT size,note FROM checkpoint WHERE size=?");
  if (statement) statement->bind(1, size);
  return one_checkpoint(std::move(statement));
}

Result<std::optional<Blob>> SqliteHistory::blob(const std::string& commitment_id) {
  const std::scoped_lock lock(mutex_);
  auto read = prepare_read_blob(database_);
  if (!read) return std::unexpected(read.error());
  return read_blob(*read, commitment_id);
}

Result<Done> SqliteHistory::stand_still() {
  const std::scoped_lock lock(mutex_);
  return database_.execute("BEGIN");
}

Result<std::vector<std::string>> SqliteHistory::integrity() {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare("PRAGMA integrity_check(20)");
  std::vector<std::string> list;
  auto ok = each(statement, [&](const Statement& s) -> Result<Done> {
    if (const std::string said = s.text(0); said != "ok") list.push_back(said);
    return Done{};
  });
  // Where it gives up over a page, what it said before names that page.
  if (!ok && (list.empty() || ok.error().code != Errc::corrupt)) return std::unexpected(ok.error());
  return list;
}

Result<Done> SqliteHistory::check_columns() {
  const std::scoped_lock lock(mutex_);
  if (auto ok = check_first_entry(database_); !ok) return ok;
  return check_all_classes(database_);
}

Result<TreeHead> SqliteHistory::tree() {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare("SELECT size,edge FROM tree");
  Result<TreeHead> head = TreeHead{};
  auto ok = each(statement, [&](const Statement& s) -> Result<Done> {
    head = tree_from(s.number(0), s.text(1));
    return Done{};
  });
  if (!ok) return std::unexpected(ok.error());
  return head;
}

Result<std::string> SqliteHistory::context() {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare("SELECT doc FROM context");
  std::string doc;
  auto ok = each(statement, [&](const Statement& s) -> Result<Done> {
    doc = s.text(0);
    return Done{};
  });
  if (!ok) return std::unexpected(ok.error());
  return doc;
}

Result<std::optional<Definition>> SqliteHistory::definition(const std::string& hash) {
  const std::scoped_lock lock(mutex_);
  return read_definition(database_, hash);
}

Result<std::map<std::string, std::string>> SqliteHistory::definitions() {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare("SELECT hash,kind FROM definition");
  std::map<std::string, std::string> kinds;
  auto ok = each(statement, [&](const Statement& s) -> Result<Done> {
    kinds.emplace(s.text(0), s.text(1));
    return Done{};
  });
  if (!ok) return std::unexpected(ok.error());
  return kinds;
}

Result<bool> SqliteHistory::keeps(const std::string& commitment_id) {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare("SELECT 1 FROM blob WHERE id=? AND bytes IS NOT NULL");
  if (!statement) return std::unexpected(statement.error());
  return statement->bind(1, std::string_view(commitment_id)).step();
}

Result<Done> SqliteHistory::each_content(const std::function<void(const std::string& id)>& told) {
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare("SELECT id FROM blob WHERE bytes IS NOT NULL");
  return each(statement, [&](const Statement& s) -> Result<Done> {
    told(s.text(0));
    return Done{};
  });
}

Result<Done> SqliteHistory::each_number(const std::string& table,
                                        const std::function<void(const std::string& id, std::uint64_t number)>& told) {
  if (!has_number(table)) return fail(Errc::invalid, "rows of table " + table + " have no numbers");
  const std::scoped_lock lock(mutex_);
  auto statement = database_.prepare(fmt::format("SELECT id,number FROM {} ORDER BY id", table));
  return each(statement, [&](const Statement& s) -> Result<Done> {
    told(s.text(0), s.number(1));
    return Done{};
  });
}

Result<std::uint64_t> SqliteHistory::check_contents() {
  const std::scoped_lock lock(mutex_);
  if (auto intakes = read_intakes(database_); !intakes) return std::unexpected(intakes.error());
  auto definitions = database_.prepare("SELECT hash,kind,doc FROM definition");
  auto ok = each(definitions, [](const Statement& s) { return check(Definition{s.text(0), s.text(1), s.text(2)}); });
  if (!ok) return std::unexpected(ok.error());
  std::uint64_t count = 0;
  auto read = prepare_read_blob(database_);
  if (!read) return std::unexpected(read.error());
  auto ids = database_.prepare("SELECT id FROM blob WHERE bytes IS NOT NULL");
  ok = each(ids, [&](const Statement& s) -> Result<Done> {
    auto blob = read_blob(*read, s.text(0));
    if (!blob) return std::unexpected(blob.error());
    if (!*blob) return fail(Errc::corrupt, fmt::format("table blob, row {}: its index leads elsewhere", s.text(0)));
    ++count;
    return Done{};
  });
  if (!ok) return std::unexpected(ok.error());
  return count;
}

}  // namespace aright::store
