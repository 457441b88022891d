#include "cli/explain_about.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace aright::cli {
namespace {

namespace fs = std::filesystem;

class AskedAbout : public testing::Test {
 protected:
  AskedAbout() {
    std::string form = fs::canonical(fs::temp_directory_path()) / "aright-about-XXXXXX";
    top_ = mkdtemp(form.data());
    fs::create_directories(top_ / "real" / "deep");
    std::ofstream(top_ / "real" / "motd") << "x";
    std::ofstream(top_ / "real" / "7") << "x";
    fs::create_directory_symlink("real", top_ / "link");
    fs::create_symlink("motd", top_ / "real" / "final");
  }
  ~AskedAbout() override { fs::remove_all(top_); }
  std::string asked(const std::string& about, const std::string& folder = "real") const {
    const auto whole = asked_about(about, top_ / folder);
    return whole ? *whole : "refused: " + whole.error().message;
  }
  std::string at(const std::string& path) const { return (top_ / path).string(); }
  fs::path top_;
};

TEST_F(AskedAbout, ARelativePathBecomesTheRealOne) {
  EXPECT_EQ(asked("./motd"), at("real/motd"));
  EXPECT_EQ(asked("motd"), at("real/motd")) << "it is there";
  EXPECT_EQ(asked("link/motd", "."), at("real/motd")) << "folders without links";
  EXPECT_EQ(asked("../link/deep/../motd"), at("real/motd"));
  EXPECT_EQ(asked("deep/gone"), at("real/deep/gone")) << "what is not there may be what is wrong";
  EXPECT_EQ(asked("deep/"), at("real/deep"));
  EXPECT_EQ(asked("deep/.."), at("real"));
  EXPECT_EQ(asked("./a\xff"), at("real/a\\xff")) << "as records have it";
}

TEST_F(AskedAbout, AFinalLinkIsNotFollowed) { EXPECT_EQ(asked("final"), at("real/final")); }

TEST_F(AskedAbout, WhatIsNoRelativePathStays) {
  for (const char* about : {"/etc/motd", "/etc/../etc/motd", "/", "file:/etc/motd", "auth:/var/log/auth.log:12",
                            "hook:7", "host=a/b", "7", "f-0123456789abcdef", "nonsense", ""}) {
    EXPECT_EQ(asked(about), about);
  }
  EXPECT_EQ(asked("./7"), at("real/7"));
}

TEST_F(AskedAbout, AFolderThatIsNotThereIsSaid) {
  EXPECT_EQ(asked("nowhere/motd").find("refused: nowhere/motd: "), 0U) << asked("nowhere/motd");
}

TEST_F(AskedAbout, AnAbsolutePathIsTidied) {
  EXPECT_EQ(asked("/etc//motd"), "/etc/motd");
  EXPECT_EQ(asked("/etc/./motd/"), "/etc/motd");
  EXPECT_EQ(asked("file:/etc/ssh/"), "file:/etc/ssh");
  EXPECT_EQ(asked(at("real/a\xff") + "/"), at("real/a\\xff"));
}

TEST_F(AskedAbout, TheRealPathOfAnAbsoluteOne) {
  EXPECT_EQ(real_about(at("link/motd")), at("real/motd"));
  EXPECT_EQ(real_about("file:" + at("real/deep/../motd")), "file:" + at("real/motd"));
  EXPECT_EQ(real_about(at("link/final")), at("real/final")) << "a final link is not followed";
  EXPECT_EQ(real_about(at("link/a\\xff")), at("real/a\\xff"));
  for (const char* about : {"/nowhere/at/all", "host=a/b", "hook:7", "7"}) EXPECT_EQ(real_about(about), about);
}

TEST(WrittenSubject, OfEventsIsAsRecordsHaveIt) {
  EXPECT_EQ(written_subject("host=a\nb"), "host=a\\u{a}b") << "its bytes";
  EXPECT_EQ(written_subject("host=a\\u{1b}[31m"), "host=a\\u{1b}[31m") << "as it is recorded";
  EXPECT_EQ(written_subject("host=a\\u{202e}b"),
            "host=a\u202e"
            "b")
      << "as a terminal shows it";
  EXPECT_EQ(written_subject("host=a\u202e"
                            "b"),
            "host=a\u202e"
            "b");
  EXPECT_EQ(written_subject("host=\\u{5c}u{202e} x\\u{3d}1"), "host=\\u{5c}u{202e} x\\u{3d}1");
  EXPECT_EQ(written_subject("host=\\u{zz}\\u{}"), "host=\\u{zz}\\u{}");
}

TEST(WrittenSubject, IsWhatAShellGivesInTheFormOfRecords) {
  EXPECT_EQ(written_subject("/a\nb"), "/a\\x0ab");
  EXPECT_EQ(written_subject("file:/a\\b"), "file:/a\\\\b");
  EXPECT_EQ(written_subject("/a\\x0ab"), "/a\\x0ab") << "in that form already";
  EXPECT_EQ(written_subject("file:/\xff"), "file:/\\xff");
  EXPECT_EQ(written_subject("host=a\\b"), "host=a\\b") << "no path";
}

}  // namespace
}  // namespace aright::cli
