#include "store/wal_vfs.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

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
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::no_space);
  EXPECT_EQ(failed.error().retry, Retry::yes);
  EXPECT_NE(failed.error().message.find("file too large"), std::string::npos) << failed.error().message;
  ASSERT_TRUE(writer.execute("INSERT INTO t VALUES(3, randomblob(30000))"));
  Database reader = open(Database::Access::read_only);
  EXPECT_EQ(*reader.number("SELECT count(*) FROM t"), 2U);
  EXPECT_EQ(*reader.number("SELECT count(*) FROM t WHERE n=2"), 0U);
}

/// Stands for pwrite(2) of SQLite's own file access: `write_fails_with` unless 0.
int write_fails_with = 0;
ssize_t write_or_fail(int fd, const void* bytes, std::size_t count, off_t offset) {
  if (write_fails_with == 0) return pwrite(fd, bytes, count, offset);
  errno = write_fails_with;
  return -1;
}

class WalVfsFailing : public WalVfs {
 protected:
  void SetUp() override {
    WalVfs::SetUp();
    set(reinterpret_cast<sqlite3_syscall_ptr>(write_or_fail));
  }
  void TearDown() override {
    write_fails_with = 0;
    set(nullptr);
    WalVfs::TearDown();
  }
  static void set(sqlite3_syscall_ptr call) {
    sqlite3_vfs* vfs = sqlite3_vfs_find("unix");
    ASSERT_NE(vfs, nullptr);
    for (const char* name : {"pwrite", "pwrite64"}) vfs->xSetSystemCall(vfs, name, call);
  }
  static void expect_full(const Result<Done>& said, const std::string& why) {
    ASSERT_FALSE(said);
    EXPECT_EQ(said.error().code, Errc::no_space) << said.error().message;
    EXPECT_EQ(said.error().retry, Retry::yes);
    EXPECT_NE(said.error().message.find(why), std::string::npos) << said.error().message;
  }
};

TEST_F(WalVfsFailing, WhateverLeavesNoRoomIsAFullDiskByItsOwnName) {
  Database writer = with_table();
  for (const auto& [err, why] : {std::pair{ENOSPC, "the disk is full"}, std::pair{EDQUOT, "quota exceeded"},
                                 std::pair{EFBIG, "file too large"}}) {
    write_fails_with = err;
    for (int i = 0; i < 2; ++i) expect_full(writer.execute("INSERT INTO t(bytes) VALUES(randomblob(3000))"), why);
    // Beyond the cache, so that pages go out inside the transaction.
    expect_full(writer.execute("INSERT INTO t(bytes) VALUES(randomblob(20000000))"), why);
    write_fails_with = 0;
    ASSERT_TRUE(writer.execute("INSERT INTO t(bytes) VALUES(randomblob(3000))"));
    write_fails_with = err;  // into the database itself
    EXPECT_NE(sqlite3_wal_checkpoint_v2(writer.raw(), nullptr, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr), SQLITE_OK);
    expect_full(std::unexpected(sqlite_error(writer.raw(), file_)), why);
    write_fails_with = 0;
  }
  write_fails_with = EIO;
  EXPECT_EQ(writer.execute("INSERT INTO t(bytes) VALUES(x'00')").error().code, Errc::corrupt);
  write_fails_with = 0;
  ASSERT_TRUE(writer.execute("INSERT INTO t(bytes) VALUES(x'00')"));
  EXPECT_EQ(*writer.number("SELECT count(*) FROM t"), 4U);
}

TEST_F(WalVfsFailing, SoIsNoRoomForTheIndexOfTheLogAndForANewDatabase) {
  for (const auto& [err, why] : {std::pair{EDQUOT, "quota exceeded"}, std::pair{EFBIG, "file too large"}}) {
    write_fails_with = err;
    Database fresh = open();
    expect_full(fresh.execute("PRAGMA user_version=7"), why);
    write_fails_with = 0;
    {
      Database writer = with_table();
    }
    write_fails_with = err;
    Database again = open();
    expect_full(again.execute("INSERT INTO t VALUES(1, x'00')"), why);
    write_fails_with = 0;
    std::filesystem::remove(file_);
  }
}

}  // namespace
}  // namespace aright::store
