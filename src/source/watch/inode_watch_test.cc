// What happens to a file under another name than its own, and what becomes of watches when there is no room for them.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <thread>

#include "source/watch/watch_scene.h"

namespace aright::source {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Outside of the watched folders.
struct Scene {
  Scene() { fs::create_directory(folder / "play"); }
  TempFolder folder;
  const std::string play = folder / "play";
  const std::string file = folder / "play/motd";
  const std::string other = folder / "other";
};

class InodeWatchOf : public testing::TestWithParam<bool> {
 protected:
  [[nodiscard]] WatchSource watch_it() const {
    return GetParam() ? watch({}, {scene_.play}) : watch({scene_.file}, {});
  }
  const Scene scene_;
};

TEST_P(InodeWatchOf, TellsOfWhatIsDoneUnderASecondName) {
  put(scene_.file);
  WatchSource source = watch_it();
  const std::vector<std::function<void()>> ways{
      [&] { fs::create_hard_link(scene_.file, scene_.other); },
      [&] { put(scene_.other, "evil"); },
      [&] { chmod(scene_.other.c_str(), 0600); },
      [&] { fs::remove(scene_.other); },
  };
  for (const auto& way : ways) {
    way();
    EXPECT_THAT(changes_until(source, scene_.file), ElementsAre(scene_.file));
  }
  EXPECT_THAT(source.drain(), IsEmpty());
}

TEST_P(InodeWatchOf, TellsOfASecondNameThatStaysOpen) {
  put(scene_.file);
  fs::create_hard_link(scene_.file, scene_.other);
  WatchSource source = watch_it();
  const UniqueFd open_file{open(scene_.other.c_str(), O_WRONLY | O_CLOEXEC)};
  ASSERT_EQ(write(open_file.get(), "y", 1), 1);
  EXPECT_THAT(changes_until(source, scene_.file), ElementsAre(scene_.file));
  EXPECT_FALSE(source.deadline());
}

TEST_P(InodeWatchOf, FollowsTheNameToItsNewFile) {
  put(scene_.file);
  put(scene_.play + "/fresh");
  WatchSource source = watch_it();
  ASSERT_EQ(renameat2(AT_FDCWD, (scene_.play + "/fresh").c_str(), AT_FDCWD, scene_.file.c_str(), RENAME_EXCHANGE), 0);
  changes_until(source, scene_.file);
  fs::rename(scene_.play + "/fresh", scene_.other);  // the one that had the name
  fs::create_hard_link(scene_.file, scene_.folder / "second");
  changes_until(source, scene_.file);
  source.drain();
  put(scene_.other, "nobody cares");
  put(scene_.folder / "second", "evil");
  EXPECT_THAT(changes_until(source, scene_.file), ElementsAre(scene_.file));
}

TEST_P(InodeWatchOf, FindsAFileThatCameLater) {
  WatchSource source = watch_it();
  put(scene_.file);
  changes_until(source, scene_.file);
  fs::create_hard_link(scene_.file, scene_.other);
  EXPECT_THAT(changes_until(source, scene_.file), ElementsAre(scene_.file));
}

INSTANTIATE_TEST_SUITE_P(ByNameAndByFolder, InodeWatchOf, testing::Bool());

TEST(InodeWatch, TellsEachNameThatTheFileHas) {
  const Scene scene;
  put(scene.file);
  fs::create_hard_link(scene.file, scene.play + "/second");
  WatchSource source = watch({scene.file, scene.play + "/second"});
  fs::create_hard_link(scene.file, scene.other);
  EXPECT_THAT(changes_until(source, scene.play + "/second"), ElementsAre(scene.file, scene.play + "/second"));
  fs::remove(scene.file);
  changes_until(source, scene.play + "/second");
  source.drain();
  put(scene.other, "evil");
  EXPECT_THAT(changes_until(source, scene.play + "/second"), ElementsAre(scene.play + "/second"));
}

TEST(InodeWatch, AFolderInTheNamesPlaceMakesNoNoise) {
  const Scene scene;
  put(scene.file);
  WatchSource source = watch({scene.file, scene.play + "/sentinel"});
  fs::remove(scene.file);
  fs::create_directory(scene.file);
  changes_until(source, scene.file);
  source.drain();
  put(scene.file + "/inside");
  put(scene.play + "/sentinel");
  EXPECT_THAT(changes_until(source, scene.play + "/sentinel"), ElementsAre(scene.play + "/sentinel"));
}

/// In a process with a user namespace of its own; its exit code is what `what` returns, 77 where there are none.
int with_limit(const std::function<int(const std::function<bool(int)>& limit)>& what) {
  const pid_t child = fork();
  if (child == 0) {
    const auto limit = [](int watches) {
      std::ofstream file("/proc/sys/user/max_inotify_watches");
      return static_cast<bool>(file << watches << std::flush);
    };
    _exit(unshare(CLONE_NEWUSER) != 0 || !limit(1000) ? 77 : what(limit));
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// What a step of a child process came to: the first that is false names itself by the exit code.
class Steps {
 public:
  void expect(bool holds) {
    ++step_;
    if (!holds && failed_ == 0) failed_ = step_;
  }
  [[nodiscard]] int failed() const { return failed_; }

 private:
  int step_{0};
  int failed_{0};
};

int folders_of(const std::string& path) { return static_cast<int>(std::ranges::count(path, '/')); }

TEST(InodeWatch, WhatCouldNotBeWatchedAnewIsTriedAgain) {
  const Scene scene;
  put(scene.file);
  const int failed = with_limit([&](const auto& limit) {
    Steps steps;
    WatchSource source = watch({scene.file});
    steps.expect(source.unwatched().empty() && !source.deadline());
    limit(3);
    fs::rename(scene.play, scene.folder / "away");
    fs::create_directory(scene.play);
    read_all_note(source);
    steps.expect(source.unwatched().contains(scene.play) && source.deadline().has_value());
    limit(1000);
    const std::string note = read_all_note(source);
    steps.expect(note.find("can be again") != std::string::npos);
    steps.expect(source.unwatched().empty() && source.files_unheard() == 0 && !source.deadline());
    put(scene.file, "evil");
    steps.expect(changes_until(source, scene.file) == std::vector{scene.file});
    fs::create_hard_link(scene.file, scene.other);
    steps.expect(changes_until(source, scene.file) == std::vector{scene.file});
    return steps.failed();
  });
  if (failed == 77) GTEST_SKIP() << "skipped: no user namespaces here";
  EXPECT_EQ(failed, 0);
}

TEST(InodeWatch, FilesWithoutRoomAreCountedAndHeardOfWhenThereIsSome) {
  const Scene scene;
  for (const char* name : {"a", "b", "c"}) put(scene.play + "/" + name);
  const int failed = with_limit([&](const auto& limit) {
    Steps steps;
    limit(folders_of(scene.play) + 1 + 1);  // with the root, and one file
    WatchSource source = watch({}, {scene.play});
    steps.expect(source.unwatched().empty() && source.files_unheard() == 2 && source.deadline().has_value());
    put(scene.play + "/c");
    steps.expect(changes_until(source, scene.play + "/c") == std::vector{scene.play + "/c"});
    limit(1000);
    while (source.files_unheard() != 0)
      hints_until(source, [](const Hint& h) { return h.what == Hint::What::changed; });
    steps.expect(!source.deadline());
    for (const char* name : {"a", "b", "c"}) fs::create_hard_link(scene.play + "/" + name, scene.other + name);
    steps.expect(changes_until(source, scene.play + "/c").size() == 3);
    return steps.failed();
  });
  if (failed == 77) GTEST_SKIP() << "skipped: no user namespaces here";
  EXPECT_EQ(failed, 0);
}

TEST(InodeWatch, FilesMakeRoomForFolders) {
  const Scene scene;
  put(scene.play + "/a");
  put(scene.play + "/b");
  const int failed = with_limit([&](const auto& limit) {
    Steps steps;
    limit(folders_of(scene.play) + 1 + 2);
    WatchSource source = watch({scene.play + "/a", scene.play + "/b", scene.play + "/sub/deep/c"});
    steps.expect(source.files_unheard() == 0);
    fs::create_directories(scene.play + "/sub/deep");
    read_all_note(source);
    while (!source.drain().empty()) {
    }
    steps.expect(source.unwatched().empty() && source.files_unheard() == 2);
    put(scene.play + "/sub/deep/c");
    steps.expect(changes_until(source, scene.play + "/sub/deep/c").size() == 1);
    return steps.failed();
  });
  if (failed == 77) GTEST_SKIP() << "skipped: no user namespaces here";
  EXPECT_EQ(failed, 0);
}

/// It may be searched, and its files read, but what happens in it is not for everybody to hear.
TEST(InodeWatch, SaysThatAFolderMayNotBeRead) {
  if (geteuid() != 0) GTEST_SKIP() << "skipped: only root can become another user";
  const Scene scene;
  chmod(scene.folder.path().c_str(), 0755);
  put(scene.file);
  chmod(scene.play.c_str(), 0711);
  const pid_t child = fork();
  if (child == 0) {
    Steps steps;
    steps.expect(setresuid(12345, 12345, 12345) == 0);
    const WatchSource source = watch({scene.file});
    steps.expect(source.unwatched().contains(scene.play) && source.deadline().has_value());
    _exit(steps.failed());
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

}  // namespace
}  // namespace aright::source
