// Every system call of a change fails once, and the process is killed at every one: with strace(1) on this very
// program.
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/fs.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "driver/file/names.h"
#include "driver/file_driver_fixture.h"

namespace aright::driver {
namespace {

namespace fs = std::filesystem;

// What the signal handler writes, and where. It allocates nothing: it may interrupt whoever does.
std::string_view g_foreign = "somebody else's\n";
std::string g_target;
std::string g_beside;

/// Somebody else, at the very moment that strace chooses by a signal: replaces the file.
void act_as_somebody_else(int) {
  static bool again = false;
  if (std::exchange(again, true)) g_foreign = "newer\n";
  const int fd = open(g_beside.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
  if (write(fd, g_foreign.data(), g_foreign.size()) < 0 || rename(g_beside.c_str(), g_target.c_str()) != 0) _exit(1);
  close(fd);
}

/// Before main ThreadSanitizer takes away a file of its own.
#ifdef __has_feature
constexpr int first_unlink = __has_feature(thread_sanitizer) ? 2 : 1;
#else
constexpr int first_unlink = 1;
#endif

/// At the first unlinkat of ours.
std::string at_first_unlink(std::string_view how) { return fmt::format("unlinkat:{}:when={}", how, first_unlink); }

class FileFaults : public FileDriverTest {
 protected:
  /// Runs the child below under strace in a fresh folder. Its answer: what apply said, by name.
  std::string run(const std::string& kind, const std::vector<std::string>& injections) {
    fs::remove(path("answer"));
    fs::remove(path("log"));
    std::vector<std::string> argv{"strace", "-f", "-qq", "-o", path("log")};
    for (const std::string& injection : injections) argv.insert(argv.end(), {"-e", "inject=" + injection});
    argv.insert(argv.end(), {fs::read_symlink("/proc/self/exe").string(), "--gtest_also_run_disabled_tests",
                             "--gtest_filter=FileFaultsChild.DISABLED_Apply"});
    std::vector<char*> raw;
    for (std::string& word : argv) raw.push_back(word.data());
    raw.push_back(nullptr);
    // Where this program has a share of all cases: the child has its own.
    for (const char* share : {"GTEST_TOTAL_SHARDS", "GTEST_SHARD_INDEX", "GTEST_SHARD_STATUS_FILE"}) unsetenv(share);
    setenv("ARIGHT_TEST_KIND", kind.c_str(), 1);
    setenv("ARIGHT_TEST_DIR", dir_.c_str(), 1);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
    pid_t child = 0;
    if (posix_spawnp(&child, "strace", &files, nullptr, raw.data(), environ) != 0) return "no strace";
    posix_spawn_file_actions_destroy(&files);
    int status = 0;
    waitpid(child, &status, 0);
    if (!fs::exists(path("log"))) return "no strace";
    std::ifstream log(path("log"));
    const std::string lines{std::istreambuf_iterator<char>(log), {}};
    if (lines.find("ptrace") != std::string::npos && lines.find("openat2") == std::string::npos) return "no strace";
    injected_ = lines.find("INJECTED") != std::string::npos || lines.find("killed by") != std::string::npos;
    const std::string answer = text("answer");
    return answer.empty() ? "killed" : answer;
  }

  /// Kinds: "put", "flagged" (the same with a flag that is to be kept), "create", "remove".
  void start(const std::string& kind) {
    fs::remove_all(path("x"));
    fs::create_directory(path("x"));
    if (kind != "create") write("x/f", "before\n");
    if (kind != "flagged") return;
    const UniqueFd fd{open(path("x/f").c_str(), O_RDONLY | O_CLOEXEC)};
    const int flags = FS_NODUMP_FL;
    flagged_ = ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) == 0;
  }
  std::string seen() const { return fs::exists(path("x/f")) ? text("x/f") : "absent"; }
  std::size_t left() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(dir_ / "x"), {})) -
           (fs::exists(path("x/f")) ? 1 : 0);
  }
  static std::string before(const std::string& kind) { return kind == "create" ? "absent" : "before\n"; }
  static std::string after(const std::string& kind) { return kind == "remove" ? "absent" : "after\n"; }

  /// What must hold after any fault, and after the same request is made again.
  void check(const std::string& kind, const std::string& answer, const std::string& what) {
    const std::string now = seen();
    if (answer == "applied" || answer == "already") {
      EXPECT_EQ(now, after(kind)) << what;
      EXPECT_EQ(left(), 0U) << what;
    } else if (answer == "killed" || answer == "timeout") {
      EXPECT_TRUE(now == before(kind) || now == after(kind)) << what << now;
    } else {
      EXPECT_EQ(now, before(kind)) << what << answer;
      EXPECT_EQ(left(), answer == "unlinkat" ? 1U : 0U) << what << answer;
    }
    const std::string again = run(kind, {"getitimer:error=EIO"});
    EXPECT_TRUE(again == "applied" || again == "already") << what << again;
    EXPECT_EQ(seen(), after(kind)) << what;
    EXPECT_EQ(left(), 0U) << what;
  }

  /// Injects `how` at the first, second, … call of `syscall` made inside apply until no more is hit.
  int sweep(const std::string& kind, const std::string& syscall, const std::string& how) {
    for (int n = 1;; ++n) {
      start(kind);
      const std::string what = fmt::format("{} {}:{} at call {}: ", kind, syscall, how, n);
      const std::string answer = run(kind, {fmt::format("{}:{}:when={}", syscall, how, n)});
      if (answer == "no strace") return -1;
      if (!injected_) return n - 1;
      check(kind, answer, what);
    }
  }

  bool injected_{false};
  bool flagged_{false};
};

/// Started by run(): one plan that is the same in every attempt, and one apply.
TEST(FileFaultsChild, DISABLED_Apply) {
  const char* kind_text = std::getenv("ARIGHT_TEST_KIND");
  const char* dir = std::getenv("ARIGHT_TEST_DIR");
  if (kind_text == nullptr || dir == nullptr) GTEST_SKIP() << "skipped: only as a child";
  const std::string kind = kind_text;
  g_target = std::string(dir) + "/x/f";
  g_beside = g_target + ".new";
  signal(SIGUSR1, act_as_somebody_else);
  const Json there{
      {"exists", true}, {"mode", "0644"}, {"owner", *user_name(geteuid())}, {"group", *group_name(getegid())}};
  const Json absent{{"exists", false}};
  Plan plan;
  plan.before.fields = kind == "create" ? absent : there;
  plan.after.fields = kind == "remove" ? absent : there;
  if (kind != "create") plan.before.fields["content"] = content_json("before\n");
  if (kind != "remove") plan.after.fields["content"] = content_json("after\n");
  if (kind == "flagged") plan.before.fields["flags"] = plan.after.fields["flags"] = "d";
  FileDriver driver;
  const auto outcome = driver.apply({{"file", g_target}, plan, "r1-0"});
  std::string answer =
      outcome ? (*outcome == ApplyOutcome::applied ? "applied" : "already") : std::string(name(outcome.error().code));
  if (!outcome && outcome.error().message.find("stays beside it") != std::string::npos) answer = "unlinkat";
  std::ofstream(std::string(dir) + "/answer") << answer;
}

TEST_F(FileFaults, AnErrorAtAnyCallIsToldAndLeavesAProvenState) {
  for (const char* kind : {"put", "create", "remove"}) {
    int hits = 0;
    for (const char* syscall : {"renameat2", "unlinkat", "fsync", "linkat", "fchmod", "flistxattr", "openat2"}) {
      const int hit = sweep(kind, syscall, "error=EIO");
      if (hit < 0) GTEST_SKIP() << "skipped: no strace, or it may not trace";
      hits += hit;
    }
    EXPECT_GE(hits, 9) << kind;
  }
}

TEST_F(FileFaults, DyingAtAnyCallIsMendedByTheNextAttempt) {
  for (const char* kind : {"put", "create", "remove"}) {
    for (const char* syscall : {"renameat2", "unlinkat", "fsync", "linkat", "fchmod"}) {
      if (sweep(kind, syscall, "signal=KILL") < 0) GTEST_SKIP() << "skipped: no strace, or it may not trace";
    }
  }
}

TEST_F(FileFaults, AFailureAfterTheEffectIsNotKnown) {
  const std::vector<std::string> ways{"fsync:error=EIO:when=2", at_first_unlink("error=EIO"),
                                      "renameat2:error=EIO:when=1"};
  for (const std::string& way : ways) {
    start("put");
    const std::string answer = run("put", {way});
    if (answer == "no strace") GTEST_SKIP() << "skipped: no strace, or it may not trace";
    EXPECT_EQ(answer, "timeout") << way;
  }
  start("put");
  EXPECT_EQ(run("put", {"fsync:error=EIO:when=1"}), "corrupt");  // of the new file, which nobody has seen yet
}

/// btrfs takes the flag against copies for an empty file only; here it is seen in the order of the calls.
TEST_F(FileFaults, FlagsAreSetBeforeThereIsContent) {
  start("flagged");
  if (!flagged_) GTEST_SKIP() << "skipped: no file flags here";
  const std::string answer = run("flagged", {"getitimer:error=EIO"});
  if (answer == "no strace") GTEST_SKIP() << "skipped: no strace, or it may not trace";
  ASSERT_EQ(answer, "applied");
  const std::string log = text("log");
  const auto set = log.find("FS_IOC_SETFLAGS");
  const auto written = log.find("\"after\\n\"");
  ASSERT_NE(set, std::string::npos);
  ASSERT_NE(written, std::string::npos);
  EXPECT_LT(set, written);
}

/// Somebody replaces the file when our new one has its temporary name: it is displaced, seen and put back.
TEST_F(FileFaults, AChangeBetweenTheLookAndTheExchangeIsPutBack) {
  start("put");
  const std::string answer = run("put", {"linkat:signal=USR1:when=1"});
  if (answer == "no strace") GTEST_SKIP() << "skipped: no strace, or it may not trace";
  EXPECT_EQ(answer, "conflict");
  EXPECT_EQ(seen(), "somebody else's\n");
  EXPECT_EQ(left(), 0U);
}

/// Twice: once before the exchange, once before it is taken back. The newer one must not be taken for our own.
TEST_F(FileFaults, AChangeWhileAnotherIsPutBackIsNotLost) {
  start("put");
  const std::string answer = run("put", {"linkat:signal=USR1:when=1", "fcntl:signal=USR1:when=1"});
  if (answer == "no strace") GTEST_SKIP() << "skipped: no strace, or it may not trace";
  EXPECT_EQ(answer, "conflict");
  EXPECT_EQ(seen(), "newer\n");
  EXPECT_EQ(left(), 0U);
}

/// The same, and dying on the way back at every call; the next attempt puts it back.
TEST_F(FileFaults, DyingWhilePuttingBackLosesNothing) {
  const std::vector<std::string> ways{"renameat2:signal=KILL:when=2", at_first_unlink("signal=KILL"),
                                      "fsync:signal=KILL:when=2",     "renameat2:error=EIO:when=2",
                                      at_first_unlink("error=EIO"),   "fsync:error=EIO:when=2"};
  for (const std::string& way : ways) {
    start("put");
    const std::string answer = run("put", {"linkat:signal=USR1:when=1", way});
    if (answer == "no strace") GTEST_SKIP() << "skipped: no strace, or it may not trace";
    EXPECT_TRUE(answer == "killed" || answer == "timeout") << way << answer;
    EXPECT_EQ(run("put", {"getitimer:error=EIO"}), "conflict") << way;
    EXPECT_EQ(seen(), "somebody else's\n") << way;
    EXPECT_EQ(left(), 0U) << way;
  }
}

/// Removed, and at once made anew by somebody else: theirs stays, and nothing is lost.
TEST_F(FileFaults, ANewFileAtTheRemovedNameStays) {
  start("remove");
  const std::string answer = run("remove", {"renameat2:signal=USR1:when=1"});
  if (answer == "no strace") GTEST_SKIP() << "skipped: no strace, or it may not trace";
  EXPECT_EQ(answer, "applied");
  EXPECT_EQ(seen(), "somebody else's\n");
  EXPECT_EQ(left(), 0U);
}

}  // namespace
}  // namespace aright::driver
