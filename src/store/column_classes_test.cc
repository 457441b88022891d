#include "store/column_classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "base/digest.h"
#include "model/resource.h"
#include "store/sqlite_history.h"
#include "store/sqlite_store.h"

namespace aright::store {
namespace {

using testing::HasSubstr;

/// A store of one entry, with a row of each table, closed.
class ColumnClasses : public testing::Test {
 protected:
  ColumnClasses() {
    std::string name = (std::filesystem::temp_directory_path() / "aright-classes-XXXXXX").string();
    dir_ = mkdtemp(name.data());
    file_ = (dir_ / "aright.db").string();
    Batch batch;
    batch.entries = {{0, 7, "entry 0"}, {1, 0, "entry 1"}};
    batch.leaves = {Digest{}, Digest{1}};
    batch.tree = {2, {Digest{1}}};
    batch.context = "{}";
    batch.checkpoint = Checkpoint{2, "note"};
    for (const std::string_view table : row_tables)
      batch.rows.push_back({std::string(table), "000000000007", true, "{}"});
    batch.definitions = {{hex(sha256("{}")), "workflow", "{}"}};
    batch.blobs = {{{commitment_id("salt", "bytes"), 5}, "salt", "bytes", false}};
    batch.intakes = {{"a", "{}"}};
    auto store = SqliteStore::open(file_);
    if (store) made_ = (*store)->commit(batch).has_value() && (*store)->load().has_value();
  }
  ~ColumnClasses() override { std::filesystem::remove_all(dir_); }

  void change(const std::string& sql) {
    auto database = Database::open(file_, Database::Access::read_write);
    ASSERT_TRUE(database) << database.error().message;
    const auto ok = database->execute(sql);
    ASSERT_TRUE(ok) << sql << ": " << ok.error().message;
  }
  std::string verified() {
    auto history = SqliteHistory::open(file_);
    if (!history) return history.error().message;
    auto ok = (*history)->check_columns();
    return ok ? "ok" : ok.error().message;
  }
  std::string loaded() {
    auto store = SqliteStore::open(file_);
    if (!store) return store.error().message;
    auto all = (*store)->load();
    return all ? "ok" : all.error().message;
  }

  std::filesystem::path dir_;
  std::string file_;
  bool made_{false};
};

TEST_F(ColumnClasses, AreThoseOfTheSchemaInWhatIsWritten) {
  ASSERT_TRUE(made_);
  EXPECT_EQ(verified(), "ok");
  EXPECT_EQ(loaded(), "ok");
}

TEST_F(ColumnClasses, OfAnotherClassIsNamedInEveryTable) {
  ASSERT_TRUE(made_);
  struct Change {
    const char* column;
    const char* table;
    const char* to;
    const char* says;
  };
  const std::string whole = file_ + ".whole";
  std::filesystem::copy_file(file_, whole);
  for (const Change& c : std::initializer_list<Change>{
           {"run", "entry", "'x'", "table entry, row 0: its run is kept as text, where it ought to be integer"},
           {"bytes", "entry", "CAST(bytes AS TEXT)", "row 0: its bytes is kept as text, where it ought to be blob"},
           {"edge", "tree", "'x'", "table tree, row 1: its edge is kept as text"},
           {"size", "tree", "2.5", "table tree, row 1: its size is kept as real"},
           {"note", "checkpoint", "CAST(note AS BLOB)", "table checkpoint, row 2: its note is kept as blob"},
           {"doc", "context", "CAST(doc AS BLOB)", "table context, row 1: its doc is kept as blob"},
           {"hash", "definition", "CAST(hash AS BLOB)", "its hash is kept as blob, where it ought to be text"},
           {"packed", "blob", "'x'", "its packed is kept as text, where it ought to be integer"},
           {"source", "intake", "CAST(source AS BLOB)", "table intake, row a: its source is kept as blob"},
           {"id", "run", "CAST(id AS BLOB)",
            "table run, row 000000000007: its id is kept as blob, where it ought to be text"},
           {"open", "undone", "'x'", "table undone, row 000000000007: its open is kept as text"},
           {"open", "review", "1.5", "table review, row 000000000007: its open is kept as real"},
           {"doc", "waiver", "x'00'", "table waiver, row 000000000007: its doc is kept as blob"}}) {
    change(std::string("UPDATE ") + c.table + " SET " + c.column + "=" + c.to);
    EXPECT_THAT(verified(), HasSubstr(c.says));
    std::filesystem::copy_file(whole, file_, std::filesystem::copy_options::overwrite_existing);
  }
  EXPECT_EQ(verified(), "ok");
}

/// An id as a blob is found by no question for its text: the same row would be written a second time.
TEST_F(ColumnClasses, OfAKeyRefusesTheStartWhateverTheRow) {
  ASSERT_TRUE(made_);
  const std::string whole = file_ + ".whole";
  std::filesystem::copy_file(file_, whole);
  for (const std::string_view table : row_tables) {
    for (const char* more : {"", ",open=0"}) {
      change("UPDATE " + std::string(table) + " SET id=CAST(id AS BLOB)" + more);
      EXPECT_THAT(loaded(), HasSubstr("table " + std::string(table) + ", row 000000000007: its id is kept as blob"));
      std::filesystem::copy_file(whole, file_, std::filesystem::copy_options::overwrite_existing);
    }
  }
  for (const char* table : {"definition SET hash=CAST(hash AS BLOB)", "blob SET id=CAST(id AS BLOB)"}) {
    change(std::string("UPDATE ") + table);
    EXPECT_THAT(loaded(), HasSubstr("is kept as blob, where it ought to be text"));
    std::filesystem::copy_file(whole, file_, std::filesystem::copy_options::overwrite_existing);
  }
}

TEST_F(ColumnClasses, AreLookedAtByWhoeverReads) {
  ASSERT_TRUE(made_);
  change("UPDATE run SET doc=CAST(doc AS BLOB)");
  auto history = SqliteHistory::open(file_);
  ASSERT_TRUE(history) << history.error().message;
  const auto row = (*history)->row("run", "000000000007");
  ASSERT_FALSE(row);
  EXPECT_EQ(row.error().code, Errc::corrupt);
  EXPECT_THAT(row.error().message, HasSubstr("table run, one of its rows: its doc is kept as blob"));
  EXPECT_THAT(loaded(), HasSubstr("table run, row 000000000007: its doc is kept as blob"));
}

TEST_F(ColumnClasses, EntriesBelowNoughtAreNoneOfTheLog) {
  ASSERT_TRUE(made_);
  change("INSERT INTO entry VALUES(-7,7,x'00',zeroblob(32))");
  EXPECT_EQ(verified(), "entry -7: is none of the log's, which begins at 0");
  EXPECT_THAT(loaded(), HasSubstr("entry -7: is none of the log's, which begins at 0"));
  auto history = SqliteHistory::open(file_);
  ASSERT_TRUE(history) << history.error().message;
  const auto of_run = (*history)->entries_of_run(7, 10);
  ASSERT_TRUE(of_run) << of_run.error().message;
  ASSERT_EQ(of_run->size(), 1U);
  EXPECT_EQ(of_run->front().seq, 0U);
  const auto behind = (*history)->entries(static_cast<std::uint64_t>(-7), 10);
  ASSERT_TRUE(behind) << behind.error().message;
  EXPECT_TRUE(behind->empty());
}

}  // namespace
}  // namespace aright::store
