// Faults of the disk and of other processes, made at the system calls themselves.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/digest.h"
#include "store/sqlite_history.h"
#include "store/sqlite_store.h"
#include "store/state_folder.h"

namespace {
std::atomic<int> syncs_left{-1};      // -1: all work; else the sync after so many fails, once
std::atomic<bool> sync_kills{false};  // instead: the process is gone there

int sync_or_fail(long call, int fd) {
  int left = syncs_left.load();
  if (left >= 0 && syncs_left.fetch_sub(1) == 0) {
    if (sync_kills) kill(getpid(), SIGKILL);
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(call, fd));
}
}  // namespace

// Stand before the C library's for everything in this program, SQLite's calls included.
extern "C" int fsync(int fd) { return sync_or_fail(SYS_fsync, fd); }
extern "C" int fdatasync(int fd) { return sync_or_fail(SYS_fdatasync, fd); }

namespace aright::store {
namespace {

namespace fs = std::filesystem;

class StoreFault : public testing::Test {
 protected:
  StoreFault() {
    std::string name = (fs::temp_directory_path() / "aright-fault-XXXXXX").string();
    dir_ = mkdtemp(name.data());
    file_ = (dir_ / "aright.db").string();
  }
  ~StoreFault() override {
    syncs_left = -1;
    umount2(dir_.c_str(), MNT_DETACH);  // where a test mounted and failed
    fs::remove_all(dir_);
  }
  static Batch batch(std::uint64_t first, std::size_t bytes = 100) {
    Batch b;
    b.entries.push_back({first, 7, std::string(bytes, static_cast<char>('a' + first % 26))});
    b.leaves.push_back(sha256(b.entries.back().bytes));
    b.tree = {first + 1, {sha256(std::to_string(first))}};
    b.context = "{\"n\":" + std::to_string(first) + "}";
    return b;
  }
  std::unique_ptr<SqliteStore> opened(std::uint64_t pages_max = 0, std::uint32_t wait_ms = 100) const {
    auto store = SqliteStore::open(file_, pages_max, wait_ms);
    if (!store || !(*store)->load()) return nullptr;
    return std::move(*store);
  }
  fs::path dir_;
  std::string file_;
};

TEST_F(StoreFault, AFailedSyncIsFinalAndNothingIsLostOrHalf) {
  for (int n = 0; n < 3; ++n) {
    std::uint64_t before = 0;
    {
      auto store = opened();
      ASSERT_TRUE(store);
      before = store->load()->tree.size;
      ASSERT_TRUE(store->commit(batch(before)));
      syncs_left = n;
      Result<Done> said = Done{};
      std::uint64_t next = before + 1;
      while (said && next < before + 10) said = store->commit(batch(next++));
      syncs_left = -1;
      ASSERT_FALSE(said);
      EXPECT_EQ(said.error().code, Errc::corrupt);
      EXPECT_NE(said.error().message.find("could not be synced"), std::string::npos) << said.error().message;
      // The disk works again, but what it holds is not known: no commit goes through this handle any more.
      EXPECT_EQ(store->commit(batch(next - 1)).error().code, Errc::corrupt);
      before = next - 1;
    }
    auto store = opened();
    ASSERT_TRUE(store);
    const auto loaded = store->load();
    ASSERT_TRUE(loaded);
    EXPECT_GE(loaded->tree.size, before);  // what was acknowledged
    EXPECT_LE(loaded->tree.size, before + 1);
    EXPECT_TRUE(store->commit(batch(loaded->tree.size)));
  }
}

TEST_F(StoreFault, AFailedSyncAtACheckpointStopsTheNextCommit) {
  auto store = opened();
  ASSERT_TRUE(store);
  Result<Done> said = Done{};
  std::uint64_t next = 0;
  for (; said && next < 40; ++next) {
    if (next == 5) syncs_left = 0 + 1;  // the commit's own sync works, the checkpoint's does not
    said = store->commit(batch(next, next == 5 ? 5'000'000 : 100));
    ASSERT_TRUE(said || next != 5) << said.error().message;
  }
  ASSERT_FALSE(said);
  EXPECT_EQ(next, 7U);
  EXPECT_NE(said.error().message.find("could not be synced"), std::string::npos) << said.error().message;
  store.reset();
  syncs_left = -1;
  EXPECT_EQ(opened()->load()->tree.size, 6U);
}

TEST_F(StoreFault, AFullDatabaseTakesNothingAndGoesOnWhenThereIsRoom) {
  auto store = opened(60);
  ASSERT_TRUE(store);
  std::uint64_t next = 0;
  Result<Done> said = Done{};
  while ((said = store->commit(batch(next, 4000)))) ++next;
  ASSERT_EQ(said.error().code, Errc::no_space);
  EXPECT_EQ(said.error().retry, Retry::yes);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(store->commit(batch(next, 4000)).error().code, Errc::no_space);
  store.reset();
  store = opened();
  EXPECT_EQ(store->load()->tree.size, next);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(store->commit(batch(next++, 4000)));
}

TEST_F(StoreFault, ARealFullDiskTakesNothingAndTheSameStoreGoesOn) {
  if (mount("none", dir_.c_str(), "tmpfs", 0, "size=2m") != 0) {
    ASSERT_EQ(std::getenv("ARIGHT_MUST_MOUNT"), nullptr) << "may not mount";
    GTEST_SKIP() << "skipped: may not mount";
  }
  {
    auto store = opened();
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->commit(batch(0)));
    std::ofstream filler(dir_ / "filler");
    while (filler.write(std::string(4096, 'x').data(), 4096)) {
    }
    filler.close();
    std::uint64_t next = 1;
    Result<Done> said = Done{};
    while ((said = store->commit(batch(next, 9000)))) ++next;
    EXPECT_EQ(said.error().code, Errc::no_space);
    EXPECT_NE(said.error().message.find("the disk is full"), std::string::npos);
    EXPECT_EQ(store->commit(batch(next, 9000)).error().code, Errc::no_space);
    fs::remove(dir_ / "filler");
    for (int i = 0; i < 30; ++i) ASSERT_TRUE(store->commit(batch(next++, 9000)));
    auto history = SqliteHistory::open(file_);
    EXPECT_TRUE((*history)->integrity()->empty());
    EXPECT_EQ((*history)->entries(0, 1000)->size(), next);
  }
  EXPECT_EQ(umount(dir_.c_str()), 0);
}

TEST_F(StoreFault, ALockByAnotherProcessIsWaitedForThenUnavailableThenGone) {
  auto store = opened(0, 5000);
  ASSERT_TRUE(store->commit(batch(0)));
  std::array<int, 2> locked{};
  std::array<int, 2> release{};
  ASSERT_EQ(pipe(locked.data()), 0);
  ASSERT_EQ(pipe(release.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    char byte = 0;
    sqlite3* other = nullptr;
    if (sqlite3_open(file_.c_str(), &other) != SQLITE_OK ||
        sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) != SQLITE_OK) {
      _exit(1);
    }
    if (::write(locked[1], "x", 1) != 1 || ::read(release[0], &byte, 1) != 1) _exit(2);
    _exit(0);  // dies with the lock
  }
  char byte = 0;
  ASSERT_EQ(::read(locked[0], &byte, 1), 1);
  {
    auto impatient = SqliteStore::open(file_, 0, 50);  // another connection of this process sees the same lock
    ASSERT_TRUE(impatient) << impatient.error().message;
    ASSERT_TRUE((*impatient)->load());
    const auto said = (*impatient)->commit(batch(1));
    ASSERT_FALSE(said);
    EXPECT_EQ(said.error().code, Errc::unavailable);
    EXPECT_EQ(said.error().retry, Retry::yes);
  }
  std::thread helper([&] { ASSERT_EQ(::write(release[1], "x", 1), 1); });
  EXPECT_TRUE(store->commit(batch(1)));  // waits for the lock to go
  helper.join();
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  for (const int fd : {locked[0], locked[1], release[0], release[1]}) close(fd);
}

TEST_F(StoreFault, ARemovedOrReplacedDatabaseIsNoticedAtTheNextCommit) {
  for (const bool replaced : {false, true}) {
    auto store = opened();
    ASSERT_TRUE(store);
    const std::uint64_t size = store->load()->tree.size;
    ASSERT_TRUE(store->commit(batch(size)));
    fs::rename(file_, dir_ / "moved");
    if (replaced) fs::copy(dir_ / "moved", file_);
    const auto said = store->commit(batch(size + 1));
    ASSERT_FALSE(said);
    EXPECT_EQ(said.error().code, Errc::corrupt);
    EXPECT_NE(said.error().message.find("removed or replaced"), std::string::npos);
    store.reset();
    for (const auto& entry : fs::directory_iterator(dir_)) fs::remove(entry);
  }
}

/// Under a sanitizer a longer one takes longer than a commit waits for it.
#if defined(__has_feature)
constexpr std::uint32_t entries_of_a_read =
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ? 5 : 50;
#else
constexpr std::uint32_t entries_of_a_read = 50;
#endif

TEST_F(StoreFault, ReadersDoNotMakeTheLogGrowForEver) {
  auto store = opened();
  auto history = SqliteHistory::open(file_);
  ASSERT_TRUE(history);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> reads{0};
  std::thread reader([&] {
    while (!stop) {
      if ((*history)->entries(0, entries_of_a_read) && (*history)->all_rows("run")) ++reads;
    }
  });
  std::uintmax_t largest = 0;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ASSERT_TRUE(store->commit(batch(i, 60'000)));
    largest = std::max(largest, fs::file_size(file_ + "-wal"));
  }
  stop = true;
  reader.join();
  EXPECT_GT(reads, 10U);
  EXPECT_LT(largest, 32U << 20U);  // 70 MiB were written through it
}

TEST_F(StoreFault, AReaderThatStaysSeesOneStateAndTheLogShrinksAfterIt) {
  auto store = opened();
  ASSERT_TRUE(store->commit(batch(0)));
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &reader), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, "BEGIN; SELECT * FROM entry", nullptr, nullptr, nullptr), SQLITE_OK);
  for (std::uint64_t i = 1; i < 400; ++i) ASSERT_TRUE(store->commit(batch(i, 60'000)));  // never blocked by it
  const auto held = fs::file_size(file_ + "-wal");
  sqlite3_exec(reader, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(reader);
  for (std::uint64_t i = 400; i < 800; ++i) ASSERT_TRUE(store->commit(batch(i, 60'000)));
  EXPECT_LT(fs::file_size(file_ + "-wal"), held + (20U << 20U));
  EXPECT_LT(fs::file_size(file_ + "-wal"), 17U << 20U);
}

TEST_F(StoreFault, OfManyDaemonsStartedAtOnceOneWins) {
  const std::string path = (dir_ / "state").string();
  std::array<int, 2> done{};
  ASSERT_EQ(pipe(done.data()), 0);
  constexpr int starts = 200;
  std::vector<pid_t> children;
  for (int i = 0; i < starts; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      auto folder = StateFolder::open(path);
      const char said = folder                                                                  ? 'w'
                        : folder.error().message.find("in use by process") != std::string::npos ? 'r'
                                                                                                : '?';
      if (::write(done[1], &said, 1) != 1) _exit(1);
      pause();  // holds what it has until it is ended
    }
    children.push_back(child);
  }
  int winners = 0;
  int refusals = 0;
  for (int i = 0; i < starts; ++i) {
    char said = 0;
    ASSERT_EQ(::read(done[0], &said, 1), 1);
    winners += said == 'w' ? 1 : 0;
    refusals += said == 'r' ? 1 : 0;
  }
  for (const pid_t child : children) kill(child, SIGKILL);
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  EXPECT_EQ(winners, 1);
  EXPECT_EQ(refusals, starts - 1);
  EXPECT_TRUE(StateFolder::open(path));  // a dead winner leaves the folder free
  close(done[0]);
  close(done[1]);
}

TEST_F(StoreFault, AKillWhileAKeyIsMadeLeavesAWholeKeyOrNone) {
  const std::string path = (dir_ / "state").string();
  for (int n = 0; n < 4; ++n) {
    const pid_t child = fork();
    if (child == 0) {
      auto folder = StateFolder::open(path);
      sync_kills = true;
      syncs_left = n;
      if (folder && !folder->secret("k" + std::to_string(n), true)) _exit(3);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    auto folder = StateFolder::open(path);
    ASSERT_TRUE(folder) << folder.error().message;
    const auto key = folder->secret("k" + std::to_string(n), true);
    ASSERT_TRUE(key) << key.error().message;
    EXPECT_EQ(key->size(), 32U);
  }
  std::ofstream(path + "/half.new") << "0123";  // what a kill leaves
  auto folder = StateFolder::open(path);
  EXPECT_EQ(folder->secret("half", true)->size(), 32U);
}

TEST_F(StoreFault, AStateFolderIsItsOwnersAndNoLink) {
  const fs::path state = dir_ / "state";
  ASSERT_TRUE(StateFolder::open(state.string()));
  fs::create_symlink(state, dir_ / "link");
  EXPECT_NE(StateFolder::open((dir_ / "link").string()).error().message.find("is a link"), std::string::npos);
  for (const unsigned mode : {0770U, 0707U, 0777U}) {
    ASSERT_EQ(chmod(state.c_str(), mode), 0);
    EXPECT_EQ(StateFolder::open(state.string()).error().code, Errc::denied);
  }
  ASSERT_EQ(chmod(state.c_str(), 0750), 0);  // a group may reach the socket
  EXPECT_TRUE(StateFolder::open(state.string()));
  std::ofstream(dir_ / "file") << "x";
  EXPECT_EQ(StateFolder::open((dir_ / "file").string()).error().code, Errc::invalid);
  EXPECT_EQ(StateFolder::open((dir_ / "no" / "parent").string()).error().code, Errc::not_found);
}

TEST_F(StoreFault, AKeyWithoutItsDatabaseIsRefused) {
  const std::string path = (dir_ / "state").string();
  {
    auto folder = StateFolder::open(path);
    {
      ASSERT_TRUE(SqliteStore::open(folder->database()));
    }
    ASSERT_TRUE(folder->secret(StateFolder::signing_key, true));
  }
  {
    ASSERT_TRUE(StateFolder::open(path));
  }
  fs::resize_file(path + "/aright.db", 0);
  EXPECT_EQ(StateFolder::open(path).error().code, Errc::corrupt);
  fs::remove(path + "/aright.db");
  const auto refused = StateFolder::open(path);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(path + "/aright.db: is missing or empty"), std::string::npos);
  EXPECT_FALSE(fs::exists(path + "/aright.db"));
}

}  // namespace
}  // namespace aright::store
