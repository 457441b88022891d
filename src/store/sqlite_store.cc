#include "store/sqlite_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "base/digest.h"
#include "store/blob_code.h"
#include "store/column_classes.h"
#include "store/erasing.h"
#include "store/file_check.h"
#include "store/look_through.h"
#include "store/row_numbers.h"
#include "store/schema.h"

namespace aright::store {

namespace {

constexpr std::string_view sensitive_word = "sensitive";  // words, so that one changed byte is neither
constexpr std::string_view public_word = "public";

std::size_t table_index(std::string_view table) {
  return static_cast<std::size_t>(std::ranges::find(row_tables, table) - row_tables.begin());
}

/// Behind what is whole in the log that is taken up may lie the rest of a transaction that a power cut tore. Written
/// over in part only, and cut again, that rest would look like a transaction behind a damaged one, and be refused
/// (`check_files`). Everything folded in, the next commit begins the log anew, with other salts. A full disk or
/// somebody who reads keeps it as it is.
Result<Done> fold_in(Database& database) {
  const int code = sqlite3_wal_checkpoint_v2(database.raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  if (code == SQLITE_OK || (code & 0xFF) == SQLITE_BUSY) return Done{};
  Error error = sqlite_error(database.raw(), database.file());
  return error.code == Errc::corrupt ? Result<Done>(std::unexpected(std::move(error))) : Done{};
}

}  // namespace

std::string edge_bytes(const TreeHead& tree) {
  std::string bytes;
  for (const Digest& node : tree.edge) bytes += as_text(node);
  return bytes;
}

Result<TreeHead> tree_from(std::uint64_t size, std::string_view edge) {
  if (edge.size() % sizeof(Digest) != 0) return fail(Errc::corrupt, "table tree, row 1: its edge is cut off");
  TreeHead tree{size, {}};
  for (; !edge.empty(); edge.remove_prefix(sizeof(Digest))) {
    Digest node{};
    std::ranges::copy(as_bytes(edge.substr(0, sizeof(Digest))), node.begin());
    tree.edge.push_back(node);
  }
  return tree;
}

Result<Done> check_first_entry(Database& database) {
  auto stray = database.prepare("SELECT seq FROM entry WHERE seq<0 ORDER BY seq LIMIT 1");
  if (!stray) return std::unexpected(stray.error());
  auto found = stray->step();
  if (!found) return std::unexpected(found.error());
  if (!*found) return Done{};
  return fail(Errc::corrupt, fmt::format("entry {}: is none of the log's, which begins at 0",
                                         static_cast<std::int64_t>(stray->number(0))));
}

Result<Done> check(const Definition& definition) {
  if (hex(sha256(definition.doc)) == definition.hash) return Done{};
  return fail(Errc::corrupt,
              fmt::format("table definition, row {}: its content is not what the hash names", definition.hash));
}

Result<std::optional<Definition>> read_definition(Database& database, const std::string& hash) {
  auto found = database.prepare("SELECT kind,doc FROM definition WHERE hash=?");
  if (!found) return std::unexpected(found.error());
  auto row = found->bind(1, std::string_view(hash)).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::optional<Definition>();
  Definition definition{hash, found->text(0), found->text(1)};
  if (auto ok = check(definition); !ok) return std::unexpected(ok.error());
  return std::optional<Definition>(std::move(definition));
}

Result<std::vector<IntakeRow>> read_intakes(Database& database) {
  auto rows = database.prepare("SELECT source,hash,doc FROM intake ORDER BY source");
  if (!rows) return std::unexpected(rows.error());
  std::vector<IntakeRow> list;
  while (true) {
    auto more = rows->step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return list;
    IntakeRow row{rows->text(0), rows->text(2)};
    if (hex(sha256({row.source, std::string_view("\0", 1), row.doc})) != rows->text(1)) {
      return fail(Errc::corrupt, fmt::format("table intake, row {}: is not what was written", row.source));
    }
    list.push_back(std::move(row));
  }
}

Result<Statement> prepare_read_blob(Database& database) {
  return database.prepare("SELECT salt,size,sensitive,packed,bytes FROM blob WHERE id=? AND bytes IS NOT NULL");
}

Result<std::optional<Blob>> read_blob(Statement& prepared, const std::string& id) {
  const Reset reset(prepared);
  auto row = prepared.bind(1, std::string_view(id)).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::optional<Blob>();
  Blob blob{{id, prepared.number(1)}, prepared.text(0), {}, prepared.text(2) != public_word};
  const auto damaged = [&](std::string_view why) {
    return fail(Errc::corrupt, fmt::format("table blob, row {}: {}", id, why));
  };
  if (const std::string word = prepared.text(2); word != sensitive_word && word != public_word) {
    return damaged("does not say whether it is sensitive");
  }
  auto bytes = unpack(prepared.text(4), prepared.number(3) != 0, blob.commitment.size);
  if (!bytes) return damaged(bytes.error().message);
  const bool named_so =
      commitment_id(blob.salt, *bytes) == id || hex(hmac_sha256(blob.salt, *bytes)) == id;  // before 0111
  if (bytes->size() != blob.commitment.size || !named_so) {
    return damaged("its content is not what was committed to");
  }
  blob.bytes = std::move(*bytes);
  return std::optional<Blob>(std::move(blob));
}

Result<std::unique_ptr<SqliteStore>> SqliteStore::open(const std::string& file, std::uint64_t pages_max,
                                                       std::uint32_t busy_wait_ms) {
  if (auto ok = check_files(file); !ok) return std::unexpected(ok.error());
  if (auto ok = make_private(file); !ok) return std::unexpected(ok.error());
  auto database = Database::open(file, Database::Access::read_write, busy_wait_ms);
  if (!database) return std::unexpected(database.error());
  std::unique_ptr<SqliteStore> store(new SqliteStore(std::move(*database)));
  // Refuse what is not ours before the first pragma could write to it.
  auto fresh = store->database_.number("SELECT count(*) FROM sqlite_schema");
  if (!fresh) return std::unexpected(advised(fresh.error()));
  if (*fresh != 0) {
    if (auto ok = check_schema(store->database_); !ok) return std::unexpected(ok.error());
  }
  for (const char* pragma :
       {"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA wal_autocheckpoint=0", "PRAGMA mmap_size=0",
        "PRAGMA cache_size=-8192", "PRAGMA temp_store=MEMORY", "PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON",
        "PRAGMA journal_size_limit=16777216"}) {
    if (auto ok = store->database_.execute(pragma); !ok) return std::unexpected(ok.error());
  }
  if (auto ok = fold_in(store->database_); !ok) return std::unexpected(ok.error());
  if (auto ok = look_through(store->database_); !ok) return std::unexpected(advised(ok.error()));
  if (auto ok = prepare_schema(store->database_); !ok) return std::unexpected(ok.error());
  if (pages_max != 0) {
    auto ok = store->database_.number(fmt::format("PRAGMA max_page_count={}", pages_max));
    if (!ok) return std::unexpected(ok.error());
  }
  if (auto ok = store->prepare(); !ok) return std::unexpected(ok.error());
  store->busy_wait_ms_ = busy_wait_ms;
  sqlite3_wal_hook(
      store->database_.raw(),
      [](void* self, sqlite3* /*db*/, const char* /*name*/, int frames) {
        static_cast<SqliteStore*>(self)->wal_frames_ = frames;
        return SQLITE_OK;
      },
      store.get());
  return store;
}

Result<Done> SqliteStore::prepare() {
  const auto make = [this](Statement& into, const std::string& sql) -> Result<Done> {
    auto statement = database_.prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    into = std::move(*statement);
    return Done{};
  };
  Statements& s = statements_;
  auto read = prepare_read_blob(database_);
  if (!read) return std::unexpected(read.error());
  s.read_blob = std::move(*read);
  Result<Done> ok = make(s.begin, "BEGIN IMMEDIATE");
  if (ok) ok = make(s.commit, "COMMIT");
  if (ok) ok = make(s.rollback, "ROLLBACK");
  if (ok) ok = make(s.entry, "INSERT INTO entry(seq,run,bytes,leaf) VALUES(?,?,?,?)");
  if (ok) ok = make(s.tree, "REPLACE INTO tree(one,size,edge) VALUES(1,?,?)");
  if (ok) ok = make(s.checkpoint, "REPLACE INTO checkpoint(size,note) VALUES(?,?)");
  if (ok) ok = make(s.context, "REPLACE INTO context(one,doc) VALUES(1,?)");
  if (ok) ok = make(s.definition, "INSERT OR IGNORE INTO definition(hash,kind,doc) VALUES(?,?,?)");
  if (ok) ok = make(s.blob, "INSERT OR IGNORE INTO blob(id,salt,size,sensitive,packed,bytes) VALUES(?,?,?,?,?,?)");
  if (ok) ok = make(s.intake, "REPLACE INTO intake(source,hash,doc) VALUES(?,?,?)");
  if (ok) ok = make(s.drop_admission, "DELETE FROM admission WHERE id=?");
  if (ok) ok = make(s.drop_subject, "DELETE FROM subject WHERE id=?");
  for (std::size_t i = 0; ok && i < row_tables.size(); ++i) {
    ok = make(s.put_row[i], put_row_sql(row_tables[i]));
  }
  return ok;
}

Result<Loaded> SqliteStore::load() {
  Loaded loaded;
  auto tree = database_.prepare("SELECT size,edge FROM tree");
  if (!tree) return std::unexpected(tree.error());
  auto has_tree = tree->step();
  if (!has_tree) return std::unexpected(has_tree.error());
  if (*has_tree) {
    auto head = tree_from(tree->number(0), tree->text(1));
    if (!head) return std::unexpected(head.error());
    loaded.tree = std::move(*head);
  }
  if (auto ok = check_first_entry(database_); !ok) return std::unexpected(ok.error());
  auto entries = database_.number("SELECT coalesce(max(seq)+1,0) FROM entry");
  if (!entries) return std::unexpected(entries.error());
  if (*entries != loaded.tree.size) {
    return fail(Errc::corrupt, fmt::format("{}: table entry ends at {}, but the tree has {} leaves", database_.file(),
                                           *entries, loaded.tree.size));
  }
  size_ = *entries;
  if (auto ok = check_key_classes(database_); !ok) return std::unexpected(ok.error());
  auto context = database_.prepare("SELECT doc FROM context");
  if (!context) return std::unexpected(context.error());
  auto has_context = context->step();
  if (!has_context) return std::unexpected(has_context.error());
  if (*has_context) loaded.context = context->text(0);
  for (const std::string_view table : row_tables) {
    auto rows = database_.prepare(fmt::format("SELECT id,doc FROM {} WHERE open=1", table));
    if (!rows) return std::unexpected(rows.error());
    while (true) {
      auto more = rows->step();
      if (!more) return std::unexpected(more.error());
      if (!*more) break;
      loaded.open_rows.push_back({std::string(table), rows->text(0), true, rows->text(1)});
    }
  }
  auto intakes = read_intakes(database_);
  if (!intakes) return std::unexpected(intakes.error());
  loaded.intakes = std::move(*intakes);
  auto checkpoint = database_.prepare("SELECT size,note FROM checkpoint ORDER BY size DESC LIMIT 1");
  if (!checkpoint) return std::unexpected(checkpoint.error());
  auto has_checkpoint = checkpoint->step();
  if (!has_checkpoint) return std::unexpected(has_checkpoint.error());
  if (*has_checkpoint) loaded.checkpoint = Checkpoint{checkpoint->number(0), checkpoint->text(1)};
  return loaded;
}

Result<Done> SqliteStore::commit(const Batch& batch) {
  if (!batch.entries.empty() && batch.entries.front().seq != size_) {
    return fail(Errc::corrupt,
                fmt::format("entry {} does not continue the {} stored ones", batch.entries.front().seq, size_));
  }
  if (auto ok = still_there(); !ok) return ok;
  auto ok = statements_.begin.run();
  if (ok) {
    ok = write(batch);
    if (ok) ok = statements_.commit.run();
    // SQLite has often rolled back by itself by now; then there is nothing left to roll back.
    if (!ok && sqlite3_get_autocommit(database_.raw()) == 0) {
      if (auto undone = statements_.rollback.run(); !undone) lost_ = undone.error();
    }
  }
  if (!ok) {
    if (ok.error().code == Errc::corrupt) lost_ = ok.error();
    return ok;
  }
  size_ += batch.entries.size();
  keep_wal_small(batch.gone.erased);
  return Done{};
}

Result<Done> SqliteStore::still_there() {
  if (lost_) return std::unexpected(*lost_);
  const auto in_place = [this] {
    int moved = 0;
    return sqlite3_file_control(database_.raw(), "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved == 0;
  };
  if (in_place()) return Done{};
  struct stat info{};
  const bool failed = stat(database_.file().c_str(), &info) != 0 && errno != ENOENT;
  if (failed) {
    lost_ = advised(errno_error(errno, database_.file()));
  } else if (in_place()) {
    return Done{};  // SQLite takes a look that failed for a file that is gone
  } else {
    lost_ = Error{Errc::corrupt, Retry::no,
                  fmt::format("{}: was removed or replaced while in use; {}", database_.file(), what_to_do())};
  }
  return std::unexpected(*lost_);
}

Result<Done> SqliteStore::write(const Batch& batch) {
  if (auto ok = write_entries(batch); !ok) return ok;
  if (auto ok = write_rows(batch); !ok) return ok;
  if (auto ok = write_blobs(batch); !ok) return ok;
  if (auto ok = write_intakes(batch); !ok) return ok;
  if (auto ok = erase(database_, batch.gone); !ok) return ok;
  for (const Definition& d : batch.definitions) {
    auto ok = statements_.definition.bind(1, std::string_view(d.hash))
                  .bind(2, std::string_view(d.kind))
                  .bind(3, std::string_view(d.doc))
                  .run();
    if (!ok) return ok;
  }
  if (batch.checkpoint) {
    auto ok =
        statements_.checkpoint.bind(1, batch.checkpoint->size).bind(2, std::string_view(batch.checkpoint->note)).run();
    if (!ok) return ok;
  }
  if (!batch.context.empty()) return statements_.context.bind(1, std::string_view(batch.context)).run();
  return Done{};
}

Result<Done> SqliteStore::write_intakes(const Batch& batch) {
  for (const IntakeRow& row : batch.intakes) {
    const std::string hash = hex(sha256({row.source, std::string_view("\0", 1), row.doc}));
    auto ok = statements_.intake.bind(1, std::string_view(row.source))
                  .bind(2, std::string_view(hash))
                  .bind(3, std::string_view(row.doc))
                  .run();
    if (!ok) return ok;
  }
  return Done{};
}

Result<Done> SqliteStore::write_entries(const Batch& batch) {
  for (std::size_t i = 0; i < batch.entries.size(); ++i) {
    const Entry& entry = batch.entries[i];
    Statement& s =
        statements_.entry.bind(1, entry.seq).bind_blob(3, entry.bytes).bind_blob(4, as_text(batch.leaves.at(i)));
    if (entry.run != 0) {
      s.bind(2, entry.run);
    } else {
      s.bind_null(2);
    }
    if (auto ok = s.run(); !ok) return ok;
  }
  if (batch.entries.empty()) return Done{};
  const std::string edge = edge_bytes(batch.tree);
  return statements_.tree.bind(1, batch.tree.size).bind_blob(2, edge).run();
}

Result<Done> SqliteStore::write_rows(const Batch& batch) {
  const RowNumbers numbers(batch);
  for (const Row& row : batch.rows) {
    const std::size_t index = table_index(row.table);
    if (index >= row_tables.size()) return fail(Errc::invalid, "no table " + row.table);
    Result<Done> ok = Done{};
    if (row.table == "admission" && !row.open) {
      ok = statements_.drop_admission.bind(1, std::string_view(row.id)).run();
    } else if (row.table == "subject" && !row.open) {
      ok = statements_.drop_subject.bind(1, std::string_view(row.id)).run();
    } else {
      ok = numbers.put(statements_.put_row[index], row);
    }
    if (!ok) return ok;
  }
  return Done{};
}

Result<Done> SqliteStore::write_blobs(const Batch& batch) {
  for (const Blob& blob : batch.blobs) {
    const Packed packed = pack(blob.bytes);
    auto ok = statements_.blob.bind(1, std::string_view(blob.commitment.id))
                  .bind_blob(2, blob.salt)
                  .bind(3, blob.commitment.size)
                  .bind(4, blob.sensitive ? sensitive_word : public_word)
                  .bind(5, std::uint64_t{packed.packed})
                  .bind_blob(6, packed.bytes)
                  .run();
    if (!ok) return ok;
  }
  return Done{};
}

Result<std::optional<Blob>> SqliteStore::blob(const std::string& commitment_id) {
  return read_blob(statements_.read_blob, commitment_id);
}

Result<std::optional<Definition>> SqliteStore::definition(const std::string& hash) {
  return read_definition(database_, hash);
}

}  // namespace aright::store
