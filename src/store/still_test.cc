// Reading a log that nobody writes: as it lies there, without leaving a trace.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "store/sqlite_history.h"
#include "store/sqlite_store.h"

namespace aright::store {
namespace {

namespace fs = std::filesystem;
using Access = Database::Access;

class Still : public testing::Test {
 protected:
  Still() {
    std::string name = (fs::temp_directory_path() / "aright still %41?x#XXXXXX").string();
    dir_ = mkdtemp(name.data());
    fs::create_directory(dir_ / "copy");
  }
  ~Still() override { fs::remove_all(dir_); }

  /// As after a clean end, or (`cut_off`) as after a crash: the last commits lie in the write-ahead log only.
  std::string log(bool cut_off) {
    const std::string file = dir_ / "aright.db";
    const std::string copy = dir_ / "copy" / "aright.db";
    auto store = SqliteStore::open(file);
    EXPECT_TRUE(store);
    EXPECT_TRUE((*store)->load());
    for (std::uint64_t n = 0; n < 3; ++n) {
      Batch batch;
      batch.entries = {{n, 0, "entry " + std::to_string(n)}};
      batch.leaves = {Digest{}};
      batch.tree = {n + 1, {}};
      batch.context = "{}";
      EXPECT_TRUE((*store)->commit(batch));
    }
    if (!cut_off) store->reset();
    fs::copy(file, copy);
    if (cut_off) fs::copy(file + "-wal", copy + "-wal");
    return copy;
  }
  /// Every file beside the copy, with its content.
  [[nodiscard]] std::map<std::string, std::string> beside() const {
    std::map<std::string, std::string> found;
    for (const auto& at : fs::directory_iterator(dir_ / "copy")) {
      std::ifstream in(at.path(), std::ios::binary);
      found[at.path().filename()] = std::string(std::istreambuf_iterator<char>(in), {});
    }
    return found;
  }
  void reads_all_and_changes_nothing(const std::string& file) const {
    const auto before = beside();
    {
      const auto history = SqliteHistory::open(file, Access::still);
      ASSERT_TRUE(history) << history.error().message;
      ASSERT_TRUE((*history)->stand_still());
      EXPECT_EQ((*history)->entries(0, 10)->size(), 3U);
      EXPECT_TRUE((*history)->integrity()->empty());
      EXPECT_EQ(beside(), before);
    }
    EXPECT_EQ(beside(), before);
  }
  fs::path dir_;
};

TEST_F(Still, AfterACleanEnd) { reads_all_and_changes_nothing(log(false)); }

TEST_F(Still, AfterACrashTheWriteAheadLogCounts) { reads_all_and_changes_nothing(log(true)); }

TEST_F(Still, AnEmptyWriteAheadLogIsNone) {
  const std::string file = log(false);
  std::ofstream(file + "-wal").close();
  reads_all_and_changes_nothing(file);
}

TEST_F(Still, ALinkLeadsToTheLogBesideTheFileItself) {
  const std::string file = log(true);
  fs::create_symlink(file, dir_ / "link.db");
  reads_all_and_changes_nothing(dir_ / "link.db");
}

TEST_F(Still, NothingIsMadeWhereThereIsNothing) {
  const auto missing = SqliteHistory::open(dir_ / "copy" / "none.db", Access::still);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::not_found);
  EXPECT_TRUE(beside().empty());
  const std::string empty = dir_ / "copy" / "empty.db";
  std::ofstream(empty).close();
  const auto refused = SqliteHistory::open(empty, Access::still);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("is empty, no log was begun in it"), std::string::npos);
}

}  // namespace
}  // namespace aright::store
