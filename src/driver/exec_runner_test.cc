// Real programs, most of them small scripts in a folder of their own: what they are given and what is refused.
#include <fcntl.h>
#include <sys/resource.h>

#include <array>
#include <nlohmann/json.hpp>

#include "base/bytes.h"
#include "base/json.h"
#include "driver/exec/program_file.h"
#include "driver/exec_runner_fixture.h"

namespace aright::driver {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(ExecRunnerTest, TellsTheExitCodeAndBothStreams) {
  const auto outcome = run(request({script("p", "echo out; echo err >&2; exit 7")}));
  EXPECT_FALSE(outcome.signalled);
  EXPECT_EQ(outcome.number, 7);
  EXPECT_EQ(outcome.cut, ProgramCut::none);
  EXPECT_EQ(outcome.output.kept, "out\n");
  EXPECT_EQ(outcome.output.total, 4U);
  EXPECT_EQ(outcome.errors.kept, "err\n");
  EXPECT_GT(outcome.elapsed.count(), 0);
  EXPECT_EQ(outcome.strays_ended, 0U);
  expect_no_children();
}

TEST_F(ExecRunnerTest, TellsTheSignal) {
  const auto outcome = run(request({script("p", "kill -USR1 $$")}));
  EXPECT_TRUE(outcome.signalled);
  EXPECT_EQ(outcome.number, SIGUSR1);
}

TEST_F(ExecRunnerTest, ArgumentsArriveUntouched) {
  const std::string show = python("p",
                                  "import sys, json\n"
                                  "print(json.dumps([a.encode('utf-8', 'surrogateescape').hex() "
                                  "for a in sys.argv[1:]]))");
  const std::vector<std::string> given{
      "",         " ",    "a\nb",  "'\"`",   "$(touch " + at("canary") + ")", "`id`", "; rm x", "-oProxyCommand=x", "*",
      "\xFF\xFE", "%s%n", "\\x41", "\x1B[2J"};
  auto asked = request({show});
  asked.arguments.insert(asked.arguments.end(), given.begin(), given.end());
  const auto seen = Json::parse(run(asked).output.kept);
  ASSERT_EQ(seen.size(), given.size());
  for (std::size_t i = 0; i < given.size(); ++i) EXPECT_EQ(seen[i], hex(as_bytes(given[i]))) << i;
  EXPECT_FALSE(fs::exists(at("canary")));
}

TEST_F(ExecRunnerTest, TheInputArrivesWhole) {
  auto asked = request({"/usr/bin/cat"});
  asked.input = R"({"text":")" + std::string(900'000, 'x') + "\"}";
  asked.output_max = program_output_bytes_max;
  const auto outcome = run(asked);
  EXPECT_EQ(outcome.output.kept, asked.input + "\n");
  EXPECT_EQ(outcome.input_taken, asked.input.size() + 1);
  EXPECT_EQ(run(request({"/usr/bin/cat"})).output.total, 0U);
}

TEST_F(ExecRunnerTest, NothingIsInheritedButWhatIsStated) {
  const UniqueFd leak{open("/dev/null", O_RDONLY)};  // without close-on-exec
  ASSERT_EQ(setenv("ARIGHT_TEST_SECRET", "s", 1), 0);
  const std::string show =
      python("p",
             "import os, signal, json\n"
             "status = dict(l.split(':\\t', 1) for l in open('/proc/self/status') if ':\\t' in l)\n"
             "fds = sorted(int(n) for n in os.listdir('/proc/self/fd'))\n"
             "live = [n for n in fds if os.path.exists(f'/proc/self/fd/{n}')]\n"
             "print(json.dumps({'env': dict(os.environ), 'cwd': os.getcwd(), 'fds': live,\n"
             "  'blocked': status['SigBlk'].strip(), 'ignored': int(status['SigIgn'], 16),\n"
             "  'session': os.getsid(0) == os.getpid(), 'group': os.getpgid(0) == os.getpid()}))");
  sigset_t usr;
  sigemptyset(&usr);
  sigaddset(&usr, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &usr, nullptr);
  const auto old = std::signal(SIGHUP, SIG_IGN);
  auto asked = request({show});
  asked.environment["STATED"] = "a\nb";
  const auto seen = Json::parse(run(asked).output.kept);
  std::signal(SIGHUP, old);
  pthread_sigmask(SIG_UNBLOCK, &usr, nullptr);
  unsetenv("ARIGHT_TEST_SECRET");
  auto environment = seen["env"];
  environment.erase("LC_CTYPE");  // python sets it itself
  EXPECT_EQ(environment, Json({{"ARIGHT_KEY", asked.key},
                               {"LANG", "C.UTF-8"},
                               {"STATED", "a\nb"},
                               {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}}));
  EXPECT_EQ(seen["cwd"], "/");
  EXPECT_EQ(seen["fds"], Json({0, 1, 2})) << seen;
  EXPECT_EQ(seen["blocked"], "0000000000000000");
  // python ignores SIGPIPE and SIGXFSZ itself, the C library the two behind 31 that it keeps for itself
  constexpr std::uint64_t not_ours = std::uint64_t{0b11} << 31 | 1U << (SIGPIPE - 1) | 1U << (SIGXFSZ - 1);
  EXPECT_EQ(seen["ignored"].get<std::uint64_t>() & ~not_ours, 0U);
  EXPECT_TRUE(seen["session"].get<bool>());
  EXPECT_TRUE(seen["group"].get<bool>());
}

TEST_F(ExecRunnerTest, OutputIsCappedAndCounted) {
  auto asked = request({python("p",
                               "import os\n"
                               "for i in range(64):\n"
                               "  os.write(1, b'o' * 65536); os.write(2, b'e' * 65536)")});
  asked.output_max = 1000;
  const auto outcome = run(asked);
  EXPECT_EQ(outcome.output.kept, std::string(1000, 'o'));
  EXPECT_EQ(outcome.errors.kept, std::string(1000, 'e'));
  EXPECT_EQ(outcome.output.total, 64U * 65536U);
  EXPECT_EQ(outcome.errors.total, 64U * 65536U);
}

/// Input, output and errors each far beyond a pipe's size, in the order that would stop a careless caller for ever.
TEST_F(ExecRunnerTest, FullPipesDoNotStopEachOther) {
  auto asked = request({python("p",
                               "import os, sys\n"
                               "os.write(2, b'e' * 900000)\n"
                               "os.write(1, b'o' * 900000)\n"
                               "data = sys.stdin.read()\n"
                               "print(len(data))")});
  asked.input = "\"" + std::string(900'000, 'x') + "\"";
  const auto outcome = run(asked);
  EXPECT_EQ(outcome.cut, ProgramCut::none);
  EXPECT_EQ(outcome.errors.total, 900'000U);
  EXPECT_EQ(outcome.output.total, 900'000U + 7U);
}

TEST_F(ExecRunnerTest, AProgramNeedNotReadItsInput) {
  auto asked = request({"/usr/bin/true"});
  asked.input = "\"" + std::string(900'000, 'x') + "\"";
  const auto outcome = run(asked);
  EXPECT_EQ(outcome.number, 0);
  EXPECT_LT(outcome.input_taken, asked.input.size());
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGPIPE), 0);
  auto closes = request({script("p", "exec <&-; echo closed")});
  closes.input = asked.input;
  EXPECT_EQ(run(closes).output.kept, "closed\n");
}

TEST_F(ExecRunnerTest, RefusesWhatIsNoProgram) {
  EXPECT_THAT(refusal(request({at("none")}), Errc::not_found), StartsWith("program " + at("none") + ": no such file"));
  EXPECT_THAT(refusal(request({at("none/x")}), Errc::not_found), HasSubstr(at("none/x")));
  EXPECT_THAT(refusal(request({folder_}), Errc::invalid), HasSubstr("is not a regular file"));
  ASSERT_EQ(mkfifo(at("pipe").c_str(), 0755), 0);
  EXPECT_THAT(refusal(request({at("pipe")}), Errc::invalid), HasSubstr("is not a regular file"));
  script("real", "exit 0");
  fs::create_symlink(at("real"), at("link"));
  EXPECT_THAT(refusal(request({at("link")}), Errc::denied), HasSubstr("is a link; name the real path " + at("real")));
  fs::create_directory_symlink(folder_, at("way"));
  EXPECT_THAT(refusal(request({at("way/real")}), Errc::denied),
              HasSubstr("leads through a link, " + at("way") + "; name the real path " + at("real")));
  EXPECT_THAT(refusal(request({at("way/none")}), Errc::denied),
              StartsWith("program " + at("way/none") + ": no such file; the path leads through a link"));
  EXPECT_THAT(refusal(request({folder_ + "/../x"}), Errc::invalid), HasSubstr("\"..\" component"));
}

TEST_F(ExecRunnerTest, RefusesWhatOthersCanChange) {
  const std::string path = script("p", "exit 0");
  ASSERT_EQ(chmod(path.c_str(), 0775), 0);
  EXPECT_THAT(refusal(request({path}), Errc::denied),
              HasSubstr("can be changed by others (mode 0775): chmod go-w " + path));
  EXPECT_FALSE(is_safe_program(path));
  ASSERT_EQ(chmod(path.c_str(), 0644), 0);
  EXPECT_THAT(refusal(request({path}), Errc::denied), HasSubstr("is not executable by us (mode 0644)"));
  EXPECT_TRUE(is_safe_program(path));
  ASSERT_EQ(chmod(path.c_str(), 0755), 0);
  ASSERT_EQ(chmod(folder_.c_str(), 0777), 0);
  EXPECT_THAT(refusal(request({path}), Errc::denied), HasSubstr("others may write to the folder (mode 0777)"));
  ASSERT_EQ(chmod(folder_.c_str(), 0700), 0);
  if (geteuid() != 0) GTEST_SKIP() << "skipped: only root may give files away";
  EXPECT_TRUE(wait_until([&] { return runner_->run(request({path})).has_value(); }));
  ASSERT_EQ(chown(path.c_str(), 12345, 12345), 0);
  EXPECT_THAT(refusal(request({path}), Errc::denied), HasSubstr("belongs to user 12345"));
}

TEST_F(ExecRunnerTest, NamesWhyAProgramDoesNotStart) {
  EXPECT_THAT(refusal(request({script("a", "", "#!/no/such/interpreter")}), Errc::not_found),
              HasSubstr("the interpreter it asks for does not exist"));
  EXPECT_THAT(refusal(request({script("b", "exit 0", "no first line")}), Errc::invalid),
              HasSubstr("nor has a #! line"));
  EXPECT_THAT(refusal(request({script("c", "", "#!" + folder_)}), Errc::denied), HasSubstr("may not be run"));
  rlimit stack{};
  getrlimit(RLIMIT_STACK, &stack);
  const rlimit small{512 * 1024, stack.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_STACK, &small), 0);
  auto asked = request({"/usr/bin/true"});
  asked.arguments.resize(4, std::string(100'000, 'x'));
  EXPECT_THAT(refusal(asked, Errc::invalid), HasSubstr("more than the system takes"));
  ASSERT_EQ(setrlimit(RLIMIT_STACK, &stack), 0);
  expect_no_children();
}

TEST_F(ExecRunnerTest, NamesAProgramThatIsBeingWritten) {
  const std::string path = at("true");
  fs::copy_file("/usr/bin/true", path);
  const UniqueFd writer{open(path.c_str(), O_WRONLY | O_CLOEXEC)};
  const auto outcome = runner_->run(request({path}));
  if (outcome) GTEST_SKIP() << "skipped: this kernel runs programs that are being written";
  EXPECT_EQ(outcome.error().code, Errc::unavailable);
  EXPECT_EQ(outcome.error().retry, Retry::yes);
  EXPECT_THAT(outcome.error().message, HasSubstr("is being written"));
}

TEST_F(ExecRunnerTest, StartsWithClosedStandardDescriptors) {
  std::array<UniqueFd, 3> kept;
  for (int fd = 0; fd < 3; ++fd) kept.at(static_cast<std::size_t>(fd)) = UniqueFd{fcntl(fd, F_DUPFD_CLOEXEC, 100)};
  for (int fd = 0; fd < 3; ++fd) close(fd);
  auto asked = request({"/usr/bin/cat"});
  asked.input = "[1]";
  const auto outcome = runner_->run(asked);
  for (int fd = 0; fd < 3; ++fd) dup2(kept.at(static_cast<std::size_t>(fd)).get(), fd);
  ASSERT_TRUE(outcome) << outcome.error().message;
  EXPECT_EQ(outcome->output.kept, "[1]\n");
}

}  // namespace
}  // namespace aright::driver
