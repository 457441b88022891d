#include "store/wal_vfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "store/sqlite.h"

namespace aright::store {
namespace {

class WalVfs : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "wal_vfs_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    file_ = name + "/a.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Database open(Database::Access access = Database::Access::read_write) {
    auto database = Database::open(file_, access);
    EXPECT_TRUE(database) << database.error().message;
    return std::move(*database);
  }
  Database with_table() {
    Database database = open();
    EXPECT_TRUE(
        database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
                         "CREATE TABLE t(n INTEGER PRIMARY KEY, bytes BLOB)"));
    return database;
  }
  std::string folder_;
  std::string file_;
};

TEST_F(WalVfs, WhatIsCommittedIsInTheFileForEverybody) {
  Database writer = with_table();
  // Read by SQLite's own file access: what it sees has left this process.
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open_v2(file_.c_str(), &raw, SQLITE_OPEN_READONLY, "unix"), SQLITE_OK);
  const std::unique_ptr<sqlite3, CloseDatabase> reader(raw);
  for (int n = 1; n <= 30; ++n) {
    ASSERT_TRUE(writer.execute("INSERT INTO t VALUES(" + std::to_string(n) + ", randomblob(3000))"));
    int count = 0;
    ASSERT_EQ(sqlite3_exec(
                  raw, "SELECT count(*) FROM t WHERE length(bytes)=3000",
                  [](void* into, int, char** values, char**) {
                    *static_cast<int*>(into) = std::stoi(values[0]);
                    return 0;
                  },
                  &count, nullptr),
              SQLITE_OK);
    EXPECT_EQ(count, n);
  }
}

TEST_F(WalVfs, TransactionsOfEverySizeAndALogThatBeginsAnewStayWhole) {
  Database writer = with_table();
  // Around the largest write that SQLite's own access takes, and beyond the cache, so that pages leave it early.
  ASSERT_TRUE(writer.execute("PRAGMA cache_size=20"));
  std::uint64_t bytes = 0;
  for (const std::uint64_t size :
       std::initializer_list<std::uint64_t>{1000, 60'000, 130'000, 131'072, 140'000, 262'144, 1'000'000, 5'000'000}) {
    for (int round = 0; round < 3; ++round) {
      ASSERT_TRUE(writer.execute("BEGIN; INSERT INTO t(bytes) VALUES(randomblob(" + std::to_string(size) +
                                 ")); INSERT INTO t(bytes) VALUES(randomblob(" + std::to_string(size / 3) +
                                 ")); COMMIT"))
          << size;
      bytes += size + size / 3;
      ASSERT_TRUE(writer.execute("BEGIN; INSERT INTO t(bytes) VALUES(randomblob(200000)); ROLLBACK"));
    }
    ASSERT_TRUE(writer.number("PRAGMA wal_checkpoint(RESTART)"));
    EXPECT_EQ(*writer.number("SELECT sum(length(bytes)) FROM t"), bytes);
  }
  Database reader = open(Database::Access::read_only);
  EXPECT_EQ(*reader.number("SELECT sum(length(bytes)) FROM t"), bytes);
  EXPECT_EQ(*reader.number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check='ok'"), 1U);
}

TEST_F(WalVfs, ACommitThatFindsNoRoomSaysSoAndTheNextOneSucceeds) {
  Database writer = with_table();
  ASSERT_TRUE(writer.execute("INSERT INTO t VALUES(1, x'00')"));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = std::filesystem::file_size(file_ + "-wal") + 5000;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto failed = writer.execute("INSERT INTO t VALUES(2, randomblob(30000))");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_FALSE(failed);
  ASSERT_TRUE(writer.execute("INSERT INTO t VALUES(3, randomblob(30000))"));
  Database reader = open(Database::Access::read_only);
  EXPECT_EQ(*reader.number("SELECT count(*) FROM t"), 2U);
  EXPECT_EQ(*reader.number("SELECT count(*) FROM t WHERE n=2"), 0U);
}

}  // namespace
}  // namespace aright::store
