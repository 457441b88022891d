// Every way in which the files of a database can be wrong, on real files: refused by name or harmless, never silent.
#include "store/file_check.h"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/digest.h"
#include "store/sqlite_history.h"
#include "store/sqlite_store.h"
#include "store/state_folder.h"

namespace aright::store {
namespace {

namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

class FileCheck : public testing::Test {
 protected:
  FileCheck() {
    std::string name = (fs::temp_directory_path() / "aright-files-XXXXXX").string();
    dir_ = mkdtemp(name.data());
    file_ = (dir_ / "aright.db").string();
  }
  ~FileCheck() override { fs::remove_all(dir_); }

  static Batch batch(std::uint64_t first) {
    Batch b;
    for (std::uint64_t i = 0; i < 3; ++i) {
      b.entries.push_back({first + i, 7, "entry " + std::to_string(first + i)});
      b.leaves.push_back(sha256(b.entries.back().bytes));
    }
    b.tree = {first + 3, {sha256("edge " + std::to_string(first))}};
    b.rows = {{"run", std::to_string(first), true, "{\"first\":" + std::to_string(first) + "}"}};
    b.context = "{}";
    return b;
  }

  /// Commits `count` batches and leaves the files as a kill would: the log is not folded into the database.
  void leave_with_log(std::uint64_t count, std::uint64_t first = 0) {
    const fs::path away = dir_ / "away";
    fs::create_directory(away);
    {
      auto store = SqliteStore::open(file_);
      ASSERT_TRUE(store) << store.error().message;
      ASSERT_TRUE((*store)->load());
      for (std::uint64_t i = 0; i < count; ++i) ASSERT_TRUE((*store)->commit(batch(first + 3 * i)));
      fs::copy(file_, away);
      fs::copy(file_ + "-wal", away);
    }
    for (const char* end : {"", "-wal", "-shm"}) fs::remove(file_ + end);
    fs::copy(away, dir_);
    fs::remove_all(away);
  }

  /// What a reader sees of everything, or why it is refused.
  Result<std::string> seen() const {
    auto store = SqliteStore::open(file_);
    if (!store) return std::unexpected(store.error());
    auto loaded = (*store)->load();
    if (!loaded) return std::unexpected(loaded.error());
    auto history = SqliteHistory::open(file_);
    if (!history) return std::unexpected(history.error());
    auto damage = (*history)->integrity();
    if (!damage) return std::unexpected(damage.error());
    if (!damage->empty()) return fail(Errc::corrupt, damage->front());
    std::string text = loaded->context + std::to_string(loaded->tree.size) + edge_bytes(loaded->tree);
    auto entries = (*history)->entries(0, 1000);
    if (!entries) return std::unexpected(entries.error());
    for (const Entry& e : *entries) text += std::to_string(e.seq) + " " + std::to_string(e.run) + " " + e.bytes + "\n";
    auto rows = (*history)->all_rows("run");
    if (!rows) return std::unexpected(rows.error());
    for (const Row& r : *rows) text += r.id + (r.open ? " open " : " ") + r.doc + "\n";
    return text;
  }

  void refused(const std::string& part) const {
    const auto store = SqliteStore::open(file_);
    ASSERT_FALSE(store) << part;
    EXPECT_NE(store.error().message.find(part), std::string::npos) << store.error().message;
    EXPECT_NE(store.error().message.find(dir_.string()), std::string::npos) << store.error().message;
  }

  fs::path dir_;
  std::string file_;
};

TEST_F(FileCheck, ALogOfAKilledProcessIsReadToItsEnd) {
  leave_with_log(4);
  ASSERT_TRUE(check_files(file_)) << check_files(file_).error().message;
  EXPECT_NE(seen()->find("11 7 entry 11"), std::string::npos);
}

TEST_F(FileCheck, ALogThatIsTakenUpIsBegunAnewSoThatWhatIsLeftInItIsNoDamageAtTheNextCut) {
  constexpr std::size_t salts_at = 16;
  constexpr std::size_t salts_bytes = 8;
  leave_with_log(2);
  const std::string before = read(file_ + "-wal");
  const auto store = SqliteStore::open(file_);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->load());
  ASSERT_TRUE((*store)->commit(batch(6)));
  const std::string after = read(file_ + "-wal");
  ASSERT_LE(after.size(), before.size()) << "written over, not behind it";
  EXPECT_NE(after.substr(salts_at, salts_bytes), before.substr(salts_at, salts_bytes));
}

TEST_F(FileCheck, ATransactionCutShortByAKillIsNoDamage) {
  leave_with_log(4);
  const std::string whole = read(file_ + "-wal");
  for (std::size_t cut = 1; cut < 9000; cut += 611) {
    write(file_ + "-wal", whole.substr(0, whole.size() - cut));
    EXPECT_TRUE(check_files(file_)) << cut;
  }
  write(file_ + "-wal", std::string(whole.size(), '\0'));  // space that was never written
  EXPECT_TRUE(check_files(file_));
}

TEST_F(FileCheck, ALogWithoutItsDatabaseIsRefused) {
  leave_with_log(2);
  const std::string log = read(file_ + "-wal");
  fs::resize_file(file_, 0);
  refused("is missing or empty");
  fs::remove(file_);
  refused("is missing or empty");
  EXPECT_EQ(read(file_ + "-wal"), log);  // SQLite would have deleted it
  EXPECT_FALSE(fs::exists(file_));
}

TEST_F(FileCheck, LinksAndOtherKindsAreRefused) {
  leave_with_log(1);
  const std::string before = read(file_);
  fs::rename(file_, dir_ / "elsewhere");
  fs::create_symlink(dir_ / "elsewhere", file_);
  refused("is a link");
  fs::remove(file_);
  fs::create_hard_link(dir_ / "elsewhere", file_);
  refused("second name");
  fs::remove(file_);
  ASSERT_EQ(mkfifo(file_.c_str(), 0600), 0);
  refused("no regular file");
  EXPECT_EQ(read(dir_ / "elsewhere"), before);
}

TEST_F(FileCheck, AHeaderThatWouldHideTheLogIsRefused) {
  leave_with_log(2);
  std::string bytes = read(file_);
  bytes[18] = bytes[19] = '\1';
  write(file_, bytes);
  refused("header is damaged");
}

TEST_F(FileCheck, AFirstPageThatAPowerCutToreIsBegunAnew) {
  write(file_, std::string(3584, '\0'));
  EXPECT_FALSE(check_files(file_)) << "nothing says that it was empty before";
  std::string journal("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8);
  journal += std::string("\0\0\0\0nonc\0\0\0\0\0\0\x02\0\0\0\x10\0", 20);  // no page, sectors, pages
  journal.resize(512);
  journal[19] = 1;
  write(file_ + "-journal", journal);
  EXPECT_FALSE(check_files(file_)) << "it had a page";
  journal[19] = 0;
  write(file_ + "-journal", journal);
  const auto store = SqliteStore::open(file_);
  ASSERT_TRUE(store) << store.error().message;
  ASSERT_TRUE((*store)->load());
  EXPECT_TRUE((*store)->commit(batch(0)));
  EXPECT_FALSE(fs::exists(file_ + "-journal"));
}

TEST_F(FileCheck, ATruncatedDatabaseIsRefused) {
  {
    auto store = SqliteStore::open(file_);
    ASSERT_TRUE((*store)->load());
    for (std::uint64_t i = 0; i < 200; ++i) ASSERT_TRUE((*store)->commit(batch(3 * i)));
  }
  const std::string whole = read(file_);
  for (const std::size_t left : {whole.size() / 2, std::size_t{4096}, std::size_t{50}}) {
    write(file_, whole.substr(0, left));
    const auto now = seen();
    ASSERT_FALSE(now) << left;
    EXPECT_EQ(now.error().code, Errc::corrupt);
    EXPECT_EQ(read(file_).size(), left);
  }
}

TEST_F(FileCheck, ANewerSchemaIsRefusedAndNotChanged) {
  {
    ASSERT_TRUE(SqliteStore::open(file_));
  }
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &raw), SQLITE_OK);
  sqlite3_exec(raw, "PRAGMA user_version=99", nullptr, nullptr, nullptr);
  sqlite3_close(raw);
  const std::string before = read(file_);
  refused("newer version");
  EXPECT_EQ(read(file_), before);
  EXPECT_FALSE(SqliteHistory::open(file_));
}

TEST_F(FileCheck, AChangedTableIsRefused) {
  {
    ASSERT_TRUE(SqliteStore::open(file_));
  }
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(file_.c_str(), &raw), SQLITE_OK);
  sqlite3_exec(raw, "DROP INDEX run_open", nullptr, nullptr, nullptr);
  sqlite3_close(raw);
  refused("not the ones this version makes");
}

TEST_F(FileCheck, AFlippedByteInTheLogIsRefusedOrTakesBackTheLastTransactionAsAWhole) {
  leave_with_log(12);
  const std::string database = read(file_);
  const std::string log = read(file_ + "-wal");
  const std::string whole = *seen();
  write(file_, database);
  // All states the log went through, by cutting it after each transaction.
  std::vector<std::string> ends;
  for (std::size_t size = 32; size <= log.size(); size += 24 + 4096) {
    write(file_, database);
    write(file_ + "-wal", log.substr(0, size));
    const auto state = seen();
    if (state && (ends.empty() || ends.back() != *state)) ends.push_back(*state);
  }
  ASSERT_GT(ends.size(), 3U);
  ASSERT_EQ(ends.back(), whole);
  std::mt19937 chance(5);
  std::size_t refusals = 0;
  for (int i = 0; i < 250; ++i) {
    const std::size_t at = chance() % log.size();
    std::string flipped = log;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (chance() % 8)));
    write(file_, database);
    write(file_ + "-wal", flipped);
    const auto now = seen();
    refusals += now ? 0U : 1U;
    if (!now || *now == whole) continue;
    EXPECT_EQ(*now, ends[ends.size() - 2]) << "byte " << at << " of " << log.size();
  }
  EXPECT_GT(refusals, 200U);
}

TEST_F(FileCheck, TheDatabaseIsForItsOwnerOnly) {
  write(file_, "");
  ASSERT_EQ(chmod(file_.c_str(), 0644), 0);
  leave_with_log(1);
  auto store = SqliteStore::open(file_);
  ASSERT_TRUE(store);
  for (const char* end : {"", "-wal", "-shm"}) {
    struct stat info{};
    ASSERT_EQ(stat((file_ + end).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U) << end;
  }
}

}  // namespace
}  // namespace aright::store
