// The ends of programs: in time, too late, several at once, with all that they started. Nothing sleeps for luck: a
// program that must still run waits for ever, and every wait of ours has a deadline.
#include <atomic>

#include "base/ubsan_fixture.h"
#include "driver/exec_runner_fixture.h"

namespace aright::driver {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_F(ExecRunnerTest, EndsWhatTakesTooLong) {
  auto asked = request({"/usr/bin/sleep", "1000"});
  asked.time_limit = 20ms;
  const auto outcome = run(asked);
  EXPECT_EQ(outcome.cut, ProgramCut::time_limit);
  EXPECT_TRUE(outcome.signalled);
  EXPECT_EQ(outcome.number, SIGTERM);
  EXPECT_GE(outcome.elapsed, asked.time_limit);
  expect_no_children();
}

TEST_F(ExecRunnerTest, TermIsAChanceToEndWell) {
  start({.running_max = 8, .wait = patience, .grace = patience, .last = patience});
  const auto outcome = run_until_up(request(
      {script("p", "trap 'echo cleaned; exit 5' TERM\necho > " + at("up") + "\nwhile :; do sleep 0.01; done")}));
  EXPECT_FALSE(outcome.signalled);
  EXPECT_EQ(outcome.number, 5);
  EXPECT_EQ(outcome.output.kept, "cleaned\n");
}

TEST_F(ExecRunnerTest, KillsWhatIgnoresTerm) {
  const auto outcome = run_until_up(request({script(
      "p", "trap '' TERM\necho $$ > " + at("pid") + "; echo > " + at("up") + "\nwhile :; do sleep 1000; done")}));
  EXPECT_TRUE(outcome.signalled);
  EXPECT_EQ(outcome.number, SIGKILL);
  EXPECT_TRUE(gone("pid"));
  expect_no_children();
}

/// Forks twice, into a session of its own, ignores TERM, keeps our pipes open and (`clear`) has no environment.
std::string runaway(const std::string& pid_file, bool clear, const std::string& then) {
  return "import os, signal, time, sys\n"
         "r, w = os.pipe()\n"
         "if os.fork() == 0:\n"
         "  os.setsid()\n"
         "  if os.fork() != 0: os._exit(0)\n"
         "  signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
         "  code = f\"open('" +
         pid_file +
         "', 'w').write(str(__import__('os').getpid())); __import__('os').write({w}, b'x');\"\n"
         "  code += \"__import__('time').sleep(1000)\"\n"
         "  os.set_inheritable(w, True)\n"
         "  os.execve('/usr/bin/python3', ['python3', '-S', '-c', code], " +
         (clear ? "{}" : "dict(os.environ)") +
         ")\n"
         "os.read(r, 1)\n" +
         then;
}

TEST_F(ExecRunnerTest, WhatMovedAwayEndsWithTheProgram) {
  const auto outcome = run(request({python("p", runaway(at("pid"), false, "print('done')"))}));
  EXPECT_EQ(outcome.number, 0);
  EXPECT_EQ(outcome.output.kept, "done\n");
  EXPECT_EQ(outcome.strays_ended, 1U);
  EXPECT_EQ(outcome.strays_left, 0U);
  EXPECT_TRUE(gone("pid"));
  expect_no_children();
}

TEST_F(ExecRunnerTest, WhatMovedAwayAndDroppedItsKeyEndsToo) {
  const auto outcome = run(request({python("p", runaway(at("pid"), true, "print('done')"))}));
  EXPECT_EQ(outcome.strays_ended, 1U);
  EXPECT_TRUE(gone("pid"));
  expect_no_children();
}

TEST_F(ExecRunnerTest, WhatMovedAwayEndsWithAProgramThatIsEnded) {
  const auto outcome = run_until_up(
      request({python("p", runaway(at("pid"), false, "open('" + at("up") + "', 'w').close(); time.sleep(1000)"))}));
  EXPECT_EQ(outcome.strays_ended, 1U);
  EXPECT_TRUE(gone("pid"));
  expect_no_children();
}

TEST_F(ExecRunnerTest, ItsGroupEndsWithTheProgram) {
  const auto outcome = run(request({script("p", "sleep 1000 & sleep 1000 & echo $! > " + at("pid") + "; exit 0")}));
  EXPECT_EQ(outcome.number, 0);
  EXPECT_EQ(outcome.strays_ended, 2U);
  EXPECT_TRUE(gone("pid"));
  expect_no_children();
}

/// The stray of one request, while another runs that has one too: each is ended with its own.
TEST_F(ExecRunnerTest, StraysOfSeveralAreKeptApart) {
  const std::string slow = python("slow", runaway(at("pid-slow"), false,
                                                  "open('" + at("up") +
                                                      "', 'w').close()\n"
                                                      "sys.stdin.read()\n"
                                                      "while not os.path.exists('" +
                                                      at("go") +
                                                      "'):"
                                                      " time.sleep(0.002)\n"));
  const auto asked = request({slow});
  ProgramOutcome late;
  std::thread other([&] { late = run(asked); });
  EXPECT_TRUE(wait_until([&] { return fs::exists(at("up")); }));
  const auto quick = run(request({python("quick", runaway(at("pid-quick"), false, ""))}));
  EXPECT_EQ(quick.strays_ended, 1U);
  EXPECT_TRUE(gone("pid-quick"));
  EXPECT_FALSE(gone("pid-slow"));
  std::ofstream(at("go")).close();
  other.join();
  EXPECT_EQ(late.strays_ended, 1U);
  EXPECT_TRUE(gone("pid-slow"));
  expect_no_children();
}

TEST_F(ExecRunnerTest, WhatIsLeftEndsAlsoWithoutAFreeDescriptor) {
  if (under_ubsan) {
    GTEST_SKIP() << "skipped: UBSan's check of object types needs a descriptor of its own";
  }
  const auto asked = request({python("p", runaway(at("pid"), false,
                                                  "open('" + at("up") + "', 'w').close()\nwhile not os.path.exists('" +
                                                      at("go") + "'): time.sleep(0.002)\n"))});
  ProgramOutcome outcome;
  std::thread busy([&] { outcome = run(asked); });
  EXPECT_TRUE(wait_until([&] { return fs::exists(at("up")); }));
  {
    const NoDescriptors none;
    EXPECT_TRUE(fs::create_directory(at("go")));
    busy.join();
  }
  EXPECT_EQ(outcome.number, 0);
  EXPECT_EQ(outcome.strays_ended, 1U);
  EXPECT_EQ(outcome.strays_left, 0U);
  EXPECT_TRUE(gone("pid"));
  expect_no_children();
}

TEST_F(ExecRunnerTest, ManyAtOnceEachWithItsOwn) {
  const std::string echo = script("p", "cat; sleep 1000 & echo \"$ARIGHT_KEY $1\" >&2");
  constexpr int threads = 12;
  constexpr int rounds = 8;
  std::atomic<int> good{0};
  std::vector<std::thread> crowd;
  for (int t = 0; t < threads; ++t) {
    crowd.emplace_back([&, t] {
      for (int i = 0; i < rounds; ++i) {
        const std::string key = "t" + std::to_string(t) + "-" + std::to_string(i);
        ProgramRequest asked;
        asked.key = key;
        asked.arguments = {echo, "a b"};
        asked.input = "\"" + key + "\"";
        asked.time_limit = patience;
        asked.output_max = 1024;
        const auto outcome = runner_->run(asked);
        const bool right = outcome && outcome->number == 0 && outcome->output.kept == asked.input + "\n" &&
                           outcome->errors.kept == key + " a b\n" && outcome->strays_ended == 1;
        if (right) ++good;
        EXPECT_TRUE(right) << key << ": " << (outcome ? outcome->errors.kept : outcome.error().message);
      }
    });
  }
  for (auto& thread : crowd) thread.join();
  EXPECT_EQ(good, threads * rounds);
  expect_no_children();
}

TEST_F(ExecRunnerTest, NeverMoreThanTheLimit) {
  start({.running_max = 1, .wait = 50ms, .grace = 100ms, .last = patience});
  const auto first =
      request({script("p", "echo > " + at("up") + "; cat; while [ ! -e " + at("go") + " ]; do sleep 0.01; done")});
  std::thread busy([&] { EXPECT_EQ(run(first).number, 0); });
  EXPECT_TRUE(wait_until([&] { return fs::exists(at("up")); }));
  EXPECT_THAT(refusal(request({"/usr/bin/true"}), Errc::unavailable),
              HasSubstr("program /usr/bin/true: 1 programs are running, which is the limit; none ended within 50ms"));
  std::ofstream(at("go")).close();
  busy.join();
  EXPECT_EQ(run(request({"/usr/bin/true"})).number, 0);
}

TEST_F(ExecRunnerTest, OneKeyRunsOnce) {
  const auto first =
      request({script("p", "echo > " + at("up") + "; while [ ! -e " + at("go") + " ]; do sleep 0.01; done")});
  std::thread busy([&] { EXPECT_EQ(run(first).number, 0); });
  EXPECT_TRUE(wait_until([&] { return fs::exists(at("up")); }));
  EXPECT_THAT(refusal(first, Errc::conflict), HasSubstr("one with the key " + first.key + " is running already"));
  std::ofstream(at("go")).close();
  busy.join();
}

TEST_F(ExecRunnerTest, StopEndsWhatRunsAndWhatWouldRun) {
  const auto outcome = run_until_up(request({script("p", "echo > " + at("up") + "; exec sleep 1000")}));
  EXPECT_EQ(outcome.number, SIGTERM);
  EXPECT_THAT(refusal(request({"/usr/bin/true"}), Errc::unavailable), HasSubstr("we are stopping"));
}

TEST_F(ExecRunnerTest, OneFamilyInAProcess) {
  const auto second = ExecRunner::create({});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
}

TEST_F(ExecRunnerTest, ChildrenFromBeforeAreLeftAlone) {
  runner_.reset();
  const pid_t other = fork();
  if (other == 0) {
    for (;;) pause();
  }
  start({.running_max = 8, .wait = patience, .grace = 100ms, .last = patience});
  EXPECT_EQ(run(request({"/usr/bin/true"})).strays_left, 0U);
  EXPECT_EQ(kill(other, 0), 0);
  const auto unclear = run(request({python("p", runaway(at("pid"), true, ""))}));
  EXPECT_EQ(unclear.strays_ended, 0U);
  EXPECT_EQ(unclear.strays_left, 1U);
  EXPECT_FALSE(gone("pid"));
  pid_t left = 0;
  std::ifstream(at("pid")) >> left;
  for (const pid_t pid : {other, left}) {
    kill(pid, SIGKILL);
    EXPECT_EQ(waitpid(pid, nullptr, 0), pid);
  }
}

}  // namespace
}  // namespace aright::driver
