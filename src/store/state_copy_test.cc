// A state folder copied while it is written to: the database of one moment, and every file that is of use.
#include "store/state_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "store/file_check.h"
#include "store/file_io.h"
#include "store/spool.h"
#include "store/sqlite.h"

namespace aright::store {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class StateCopy : public testing::Test {
 protected:
  StateCopy() {
    std::string name = (fs::temp_directory_path() / "aright-copy-XXXXXX").string();
    dir = mkdtemp(name.data());
    from = (dir / "from").string();
    to = (dir / "to").string();
    fs::create_directory(from);
    fs::create_directory(to);
  }
  ~StateCopy() override { fs::remove_all(dir); }

  void write(const std::string& name, const std::string& text) const {
    fs::create_directories(fs::path(from + "/" + name).parent_path());
    std::ofstream(from + "/" + name) << text;
  }
  std::string copied(const std::string& name) const {
    std::ifstream in(to + "/" + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  fs::path dir;
  std::string from, to;
};

TEST_F(StateCopy, WhatIsOfUseToANewDaemonAndNothingElse) {
  for (const char* name :
       {"aright.db", "aright.db-wal", "aright.sock", "pid", "reserve", "running", "signing.key.new", "snapshots/new"})
    write(name, "x");
  write("signing.key", "secret");
  write("webhooks/hook/spool/1", "one");
  const auto names = copy_state_files(from, to);
  ASSERT_TRUE(names) << names.error().message;
  EXPECT_THAT(*names, ElementsAre("signing.key", "webhooks/hook/spool/1"));
  EXPECT_EQ(copied("signing.key"), "secret");
  EXPECT_EQ(fs::status(to + "/signing.key").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(fs::status(to + "/webhooks/hook").permissions(), fs::perms::owner_all);
  write("signing.key", "s");  // once more, and shorter
  ASSERT_TRUE(copy_state_files(from, to));
  EXPECT_EQ(copied("signing.key"), "s");
}

/// What a link leads to may be a part of the state that nobody would find in the copy.
TEST_F(StateCopy, ALinkIsNamedAndNothingIsCopied) {
  write("signing.key", "secret");
  fs::create_symlink("/etc/passwd", from + "/link");
  const auto names = copy_state_files(from, to);
  ASSERT_FALSE(names);
  EXPECT_EQ(names.error().message, from + "/link: is no regular file");
  EXPECT_FALSE(fs::exists(to + "/signing.key"));
}

/// A daemon takes older snapshots away, and a spool what has been worked up, whoever copies at the time.
TEST_F(StateCopy, AFileThatGoesWhileItCopiesIsPassedOver) {
  write("signing.key", "secret");
  constexpr int files = 40;
  const auto name = [](int n) { return "snapshots/" + std::to_string(n) + ".change"; };
  std::atomic<bool> over{false};
  std::atomic<int> rounds{0};
  std::thread rotating([&] {
    while (!over) {
      for (int n = 0; n < files; ++n) write(name(n), "x");
      for (int n = 0; n < files; ++n) fs::remove(from + "/" + name(n));
      ++rounds;
    }
  });
  while (rounds == 0) std::this_thread::yield();
  std::string refused;
  for (int copies = 0; refused.empty() && (copies < 30 || rounds < 30); ++copies) {
    const auto names = copy_state_files(from, to);
    if (!names) refused = names.error().message;
    if (names && names->front() != "signing.key") refused = "the key was left out";
  }
  over = true;
  rotating.join();
  EXPECT_EQ(refused, "");
}

TEST_F(StateCopy, TheDatabaseIsOfOneMomentWhateverIsWritten) {
  const std::string file = from + "/aright.db";
  ASSERT_TRUE(make_private(file));
  auto writer = Database::open(file, Database::Access::read_write);
  ASSERT_TRUE(writer);
  ASSERT_TRUE(writer->execute("PRAGMA journal_mode=WAL; CREATE TABLE a(n INTEGER); CREATE TABLE b(n INTEGER)"));
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> commits{0};
  std::thread busy([&] {
    while (!over) {
      ASSERT_TRUE(writer->execute("BEGIN; INSERT INTO a VALUES(1); INSERT INTO b VALUES(1); COMMIT"));
      ++commits;
    }
  });
  for (int n = 0; n < 10; ++n) {
    const std::uint64_t before = commits.load();
    while (commits.load() < before + 3) std::this_thread::yield();
    const std::string copy = to + "/" + std::to_string(n);
    const auto done = copy_database(file, copy, true);
    ASSERT_TRUE(done) << done.error().message;
    ASSERT_TRUE(check_files(copy));
    auto read = Database::open(copy, Database::Access::still);
    ASSERT_TRUE(read);
    const auto in_a = read->number("SELECT count(*) FROM a");
    ASSERT_TRUE(in_a);
    EXPECT_GE(*in_a, before);
    EXPECT_EQ(read->number("SELECT count(*) FROM b").value_or(0), *in_a);
  }
  over = true;
  busy.join();
}

TEST_F(StateCopy, AGapInASpoolIsSeen) {
  const std::string spool = from + "/hook/spool";
  fs::create_directories(from + "/hook");
  {
    auto made = Spool::open(spool, {.segment_bytes = 64});
    ASSERT_TRUE(made);
    for (int n = 0; n < 9; ++n) ASSERT_TRUE((*made)->append("a record that fills a segment of its own, nearly"));
  }
  EXPECT_TRUE(check_spools(from));
  EXPECT_TRUE(check_spools(to + "/none"));
  std::vector<fs::path> segments;
  for (const auto& entry : fs::directory_iterator(spool)) segments.push_back(entry.path());
  std::ranges::sort(segments);
  ASSERT_GT(segments.size(), 3U);
  fs::remove(segments[1]);
  const auto gap = check_spools(from);
  ASSERT_FALSE(gap);
  EXPECT_EQ(gap.error().code, Errc::corrupt);
}

TEST_F(StateCopy, ANewFileIsNew) {
  ASSERT_TRUE(write_new_file(to + "/mark", "text"));
  EXPECT_EQ(copied("mark"), "text");
  EXPECT_FALSE(write_new_file(to + "/mark", "other"));
  EXPECT_EQ(copied("mark"), "text");
}

TEST_F(StateCopy, OfANewFileThatCannotBeWrittenWholeNothingStays) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tight{10, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tight), 0);
  const auto written = write_new_file(to + "/mark", "more than ten bytes");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, Errc::no_space);
  EXPECT_FALSE(fs::exists(to + "/mark"));
}

}  // namespace
}  // namespace aright::store
