#include "driver/file/file_driver.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "driver/file/replace.h"
#include "driver/file_driver_fixture.h"

namespace aright::driver {
namespace {

namespace fs = std::filesystem;

TEST_F(FileDriverTest, ContentComesBackExactly) {
  for (const std::string& bytes : {std::string(), std::string("a"), std::string("a\n"), std::string("\n\nx"),
                                   std::string("\0b", 2), std::string("\xFF")}) {
    write("f", bytes);
    const auto state = driver_.read(id("f"));
    ASSERT_TRUE(state);
    EXPECT_EQ(*content_bytes(state->fields.at("content")), bytes);
  }
}

TEST_F(FileDriverTest, PutsContentAndModeRightAndLeavesNothingBehind) {
  write("f", "wrong\n");
  const Plan p = plan("f", {{"content", content_json("right\n")}, {"mode", "0600"}});
  EXPECT_EQ(*apply("f", p), ApplyOutcome::applied);
  EXPECT_EQ(text("f"), "right\n");
  EXPECT_EQ(driver_.read(id("f"))->fields, p.after.fields);
  EXPECT_EQ(names(), 1U);
  EXPECT_EQ(*apply("f", p), ApplyOutcome::already);
}

TEST_F(FileDriverTest, CreatesAndRemoves) {
  const Plan create = plan("new", {{"content", content_json("x")}});
  EXPECT_EQ(*apply("new", create), ApplyOutcome::applied);
  EXPECT_EQ(text("new"), "x");
  const auto remove = driver_.plan(id("new"), {{{"exists", false}}, false});
  EXPECT_EQ(*apply("new", *remove), ApplyOutcome::applied);
  EXPECT_EQ(names(), 0U);
  EXPECT_EQ(driver_.read(id("new"))->fields, Json({{"exists", false}}));
}

TEST_F(FileDriverTest, ConflictLeavesTheOtherChangeAlone) {
  write("f", "before");
  const Plan p = plan("f", {{"content", content_json("ours")}});
  write("f", "somebody else's");
  EXPECT_EQ(apply("f", p).error().code, Errc::conflict);
  EXPECT_EQ(text("f"), "somebody else's");
  EXPECT_EQ(names(), 1U);
}

TEST_F(FileDriverTest, ARacersLastWriteIsNeverLost) {
  std::atomic<bool> stop{false};
  std::atomic<int> last{-1};
  write("f", "0");
  std::thread racer([&] {
    for (int i = 1; !stop; ++i) {
      write("g", std::to_string(i));
      fs::rename(path("g"), path("f"));
      last = i;
    }
  });
  int applied = 0;
  for (int i = 0; i < 300; ++i) {
    auto p = driver_.plan(id("f"), {{{"exists", true}, {"content", content_json("ours")}}, false});
    const auto done = p ? apply("f", *p) : Result<ApplyOutcome>(ApplyOutcome::already);
    if (p && done) ++applied;
    EXPECT_TRUE(done || done.error().code == Errc::conflict || done.error().code == Errc::unavailable)
        << done.error().message;
  }
  stop = true;
  racer.join();
  const std::string end = text("f");
  EXPECT_TRUE(end == "ours" || end == std::to_string(last)) << end;
  EXPECT_LE(applied, 300);
  EXPECT_FALSE(fs::exists(path(".aright-r1-0")));
}

TEST_F(FileDriverTest, RefusesLinksFoldersPipesAndHardLinks) {
  write("f", "x");
  fs::create_symlink(path("f"), path("link"));
  fs::create_directory(path("folder"));
  fs::create_directory_symlink(path("folder"), path("way"));
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(driver_.read(id("link")).error().code, Errc::denied);
  const auto through = driver_.read(id("way/f"));
  EXPECT_EQ(through.error().code, Errc::denied);
  EXPECT_NE(through.error().message.find(path("folder/f")), std::string::npos) << through.error().message;
  EXPECT_EQ(driver_.read(id("folder")).error().code, Errc::invalid);
  EXPECT_EQ(driver_.read(id("pipe")).error().code, Errc::invalid);
  fs::create_hard_link(path("f"), path("f2"));
  EXPECT_EQ(driver_.read(id("f")).error().code, Errc::denied);
}

TEST_F(FileDriverTest, RefusesFoldersOthersCanChange) {
  fs::create_directory(path("open"));
  write("open/f", "x");
  ASSERT_EQ(chmod(path("open").c_str(), 0777), 0);
  EXPECT_EQ(driver_.read(id("open/f")).error().code, Errc::denied);
  ASSERT_EQ(chmod(path("open").c_str(), 01777), 0);
  EXPECT_TRUE(driver_.read(id("open/f")));
}

TEST_F(FileDriverTest, RefusesWhatIsTooLarge) {
  write("f", std::string((1U << 20U) + 1, 'x'));
  EXPECT_EQ(driver_.read(id("f")).error().code, Errc::invalid);
}

TEST_F(FileDriverTest, KeepsExtendedAttributes) {
  write("f", "x");
  if (setxattr(path("f").c_str(), "user.note", "kept", 4, 0) != 0) GTEST_SKIP() << "skipped: no user attributes here";
  EXPECT_TRUE(apply("f", plan("f", {{"content", content_json("y")}})));
  std::string value(4, '\0');
  EXPECT_EQ(getxattr(path("f").c_str(), "user.note", value.data(), value.size()), 4);
  EXPECT_EQ(value, "kept");
}

TEST_F(FileDriverTest, SaysWhenItCannotCreateOrDoesNotKnowTheOwner) {
  EXPECT_EQ(driver_.plan(id("f"), {{{"exists", true}, {"mode", "0600"}}, false}).error().code, Errc::invalid);
  write("f", "x");
  EXPECT_EQ(driver_.plan(id("f"), {{{"exists", true}, {"owner", "no-such-user-x"}}, false}).error().code,
            Errc::invalid);
}

/// An earlier attempt died; the folder is as that moment left it.
TEST_F(FileDriverTest, FinishesAfterDyingBeforeTheExchange) {
  write("f", "before");
  const Plan p = plan("f", {{"content", content_json("after")}});
  write(".aright-r1-0", "after");
  EXPECT_EQ(*apply("f", p), ApplyOutcome::applied);
  EXPECT_EQ(text("f"), "after");
  EXPECT_EQ(names(), 1U);
}

TEST_F(FileDriverTest, FinishesAfterDyingBehindTheExchange) {
  write("f", "before");
  const Plan p = plan("f", {{"content", content_json("after")}});
  fs::rename(path("f"), path(".aright-r1-0"));
  write("f", "after");
  EXPECT_EQ(*apply("f", p), ApplyOutcome::already);
  EXPECT_EQ(names(), 1U);
}

TEST_F(FileDriverTest, GivesBackWhatAnEarlierAttemptDisplacedByMistake) {
  write("f", "before");
  const Plan p = plan("f", {{"content", content_json("after")}});
  write("f", "after");
  write(".aright-r1-0", "somebody else's");
  EXPECT_EQ(apply("f", p).error().code, Errc::conflict);
  EXPECT_EQ(text("f"), "somebody else's");
  EXPECT_EQ(names(), 1U);
}

TEST_F(FileDriverTest, ListsWhatIsNoFolder) {
  write("b", "");
  write("a", "");
  write(".aright-r9-0", "");
  fs::create_directory(path("folder"));
  fs::create_symlink("/etc/passwd", path("link"));
  ASSERT_EQ(mkfifo(path("pipe").c_str(), 0600), 0);
  const auto list = driver_.list({{}, {dir_.string()}});
  ASSERT_TRUE(list);
  EXPECT_EQ(*list, (std::vector<std::string>{path("a"), path("b"), path("link"), path("pipe")}))
      << "reading them says that they are none that can be managed";
}

TEST(CheckPath, TakesOnlyPlainAbsolutePaths) {
  EXPECT_TRUE(check_path("/etc/motd"));
  for (const char* bad : {"", "etc", "/", "/a/", "/a//b", "/a/../b", "/a/./b", "/a\nb"})
    EXPECT_FALSE(check_path(bad)) << bad;
}

}  // namespace
}  // namespace aright::driver
