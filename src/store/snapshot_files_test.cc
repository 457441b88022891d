// Window snapshots as files: what is put is what is loaded, and what is damaged is said.
#include "store/snapshot_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace aright::store {
namespace {

namespace fs = std::filesystem;

class SnapshotFolder : public testing::Test {
 protected:
  SnapshotFolder() {
    std::string name = (fs::temp_directory_path() / "aright-snapshots-XXXXXX").string();
    top_ = mkdtemp(name.data());
    folder_ = top_ / "windows";
    files_ = open();
  }
  ~SnapshotFolder() override { fs::remove_all(top_); }
  SnapshotFolder(const SnapshotFolder&) = delete;
  SnapshotFolder& operator=(const SnapshotFolder&) = delete;

  std::unique_ptr<SnapshotFiles> open() const {
    auto opened = SnapshotFiles::open(folder_.string());
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  void put(std::uint64_t number, bool whole, const std::string& text) const {
    const auto done = files_->put({number, whole, text});
    ASSERT_TRUE(done) << done.error().message;
  }
  std::vector<std::string> texts() const {
    const auto row = open()->load();
    EXPECT_TRUE(row) << row.error().message;
    std::vector<std::string> all;
    for (const auto& one : row.value_or(std::vector<Snapshots::Stored>{})) all.push_back(one.text);
    return all;
  }
  std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& entry : fs::directory_iterator(folder_)) all.insert(entry.path().filename().string());
    return all;
  }
  void damage(const std::string& name, std::size_t at) const {
    std::fstream file(folder_ / name, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(at));
    file.put('#');
  }

  fs::path top_;
  fs::path folder_;
  std::unique_ptr<SnapshotFiles> files_;
};
using Texts = std::vector<std::string>;

TEST_F(SnapshotFolder, NothingPutIsNothing) {
  EXPECT_TRUE(texts().empty());
  struct stat info{};
  ASSERT_EQ(stat(folder_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);
}

TEST_F(SnapshotFolder, AWholeOneAndItsChangesComeInTheirOrder) {
  put(1, true, "all");
  put(2, false, "two\nlines");
  put(3, false, "");
  EXPECT_EQ(texts(), (Texts{"all", "two\nlines", ""}));
  const auto row = open()->load();
  EXPECT_EQ(row->at(0).number, 1U);
  EXPECT_TRUE(row->at(0).whole);
  EXPECT_FALSE(row->at(2).whole);
}

TEST_F(SnapshotFolder, ANewerWholeOneTakesTheirPlace) {
  put(1, true, "all");
  put(2, false, "change");
  put(3, true, "all again");
  EXPECT_EQ(texts(), Texts{"all again"});
  EXPECT_EQ(names(), std::set<std::string>{"000000000003.whole"});
}

TEST_F(SnapshotFolder, WhatLiesBehindAGapIsNotTakenUp) {
  put(1, true, "all");
  put(2, false, "change");
  put(4, false, "of an older life");
  EXPECT_EQ(texts(), (Texts{"all", "change"}));
}

TEST_F(SnapshotFolder, ChangesWithoutAWholeOneAreNothing) {
  put(5, false, "change");
  EXPECT_TRUE(texts().empty());
}

TEST_F(SnapshotFolder, OtherFilesAreLeftAlone) {
  put(1, true, "all");
  for (const char* name : {"new", "x.whole", "1.other", "notes"}) std::ofstream(folder_ / name) << "?";
  EXPECT_EQ(texts(), Texts{"all"});
  put(2, true, "again");
  EXPECT_TRUE(names().contains("notes"));
  EXPECT_FALSE(names().contains("new")) << "what was left half written is written over";
}

TEST_F(SnapshotFolder, ADamagedOneIsRefusedByName) {
  put(1, true, "all");
  put(2, false, "change");
  for (const std::size_t at : {std::size_t{0}, std::size_t{64}, std::size_t{66}}) {
    damage("000000000002.change", at);
    const auto row = open()->load();
    ASSERT_FALSE(row) << at;
    EXPECT_EQ(row.error().code, Errc::corrupt);
    EXPECT_NE(row.error().message.find("000000000002.change: is not what was written"), std::string::npos);
    put(2, false, "change");
    EXPECT_EQ(texts(), (Texts{"all", "change"}));
  }
  fs::resize_file(folder_ / "000000000001.whole", 10);
  EXPECT_FALSE(open()->load());
}

TEST_F(SnapshotFolder, ALinkIsNotFollowed) {
  std::ofstream(top_ / "elsewhere") << "untouched";
  fs::create_symlink(top_ / "elsewhere", folder_ / "new");
  EXPECT_FALSE(files_->put({1, true, "all"}));
  std::string text;
  std::ifstream(top_ / "elsewhere") >> text;
  EXPECT_EQ(text, "untouched");
  fs::create_symlink(top_ / "elsewhere", folder_ / "000000000001.whole");
  EXPECT_FALSE(open()->load());
}

TEST_F(SnapshotFolder, AFolderThatIsGoneIsAnError) {
  put(1, true, "all");
  fs::remove_all(folder_);
  EXPECT_FALSE(files_->put({2, false, "change"}));
  EXPECT_FALSE(files_->load());
}

}  // namespace
}  // namespace aright::store
