#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/digest.h"
#include "store/sqlite.h"
#include "store/sqlite_history.h"
#include "store/sqlite_store.h"
#include "store/state_folder.h"

namespace aright::store {
namespace {

namespace fs = std::filesystem;

class StoreTest : public testing::Test {
 protected:
  StoreTest() {
    std::string name = (fs::temp_directory_path() / "aright-store-XXXXXX").string();
    dir_ = mkdtemp(name.data());
    file_ = (dir_ / "aright.db").string();
  }
  ~StoreTest() override { fs::remove_all(dir_); }
  static Batch batch(std::uint64_t first, std::size_t count) {
    Batch b;
    for (std::size_t i = 0; i < count; ++i) {
      b.entries.push_back({first + i, 7, "entry " + std::to_string(first + i)});
      b.leaves.push_back(Digest{static_cast<std::uint8_t>(i)});
    }
    b.tree = {first + count, {Digest{1}, Digest{2}}};
    b.context = "{}";
    return b;
  }
  static Blob content(std::string bytes, bool sensitive) {
    Blob blob{{hex(hmac_sha256("salt", bytes)), bytes.size()}, "salt", std::move(bytes), sensitive};
    return blob;
  }
  std::string bytes() const {
    std::ifstream in(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path dir_;
  std::string file_;
};

/// The tables as version 3 had them, with what is in them.
void back_to_version_3(const std::string& file) {
  auto database = Database::open(file, Database::Access::read_write);
  ASSERT_TRUE(database) << database.error().message;
  const auto ok = database->execute(
      "CREATE TABLE kept AS SELECT id,open,doc FROM run; DROP TABLE run;"
      "CREATE TABLE run(id TEXT PRIMARY KEY, open INTEGER NOT NULL, doc TEXT NOT NULL) WITHOUT ROWID;"
      "INSERT INTO run SELECT id,open,doc FROM kept ORDER BY id DESC; DROP TABLE kept;"
      "CREATE INDEX run_open ON run(id) WHERE open = 1; DROP TABLE mark; DROP TABLE undone; DROP TABLE notification; "
      "PRAGMA user_version=3;");
  ASSERT_TRUE(ok) << ok.error().message;
}

TEST_F(StoreTest, MakesRoomOfItsWriteAheadLog) {
  auto store = SqliteStore::open(file_);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->commit(batch(0, 100)));
  const fs::path log = file_ + "-wal";
  ASSERT_GT(fs::file_size(log), 0U);
  (*store)->make_room();
  EXPECT_EQ(fs::file_size(log), 0U);
  ASSERT_TRUE((*store)->commit(batch(100, 1)));
}

TEST_F(StoreTest, BringsTheRunsOfAnOlderVersionUpToDate) {
  Batch b = batch(0, 3);
  const std::string long_doc = "{\"a\":\"" + std::string(3000, 'x') + "\"}";
  b.rows = {{"run", "000000000001", true, "{\"a\":1}"}, {"run", "000000000002", false, long_doc}};
  {
    auto store = SqliteStore::open(file_);
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE((*store)->load());
    ASSERT_TRUE((*store)->commit(b));
  }
  back_to_version_3(file_);
  const auto too_old = SqliteHistory::open(file_);
  ASSERT_FALSE(too_old);
  EXPECT_NE(too_old.error().message.find("start the daemon on it once"), std::string::npos) << too_old.error().message;
  {
    auto store = SqliteStore::open(file_);
    ASSERT_TRUE(store) << store.error().message;
    const auto loaded = (*store)->load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    ASSERT_EQ(loaded->open_rows.size(), 1U);
    EXPECT_EQ(loaded->open_rows[0].id, "000000000001");
    b = batch(3, 1);
    b.rows = {{"run", "000000000001", false, "{\"a\":2}"}};
    ASSERT_TRUE((*store)->commit(b));
  }
  auto history = SqliteHistory::open(file_);
  ASSERT_TRUE(history) << history.error().message;
  const auto rows = (*history)->all_rows("run");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 2U);
  EXPECT_EQ((*rows)[0].doc, "{\"a\":2}");
  EXPECT_EQ((*rows)[1].doc, long_doc);
}

TEST_F(StoreTest, GivesBackWhatWasCommitted) {
  Batch b = batch(0, 3);
  b.rows = {
      {"run", "000000000001", true, "{\"a\":1}"}, {"admission", "1", true, "{}"}, {"finding", "f-1", false, "{}"}};
  b.blobs = {content("bytes", true), content(std::string(5000, 'x'), false)};
  b.definitions = {{hex(sha256("{}")), "control", "{}"}};
  b.checkpoint = Checkpoint{3, "note"};
  {
    auto store = SqliteStore::open(file_);
    ASSERT_TRUE(store) << store.error().message;
    ASSERT_TRUE((*store)->load());
    ASSERT_TRUE((*store)->commit(b));
  }
  auto store = SqliteStore::open(file_);
  ASSERT_TRUE(store);
  const auto loaded = (*store)->load();
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->tree, b.tree);
  EXPECT_EQ(loaded->open_rows.size(), 2U);
  EXPECT_EQ(loaded->checkpoint->note, "note");
  EXPECT_EQ((**(*store)->blob(b.blobs[1].commitment.id)).bytes, std::string(5000, 'x'));
  EXPECT_FALSE((**(*store)->blob(b.blobs[1].commitment.id)).sensitive);
  EXPECT_TRUE((**(*store)->blob(b.blobs[0].commitment.id)).sensitive);
  EXPECT_FALSE((*(*store)->blob("none")).has_value());
  EXPECT_EQ((**(*store)->definition(hex(sha256("{}")))).kind, "control");
  auto history = SqliteHistory::open(file_);
  ASSERT_TRUE(history);
  EXPECT_EQ((*history)->entries_of_run(7, 10)->size(), 3U);
  EXPECT_EQ((*history)->entries(1, 1)->front().bytes, "entry 1");
  EXPECT_EQ(*(*history)->leaves(0, 10), b.leaves);
  EXPECT_EQ(*(*history)->leaves(1, 1), std::vector<Digest>{b.leaves[1]});
  EXPECT_TRUE((*history)->integrity()->empty());
  EXPECT_EQ(*(*history)->check_contents(), 2U);
  Batch gone;
  gone.rows = {{"admission", "1", false, ""}, {"subject", "c s", true, "{}"}, {"subject", "c t", true, "{}"}};
  ASSERT_TRUE((*store)->commit(gone));
  EXPECT_TRUE((*history)->all_rows("admission")->empty());
  gone.rows = {{"subject", "c s", false, "{}"}};
  ASSERT_TRUE((*store)->commit(gone));
  EXPECT_FALSE((*(*history)->row("subject", "c s")).has_value()) << "forgotten";
  EXPECT_TRUE((*(*history)->row("subject", "c t")).has_value());
}

std::vector<std::string> ids(const Page& page) {
  std::vector<std::string> list;
  for (const Row& row : page.rows) list.push_back(row.id);
  return list;
}

TEST_F(StoreTest, PagesOnlyThroughWhatIsAskedOfItsRows) {
  auto store = SqliteStore::open(file_);
  ASSERT_TRUE((*store)->load());
  Batch b;
  for (int i = 1; i <= 6; ++i) {
    b.rows.push_back({"run", "r" + std::to_string(i), i == 6,
                      R"({"state":")" + std::string(i % 2 == 0 ? "failed" : "held") + R"(","workflow":")" +
                          (i < 4 ? "it's" : "w") + R"(","created_at":"2026-11-2)" + std::to_string(i) +
                          R"(T00:00:00Z"})"});
  }
  b.rows.push_back({"run", "r7", false, "{half a row"});
  ASSERT_TRUE((*store)->commit(b));
  auto history = SqliteHistory::open(file_);
  using Ids = std::vector<std::string>;
  using Texts = std::map<std::string, std::vector<std::string>>;
  const auto page = [&](Texts texts, const std::string& since = {}, const std::string& before = {},
                        std::uint32_t limit = 2) {
    return *(*history)->page(
        {.table = "run", .limit = limit, .before = before, .texts = std::move(texts), .since = since});
  };
  EXPECT_EQ(ids(page({{"state", {"failed"}}})), (Ids{"r6", "r4"}));
  EXPECT_EQ(page({{"state", {"failed"}}}).more, 1U) << "what is asked for is what is counted";
  EXPECT_EQ(ids(page({{"state", {"failed"}}}, "", "r4")), (Ids{"r2"}));
  EXPECT_EQ(ids(page({{"state", {"failed", "held"}}}, "", "", 9)), (Ids{"r6", "r5", "r4", "r3", "r2", "r1"}));
  EXPECT_EQ(ids(page({{"state", {"held"}}, {"workflow", {"it's"}}})), (Ids{"r3", "r1"}));
  EXPECT_EQ(ids(page({{"workflow", {"it's"}}}, "2026-11-22T00:00:00Z", "r6")), (Ids{"r3", "r2"}));
  EXPECT_EQ(ids(page({}, "2026-11-25T00:00:00.000000Z", "", 9)), (Ids{"r6", "r5"}));
  EXPECT_EQ(ids(*(*history)->page({.table = "run", .only_open = true, .before = {}, .texts = {{"state", {"failed"}}}})),
            (Ids{"r6"}));
  EXPECT_TRUE(page({{"state", {"' OR 1=1 --"}}}).rows.empty());
  for (const char* key : {"a') OR ('1", "", "State"}) {
    const auto refused = (*history)->page({.table = "run", .before = {}, .texts = {{key, {"x"}}}});
    EXPECT_FALSE(refused) << key;
  }
}

TEST_F(StoreTest, PagesFromTheNewestOnUntilNothingIsLeft) {
  auto store = SqliteStore::open(file_);
  ASSERT_TRUE((*store)->load());
  Batch b;
  for (int i = 1; i <= 7; ++i) b.rows.push_back({"run", "r" + std::to_string(i), i % 2 == 0, "{}"});
  ASSERT_TRUE((*store)->commit(b));
  b.rows = {{"run", "r1", true, "{}"}};  // a change does not make it newer
  ASSERT_TRUE((*store)->commit(b));
  auto history = SqliteHistory::open(file_);
  const auto page = [&](bool open, std::uint32_t limit, const std::string& before) {
    return (*history)->page({.table = "run", .only_open = open, .limit = limit, .before = before});
  };
  using Ids = std::vector<std::string>;
  EXPECT_EQ(ids(*page(false, 3, "")), (Ids{"r7", "r6", "r5"}));
  EXPECT_EQ(page(false, 3, "")->more, 4U);
  EXPECT_EQ(ids(*page(false, 3, "r5")), (Ids{"r4", "r3", "r2"}));
  EXPECT_EQ(page(false, 3, "r5")->more, 1U);
  EXPECT_EQ(ids(*page(false, 3, "r2")), (Ids{"r1"}));
  EXPECT_EQ(page(false, 3, "r2")->more, 0U);
  EXPECT_TRUE(page(false, 3, "r1")->rows.empty());
  EXPECT_EQ(page(false, 7, "")->more, 0U);
  EXPECT_EQ(ids(*page(true, 2, "")), (Ids{"r6", "r4"}));
  EXPECT_EQ(page(true, 2, "")->more, 2U);
  EXPECT_EQ(ids(*page(true, 2, "r5")), (Ids{"r4", "r2"}));
  EXPECT_EQ(page(true, 2, "r5")->more, 1U);
  EXPECT_EQ(page(false, 3, "r9").error().code, Errc::not_found);
}

TEST_F(StoreTest, APageAndItsCountHaveLimits) {
  auto store = SqliteStore::open(file_);
  ASSERT_TRUE((*store)->load());
  Batch b;
  const std::uint64_t count = page_rows_max + page_more_max + 5;
  for (std::uint64_t i = 0; i < count; ++i) b.rows.push_back({"finding", std::to_string(i), false, "{}"});
  ASSERT_TRUE((*store)->commit(b));
  auto history = SqliteHistory::open(file_);
  const auto page = (*history)->page({.table = "finding", .only_open = false, .limit = 5000, .before = {}});
  EXPECT_EQ(page->rows.size(), page_rows_max);
  EXPECT_EQ(page->more, page_more_max);
}

TEST_F(StoreTest, RefusesEntriesThatDoNotContinue) {
  auto store = SqliteStore::open(file_);
  ASSERT_TRUE((*store)->load());
  EXPECT_EQ((*store)->commit(batch(5, 1)).error().code, Errc::corrupt);
  EXPECT_TRUE((*store)->commit(batch(0, 1)));
}

TEST_F(StoreTest, AFullDiskLosesNothingAndTheSameBatchGoesInLater) {
  Batch b = batch(0, 1);
  b.blobs = {{{"b", 300000}, "s", std::string(300000, 'r'), false}};
  for (std::size_t i = 0; i < b.blobs[0].bytes.size(); ++i)
    b.blobs[0].bytes[i] = static_cast<char>(i * i * 2654435761U >> 11U);
  auto limited = SqliteStore::open(file_, 30);
  ASSERT_TRUE((*limited)->load());
  EXPECT_EQ((*limited)->commit(b).error().code, Errc::no_space);
  auto store = SqliteStore::open(file_);
  ASSERT_TRUE((*store)->load());
  EXPECT_TRUE((*store)->commit(b));
}

TEST_F(StoreTest, ALockedDatabaseIsUnavailableNotCorrupt) {
  auto store = SqliteStore::open(file_, 0, 100);
  ASSERT_TRUE((*store)->load());
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  EXPECT_EQ((*store)->commit(batch(0, 1)).error().code, Errc::unavailable);
  ASSERT_EQ(sqlite3_exec(other, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(other);
  EXPECT_TRUE((*store)->commit(batch(0, 1)));
}

TEST_F(StoreTest, RefusesByNameWhatIsNotOursAndLeavesIt) {
  for (const std::string& content :
       {std::string("this is no database, only text that somebody kept here"), std::string(4096, '\1')}) {
    std::ofstream(file_, std::ios::binary) << content;
    const auto store = SqliteStore::open(file_);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error().code, Errc::corrupt);
    EXPECT_NE(store.error().message.find(file_), std::string::npos);
    EXPECT_EQ(bytes(), content);
    fs::remove(file_);
  }
  sqlite3* foreign = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &foreign), SQLITE_OK);
  sqlite3_exec(foreign, "CREATE TABLE theirs(x)", nullptr, nullptr, nullptr);
  sqlite3_close(foreign);
  const std::string before = bytes();
  const auto store = SqliteStore::open(file_);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("another program"), std::string::npos) << store.error().message;
  EXPECT_EQ(bytes(), before);
}

TEST_F(StoreTest, StateFolderIsForOneDaemon) {
  const std::string path = (dir_ / "state").string();
  auto first = StateFolder::open(path);
  ASSERT_TRUE(first) << first.error().message;
  const auto second = StateFolder::open(path);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find("in use by process " + std::to_string(getpid())), std::string::npos);
  EXPECT_EQ(first->secret("k", false).error().code, Errc::not_found);
  const auto secret = first->secret("k", true);
  ASSERT_TRUE(secret);
  EXPECT_EQ(*first->secret("k", false), *secret);
  ASSERT_EQ(chmod((path + "/k").c_str(), 0644), 0);
  EXPECT_EQ(first->secret("k", false).error().code, Errc::denied);
  EXPECT_TRUE(first->restore());
  EXPECT_GE(fs::file_size(path + "/reserve"), 16U << 20U);
  first->release();
  EXPECT_FALSE(fs::exists(path + "/reserve"));
}

}  // namespace
}  // namespace aright::store
