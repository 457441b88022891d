// Names, folders and writers that an outsider controls.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "base/path_text.h"
#include "base/utf8.h"
#include "driver/file_driver_fixture.h"

namespace aright::driver {
namespace {

namespace fs = std::filesystem;

class FileHostile : public FileDriverTest {};

TEST_F(FileHostile, AnyNameCanBeListedReadAndRemoved) {
  const std::vector<std::string> names{"a\nb",        "\xFF\xFE", "back\\slash", " ", "-rf", std::string(100, '\xC3'),
                                       "tab\t\x1B[2J"};
  for (const std::string& name : names) write(name, "x");
  const auto list = driver_.list({{}, {dir_.string()}});
  ASSERT_TRUE(list) << list.error().message;
  ASSERT_EQ(list->size(), names.size());
  for (const std::string& text_id : *list) {
    EXPECT_TRUE(is_utf8(text_id));
    const auto p = driver_.plan({"file", text_id}, {{{"exists", false}}, false});
    ASSERT_TRUE(p) << p.error().message;
    EXPECT_EQ(p->before.fields.at("content"), content_json("x"));
    EXPECT_EQ(*driver_.apply({{"file", text_id}, *p, "r1-0"}), ApplyOutcome::applied);
  }
  EXPECT_EQ(this->names(), 0U);
}

TEST_F(FileHostile, ANameTooLongForAnIdIsListedAndRefusedByName) {
  write(std::string(255, '\xFF'), "x");
  write("ok", "x");
  const auto list = driver_.list({{}, {dir_.string()}});
  ASSERT_TRUE(list);
  ASSERT_EQ(list->size(), 2U);
  const auto cut = driver_.read({"file", list->front()});
  ASSERT_FALSE(cut);
  EXPECT_NE(cut.error().message.find("too long"), std::string::npos) << cut.error().message;
}

TEST_F(FileHostile, OnlyOurOwnTemporariesAreNotListed) {
  for (const char* name : {".aright-r1-0", ".aright-foo", ".aright-", ".aright-r1-0.txt"}) write(name, "");
  EXPECT_EQ(driver_.list({{}, {dir_.string()}})->size(), 3U);
  if (geteuid() != 0) GTEST_SKIP() << "skipped: only root may give files away";
  ASSERT_EQ(chown(path(".aright-r1-0").c_str(), 12345, 12345), 0);
  EXPECT_EQ(driver_.list({{}, {dir_.string()}})->size(), 4U);
}

TEST_F(FileHostile, AFileInTheWayIsRefusedAndStays) {
  write("f", "before");
  const Plan p = plan("f", {{"content", content_json("after")}});
  ASSERT_EQ(mkfifo(path(".aright-r1-0").c_str(), 0600), 0);
  EXPECT_EQ(apply("f", p).error().code, Errc::denied);
  fs::remove(path(".aright-r1-0"));
  write(".aright-r1-0", "somebody's");
  const auto refused = apply("f", p);
  EXPECT_EQ(refused.error().code, Errc::denied);
  EXPECT_NE(refused.error().message.find(".aright-r1-0"), std::string::npos);
  EXPECT_EQ(text("f"), "before");
  EXPECT_EQ(text(".aright-r1-0"), "somebody's");
}

TEST_F(FileHostile, InASharedFolderNothingIsPutIntoPlaceAfterACrash) {
  ASSERT_EQ(chmod(dir_.c_str(), 01777), 0);
  write("f", "before");
  const Plan p = plan("f", {{"content", content_json("after")}});
  write("f", "after");
  write(".aright-r1-0", "planted");
  EXPECT_EQ(apply("f", p).error().code, Errc::timeout);
  EXPECT_EQ(text("f"), "after");
}

TEST_F(FileHostile, FoldersThatOthersCanChangeAreRefusedWhereverTheyAre) {
  fs::create_directories(path("a/b"));
  write("a/b/f", "x");
  ASSERT_EQ(chmod(path("a").c_str(), 0775), 0);
  EXPECT_EQ(driver_.read(id("a/b/f")).error().code, Errc::denied);
  ASSERT_EQ(chmod(path("a").c_str(), 0755), 0);
  EXPECT_TRUE(driver_.read(id("a/b/f")));
  const std::string acl(
      "\2\0\0\0\1\0\7\0\377\377\377\377\2\0\7\0\71\60\0\0\4\0\5\0\377\377\377\377\20\0\7\0\377\377\377\377"
      "\40\0\5\0\377\377\377\377",
      44);
  if (setxattr(path("a/b").c_str(), "system.posix_acl_access", acl.data(), acl.size(), 0) == 0) {
    EXPECT_EQ(driver_.read(id("a/b/f")).error().code, Errc::denied) << "an ACL lets another user write";
  }
  if (geteuid() != 0) GTEST_SKIP() << "skipped: only root may give folders away";
  removexattr(path("a/b").c_str(), "system.posix_acl_access");
  ASSERT_EQ(chmod(path("a/b").c_str(), 0755), 0);
  ASSERT_EQ(chown(path("a/b").c_str(), 12345, 12345), 0);
  EXPECT_EQ(driver_.read(id("a/b/f")).error().code, Errc::denied);
}

TEST_F(FileHostile, AHugeFileWithoutBlocksAndProcAreRefused) {
  write("f", "");
  ASSERT_EQ(truncate(path("f").c_str(), off_t{100} << 30U), 0);
  EXPECT_EQ(driver_.read(id("f")).error().code, Errc::invalid);
  EXPECT_EQ(driver_.read({"file", "/proc/version"}).error().code, Errc::invalid);
}

TEST_F(FileHostile, WhatCannotBeReachedIsRefusedWhenPlanned) {
  const std::string large((1U << 20U) + 1, 'x');
  const auto too_large = driver_.plan(id("f"), {{{"exists", true}, {"content", content_json(large)}}, false});
  EXPECT_EQ(too_large.error().code, Errc::invalid);
  EXPECT_EQ(
      driver_.plan(id("f"), {{{"exists", true}, {"content", content_json("")}, {"mode", "9"}}, false}).error().code,
      Errc::invalid);
}

TEST_F(FileHostile, AMissingFolderIsAbsenceOrAClearError) {
  fs::create_directory(path("x"));
  write("x/f", "x");
  const auto remove = driver_.plan(id("x/f"), {{{"exists", false}}, false});
  fs::remove_all(path("x"));
  EXPECT_EQ(*driver_.apply({id("x/f"), *remove, "r1-0"}), ApplyOutcome::already);
  const Plan create = plan("x/f", {{"content", content_json("x")}});
  const auto refused = driver_.apply({id("x/f"), create, "r1-0"});
  EXPECT_EQ(refused.error().code, Errc::not_found);
  EXPECT_NE(refused.error().message.find("folder does not exist"), std::string::npos);
}

/// A writer that opened the file before the exchange and writes after it: waited for, seen, and put back.
TEST_F(FileHostile, AWriteThatBeganBeforeTheExchangeIsNotLost) {
  write("f", "before");
  const Plan p = plan("f", {{"content", content_json("ours")}});
  const int writer = open(path("f").c_str(), O_WRONLY | O_CLOEXEC);
  struct stat old{};
  ASSERT_EQ(fstat(writer, &old), 0);
  std::thread late([&] {
    struct stat now{};
    while (stat(path("f").c_str(), &now) != 0 || now.st_ino == old.st_ino) std::this_thread::yield();
    EXPECT_EQ(pwrite(writer, "theirs", 6, 0), 6);
    close(writer);
  });
  const auto outcome = apply("f", p);
  late.join();
  ASSERT_FALSE(outcome) << "the exchange was not looked at while a writer had the old file";
  EXPECT_EQ(outcome.error().code, Errc::conflict);
  EXPECT_EQ(text("f"), "theirs");
  EXPECT_EQ(names(), 1U);
}

TEST_F(FileHostile, OfTwoAttemptsFromOneStateOneWins) {
  for (int round = 0; round < 100; ++round) {
    write("f", "before");
    const Plan one = plan("f", {{"content", content_json("one")}});
    const Plan two = plan("f", {{"content", content_json("two")}});
    FileDriver other;
    Result<ApplyOutcome> second;
    std::thread beside([&] { second = other.apply({id("f"), two, "r2-0"}); });
    const Result<ApplyOutcome> first = apply("f", one);
    beside.join();
    ASSERT_TRUE(first || second) << first.error().message;
    EXPECT_EQ(text("f"), first ? "one" : "two");
    const auto& lost = first ? second : first;
    ASSERT_FALSE(lost);
    EXPECT_TRUE(lost.error().code == Errc::conflict || lost.error().retry == Retry::yes) << lost.error().message;
    EXPECT_EQ(names(), 1U);
  }
}

TEST_F(FileHostile, AnOpenFileDoesNotHoldTheFixOffForEver) {
  write("f", "before");
  const Plan p = plan("f", {{"content", content_json("ours")}});
  const UniqueFd writer{open(path("f").c_str(), O_WRONLY | O_CLOEXEC)};
  EXPECT_EQ(*apply("f", p), ApplyOutcome::applied);
  EXPECT_EQ(text("f"), "ours");
}

TEST_F(FileHostile, AnExecutableCanBeStartedAtOnce) {
  fs::copy_file("/bin/true", path("f"));
  const Plan p = plan("f", {{"mode", "0700"}});
  EXPECT_EQ(*apply("f", p), ApplyOutcome::applied);
  const pid_t child = fork();
  if (child == 0) {
    execl(path("f").c_str(), "f", nullptr);
    _exit(1);
  }
  int status = 1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(FileHostile, AFullDiskLeavesTheOriginal) {
  fs::create_directory(path("small"));
  if (mount("none", path("small").c_str(), "tmpfs", 0, "size=64k,mode=0755") != 0) {
    ASSERT_EQ(std::getenv("ARIGHT_MUST_MOUNT"), nullptr) << "may not mount";
    GTEST_SKIP() << "skipped: only root may mount";
  }
  write("small/f", "before");
  const auto large = [&](std::size_t bytes) {
    return driver_.plan(id("small/f"), {{{"exists", true}, {"content", content_json(std::string(bytes, 'x'))}}, false});
  };
  const auto planned = large(200'000);
  const auto p = large(40'000);
  write("small/filler", std::string(40'000, 'x'));  // since then
  const auto refused = driver_.apply({id("small/f"), *p, "r1-0"});
  const std::string now = text("small/f");
  const auto count = std::distance(fs::directory_iterator(dir_ / "small"), {});
  umount2(path("small").c_str(), MNT_DETACH);
  for (const Error& error : {planned.error(), refused.error()}) {
    EXPECT_EQ(error.code, Errc::no_space);
    EXPECT_EQ(error.retry, Retry::yes);
  }
  EXPECT_EQ(
      planned.error().message,
      path("small/f") + ": no space left on device: 61440 of the new file's 200000 bytes are free; free some space");
  EXPECT_EQ(now, "before");
  EXPECT_EQ(count, 2);
}

/// Swaps the managed file, and the folder it lies in, for links to a victim and for other things, as fast as it can.
void race(const fs::path& dir, const std::atomic<bool>& stop, std::atomic<long>& swaps) {
  const auto in = [&](const char* name) { return dir / "x" / name; };
  std::error_code ignored;
  for (long i = 0; !stop; ++i) {
    fs::remove(in("n"), ignored);
    switch (i % 6) {
      case 0: fs::create_symlink(dir / "victim", in("n"), ignored); break;
      case 1: fs::create_hard_link(dir / "victim", in("n"), ignored); break;
      case 2: mkfifo(in("n").c_str(), 0600); break;
      case 3:
        fs::rename(dir / "x", dir / "y", ignored);
        fs::create_directory_symlink(dir / "outside", dir / "x", ignored);
        fs::remove(dir / "x", ignored);
        fs::rename(dir / "y", dir / "x", ignored);
        break;
      default: std::ofstream(in("n")) << "wrong " << i; break;
    }
    fs::rename(in("n"), in("f"), ignored);
    swaps = i;
  }
}

/// What changes beside the file, also the folder's own times and size, is no reason to refuse.
TEST_F(FileHostile, ABusyFolderIsFixedAllTheSame) {
  fs::create_directory(path("x"));
  std::atomic<bool> stop{false};
  std::atomic<long> made{0};
  std::thread busy([&] {
    for (; !stop; ++made) {
      write("x/other", "x");
      fs::rename(path("x/other"), path("x/another"));
      chmod(path("x").c_str(), made % 2 == 0 ? 0700 : 0755);
    }
  });
  for (int round = 0; round < 100 || made < 100; ++round) {
    write("x/f", "wrong");
    const auto p = driver_.plan(id("x/f"), {{{"exists", true}, {"content", content_json("ours")}}, false});
    const auto done = p ? driver_.apply({id("x/f"), *p, "r" + std::to_string(round) + "-0"})
                        : Result<ApplyOutcome>(std::unexpected(p.error()));
    if (!done || *done != ApplyOutcome::applied) {
      ADD_FAILURE() << "round " << round << ": " << (done ? "already" : done.error().message);
      break;
    }
  }
  stop = true;
  busy.join();
}

TEST_F(FileHostile, ARacerGainsNothing) {
  const char* more = std::getenv("ARIGHT_TEST_SWAPS");
  const long swaps_wanted = more == nullptr ? 5'000 : std::atol(more);
  write("victim", "victim");
  fs::create_directory(path("outside"));
  write("outside/f", "outside");
  fs::create_directory(path("x"));
  write("x/f", "wrong");
  std::atomic<bool> stop{false};
  std::atomic<long> swaps{0};
  std::thread racer(race, dir_, std::cref(stop), std::ref(swaps));
  long applied = 0;
  long tries = 0;
  for (; swaps < swaps_wanted || tries < 1'000; ++tries) {
    const auto p = driver_.plan(id("x/f"), {{{"exists", true}, {"content", content_json("ours")}}, false});
    if (!p || p->before.fields.at("exists") == false) continue;
    if (driver_.apply({id("x/f"), *p, "r" + std::to_string(tries) + "-0"})) ++applied;
  }
  stop = true;
  racer.join();
  RecordProperty("applied", static_cast<int>(applied));  // how often we were in time is the scheduler's luck
  fs::remove(path("x/f"));
  write("x/f", "wrong");
  const auto calm = driver_.plan(id("x/f"), {{{"exists", true}, {"content", content_json("ours")}}, false});
  EXPECT_TRUE(calm && driver_.apply({id("x/f"), *calm, "r-calm"})) << "with nobody racing it must be put right";
  EXPECT_EQ(text("x/f"), "ours");
  EXPECT_EQ(text("victim"), "victim");
  EXPECT_EQ(text("outside/f"), "outside");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_ / "outside"), {}), 1);
  for (const auto& entry : fs::directory_iterator(dir_ / "x")) {
    EXPECT_TRUE(entry.path().filename() == "f" || entry.path().filename() == "n") << entry.path();
  }
}

}  // namespace
}  // namespace aright::driver
