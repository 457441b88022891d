// Against the real kernel, each case in a fresh folder. Nothing sleeps: every wait is a poll() with a deadline. That
// something gives no hint is shown by a later, watched change whose hint arrives alone.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <poll.h>
#include <rapidcheck/gtest.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "source/watch/watch_scene.h"

namespace aright::source {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(WatchSource, TellsOfAnEditOnceAndThenIsQuiet) {
  const TempFolder folder;
  WatchSource source = watch({folder / "motd"});
  EXPECT_THAT(source.drain(), IsEmpty());
  put(folder / "motd", "first");
  put(folder / "motd", "second");
  EXPECT_THAT(changes_until(source, folder / "motd"), ElementsAre(folder / "motd"));
  EXPECT_THAT(source.drain(), IsEmpty());
  EXPECT_FALSE(source.deadline());
}

TEST(WatchSource, TellsOfReplacementModeAndRemoval) {
  const TempFolder folder;
  put(folder / "motd");
  put(folder / "other");
  WatchSource source = watch({folder / "motd"});
  const std::vector<std::function<void()>> ways{
      [&] { fs::rename(folder / "other", folder / "motd"); },
      [&] { chmod((folder / "motd").c_str(), 0600); },
      [&] { fs::rename(folder / "motd", folder / "away"); },
      [&] { fs::create_hard_link(folder / "away", folder / "motd"); },
      [&] { fs::remove(folder / "motd"); },
      [&] { fs::create_symlink("away", folder / "motd"); },
  };
  for (const auto& way : ways) {
    way();
    EXPECT_THAT(changes_until(source, folder / "motd"), ElementsAre(folder / "motd"));
  }
}

TEST(WatchSource, TellsOfTheFilesOfAFolderWhoseModeChanges) {
  const TempFolder folder;
  fs::create_directory(folder / "sub");
  fs::create_directory(folder / "sub/deep");
  WatchSource source = watch({folder / "sub/a", folder / "sub/b", folder / "sub/deep/c", folder / "d"});
  chmod((folder / "sub").c_str(), 0777);
  chmod((folder / "sub").c_str(), 0755);
  EXPECT_THAT(changes_until(source, folder / "sub/b"), ElementsAre(folder / "sub/a", folder / "sub/b"));
  WatchSource all = watch({}, {folder / "sub"});
  chmod((folder / "sub").c_str(), 0777);
  EXPECT_THAT(read_all_note(all), HasSubstr("/sub changed its owner or mode"));
}

TEST(WatchSource, OffsetsRise) {
  const TempFolder folder;
  WatchSource source = watch({folder / "a", folder / "b"});
  put(folder / "a");
  put(folder / "b");
  const auto hints = hints_until(source, [&](const Hint& h) { return h.path == folder / "b"; });
  ASSERT_EQ(hints.size(), 2U);
  EXPECT_EQ(hints[0].offset, 1U);
  EXPECT_EQ(hints[1].offset, 2U);
}

TEST(WatchSource, TellsOfAFileThatStaysOpenAfterAWhile) {
  const TempFolder folder;
  put(folder / "log");
  WatchSource source = watch({folder / "log"});
  const UniqueFd open_file{open((folder / "log").c_str(), O_WRONLY | O_CLOEXEC)};
  const auto written_at = Clock::now();
  ASSERT_EQ(write(open_file.get(), "y", 1), 1);
  EXPECT_THAT(source.drain(), IsEmpty());
  ASSERT_TRUE(source.deadline());
  EXPECT_THAT(changes_until(source, folder / "log"), ElementsAre(folder / "log"));
  EXPECT_GE(Clock::now() - written_at, std::chrono::milliseconds{250});
  EXPECT_FALSE(source.deadline());
}

/// Names as our own files have them on their way into place, given by somebody else.
TEST(WatchSource, AnotherUsersFileHidesBehindNoName) {
  if (geteuid() != 0) GTEST_SKIP() << "skipped: only root may give files away";
  const TempFolder folder;
  WatchSource source = watch({}, {folder.path()});
  for (const char* name : {".aright-r1-0", "#123"}) {
    put(folder / "n");
    ASSERT_EQ(chown((folder / "n").c_str(), 12345, 12345), 0);
    fs::rename(folder / "n", folder / name);
    EXPECT_THAT(changes_until(source, folder / name), Contains(folder / name));
    fs::remove(folder / name);
    EXPECT_THAT(changes_until(source, folder / name), Contains(folder / name));
  }
}

/// Names that only look like those of our own files on their way into place, given by whoever we are ourselves.
TEST(WatchSource, AFileOfOursWithAnotherNameIsHeardOfLikeAny) {
  const TempFolder folder;
  WatchSource source = watch({}, {folder.path()});
  for (const char* name : {"#123", "#", ".aright-foo", ".aright-r1", ".aright-r1-0-x"}) {
    put(folder / name);
    EXPECT_THAT(changes_until(source, folder / name), Contains(folder / name));
    fs::permissions(folder / name, fs::perms::owner_read);
    EXPECT_THAT(changes_until(source, folder / name), Contains(folder / name));
    fs::remove(folder / name);
    EXPECT_THAT(changes_until(source, folder / name), Contains(folder / name));
  }
}

/// The whole life of a file that is put right: nothing is heard of it but its own name.
TEST(WatchSource, HearsOfAnExchangeOnlyTheManagedName) {
  const TempFolder folder;
  put(folder / "f");
  WatchSource source = watch({}, {folder.path()});
  const UniqueFd fresh{open(folder.path().c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600)};
  if (!fresh.valid()) GTEST_SKIP() << "skipped: no nameless files here";
  ASSERT_EQ(fchmod(fresh.get(), 0644), 0);
  const std::string by_handle = "/proc/self/fd/" + std::to_string(fresh.get());
  ASSERT_EQ(linkat(AT_FDCWD, by_handle.c_str(), AT_FDCWD, (folder / ".aright-r1-0").c_str(), AT_SYMLINK_FOLLOW), 0);
  ASSERT_EQ(renameat2(AT_FDCWD, (folder / ".aright-r1-0").c_str(), AT_FDCWD, (folder / "f").c_str(), RENAME_EXCHANGE),
            0);
  fs::remove(folder / ".aright-r1-0");
  EXPECT_THAT(changes_until(source, folder / "f"), ElementsAre(folder / "f"));
  EXPECT_THAT(source.drain(), IsEmpty());
}

TEST(WatchSource, WritesAnyNameAsText) {
  const TempFolder folder;
  WatchSource source = watch({folder / "a\\\\b"}, {folder.path()});
  put(folder / "x\n\xFF");
  EXPECT_THAT(changes_until(source, folder / "x\\x0a\\xff"), ElementsAre(folder / "x\\x0a\\xff"));
  put(folder / "a\\b");
  EXPECT_THAT(changes_until(source, folder / "a\\\\b"), ElementsAre(folder / "a\\\\b"));
  EXPECT_FALSE(WatchSource::create({folder / "a\\b"}, {}));
}

TEST(WatchSource, IgnoresNeighboursAndOwnTemporaries) {
  const TempFolder folder;
  fs::create_directory(folder / "all");
  WatchSource source = watch({folder / "motd"}, {folder / "all"});
  put(folder / "neighbour");
  put(folder / ".aright-r1-0");
  put(folder / "all/.aright-r2-0");
  fs::create_directory(folder / "unrelated");
  put(folder / "motd");
  EXPECT_THAT(changes_until(source, folder / "motd"), ElementsAre(folder / "motd"));
  put(folder / "all/any-name");
  EXPECT_THAT(changes_until(source, folder / "all/any-name"), ElementsAre(folder / "all/any-name"));
}

TEST(WatchSource, FindsAFolderThatAppearsLater) {
  const TempFolder folder;
  const std::string file = folder / "a/b/c/motd";
  WatchSource source = watch({file});
  for (const char* part : {"a", "a/b", "a/b/c"}) {
    fs::create_directory(folder / part);
    EXPECT_THAT(read_all_note(source), HasSubstr(folder / part));
  }
  put(file);
  EXPECT_THAT(changes_until(source, file), ElementsAre(file));
}

TEST(WatchSource, OnlyTheAwaitedFolderMattersBesideAMissingOne) {
  const TempFolder folder;
  WatchSource source = watch({folder / "later/motd", folder / "motd"});
  fs::create_directory(folder / "something-else");
  put(folder / "later-but-a-file");
  put(folder / "motd");
  EXPECT_THAT(changes_until(source, folder / "motd"), ElementsAre(folder / "motd"));
}

TEST(WatchSource, FollowsAFolderMadeAnew) {
  const TempFolder folder;
  fs::create_directory(folder / "etc");
  WatchSource source = watch({folder / "etc/motd"});
  fs::remove_all(folder / "etc");
  EXPECT_THAT(read_all_note(source), HasSubstr("etc"));
  fs::create_directory(folder / "etc");
  EXPECT_THAT(read_all_note(source), HasSubstr("appeared"));
  put(folder / "etc/motd");
  EXPECT_THAT(changes_until(source, folder / "etc/motd"), ElementsAre(folder / "etc/motd"));
}

TEST(WatchSource, NoticesRemovalOfAFolderSomebodyHoldsOpen) {
  const TempFolder folder;
  fs::create_directory(folder / "etc");
  WatchSource source = watch({folder / "etc/motd"});
  const UniqueFd held{open((folder / "etc").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  fs::remove_all(folder / "etc");
  fs::create_directory(folder / "etc");
  read_all_note(source);
  put(folder / "etc/motd");
  EXPECT_THAT(changes_until(source, folder / "etc/motd"), Contains(folder / "etc/motd"));
}

TEST(WatchSource, NoticesThatAnAncestorWasExchanged) {
  const TempFolder folder;
  fs::create_directories(folder / "a/b");
  fs::create_directories(folder / "new/b");
  WatchSource source = watch({folder / "a/b/motd"});
  fs::rename(folder / "a", folder / "old");
  fs::rename(folder / "new", folder / "a");
  EXPECT_THAT(read_all_note(source), HasSubstr("went away"));
  put(folder / "old/b/motd");
  put(folder / "a/b/motd");
  EXPECT_THAT(changes_until(source, folder / "a/b/motd"), ElementsAre(folder / "a/b/motd"));
}

TEST(WatchSource, DoesNotFollowLinksButWaitsForAFolder) {
  const TempFolder folder;
  fs::create_directories(folder / "elsewhere/b");
  fs::create_directory_symlink("elsewhere", folder / "a");
  WatchSource source = watch({folder / "a/b/motd", folder / "sentinel"});
  put(folder / "elsewhere/b/motd");
  put(folder / "sentinel");
  EXPECT_THAT(changes_until(source, folder / "sentinel"), ElementsAre(folder / "sentinel"));
  fs::remove(folder / "a");
  fs::rename(folder / "elsewhere", folder / "a");
  read_all_note(source);
  put(folder / "a/b/motd");
  EXPECT_THAT(changes_until(source, folder / "a/b/motd"), Contains(folder / "a/b/motd"));
}

TEST(WatchSource, AnOverflowAsksToReadEverything) {
  std::size_t queue_max = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> queue_max;
  if (queue_max == 0 || queue_max > 200'000) GTEST_SKIP() << "skipped: the queue holds " << queue_max << " events";
  const TempFolder folder;
  put(folder / "a");
  put(folder / "b");
  WatchSource source = watch({folder / "a", folder / "b"});
  // In turns: the kernel joins equal events that follow each other.
  for (std::size_t i = 0; i <= queue_max; ++i) ASSERT_EQ(chmod((folder / (i % 2 == 0 ? "a" : "b")).c_str(), 0600), 0);
  EXPECT_THAT(read_all_note(source), HasSubstr("ran over"));
  source.drain();
  put(folder / "a");
  EXPECT_THAT(changes_until(source, folder / "a"), ElementsAre(folder / "a"));
}

/// Somebody who never stops writing must not keep us in one call for ever.
TEST(WatchSource, LeavesSomeOfManyChangesForTheNextCall) {
  const TempFolder folder;
  put(folder / "a");
  put(folder / "b");
  WatchSource source = watch({folder / "a", folder / "b"});
  for (std::size_t i = 0; i < 12'000; ++i) ASSERT_EQ(chmod((folder / (i % 2 == 0 ? "a" : "b")).c_str(), 0600), 0);
  source.drain();
  pollfd waiting{source.fd(), POLLIN, 0};
  ASSERT_EQ(poll(&waiting, 1, 0), 1);
  const auto until = Clock::now() + patience;
  while (poll(&waiting, 1, 0) == 1 && Clock::now() < until) source.drain();
  EXPECT_EQ(poll(&waiting, 1, 0), 0);
}

/// In a process with its own, small limit of watches: 0 when creating failed with a message that names the limit.
int create_with_few_watches(const std::string& folder) {
  if (unshare(CLONE_NEWUSER) != 0) return 77;
  std::ofstream limit("/proc/sys/user/max_inotify_watches");
  if (!(limit << 2 << std::flush)) return 77;
  const auto source = WatchSource::create({folder + "/motd"}, {});
  if (source) return 1;
  return source.error().code == Errc::no_space && source.error().message.contains("max_user_watches") ? 0 : 2;
}

TEST(WatchSource, SaysThatTheWatchesAreUsedUp) {
  const TempFolder folder;
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) _exit(create_with_few_watches(folder.path()));
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "skipped: no user namespaces here";
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

/// One change to the folders above the managed file a/b/motd. Those that do not apply now fail, which is fine.
void disturb(const TempFolder& folder, int kind) {
  std::error_code ignored;
  switch (kind) {
    case 0: fs::rename(folder / "a", folder / "x", ignored); break;
    case 1: fs::rename(folder / "x", folder / "a", ignored); break;
    case 2: fs::remove_all(folder / "a/b", ignored); break;
    case 3: fs::create_directory(folder / "a/b", ignored); break;
    case 4: fs::remove_all(folder / "a", ignored); break;
    case 5: fs::create_directories(folder / "a/b", ignored); break;
    case 6: fs::create_directory_symlink("x", folder / "a", ignored); break;
    case 7: fs::rename(folder / "a/b", folder / "y", ignored); break;
    case 8: fs::rename(folder / "y", folder / "a/b", ignored); break;
    default: put(folder / "a/b/motd"); break;
  }
}

RC_GTEST_PROP(WatchSource, IsNeverLeftBehind, ()) {
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 14));
  const TempFolder folder;
  WatchSource source = watch({folder / "a/b/motd"});
  for (const int step : steps) {
    // A kind beyond the last: look at what came so far.
    if (step > 9) {
      source.drain();
    } else {
      disturb(folder, step);
    }
  }
  std::error_code ignored;
  if (fs::is_symlink(folder / "a")) fs::remove(folder / "a");
  fs::create_directories(folder / "a/b", ignored);
  while (!source.drain().empty()) {
  }
  put(folder / "a/b/motd", "now");
  const auto told = changes_until(source, folder / "a/b/motd");
  RC_ASSERT(std::ranges::count(told, folder / "a/b/motd") == 1);
}

}  // namespace
}  // namespace aright::source
