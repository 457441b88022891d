// Programs that outlive the life of the process that started them: found whatever they have become, and ended in time.
#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "base/ubsan_fixture.h"
#include "driver/exec/marks.h"
#include "driver/exec/process.h"
#include "driver/exec_runner_fixture.h"

namespace aright::driver {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::HasSubstr;

class ExecFormerTest : public ExecRunnerTest {
 protected:
  static constexpr ExecLimits limits{.running_max = 8, .wait = patience, .grace = 100ms, .last = patience};

  void TearDown() override {
    if (runner_ && asked_) {
      EXPECT_TRUE(runner_->former(*asked_, true)) << "nothing of it stays behind";
    }
    ExecRunnerTest::TearDown();
  }
  /// Of a node of this test alone: all processes of the machine are looked through, those of other tests too.
  ProgramRequest request(std::vector<std::string> arguments) {
    ProgramRequest asked = ExecRunnerTest::request(std::move(arguments));
    asked.cause = cause('a');
    return asked;
  }
  static std::string cause(char node) { return fmt::format("aright:r1.{}{:015x}", node, getpid()); }
  /// Another life starts it, and dies of SIGKILL when it has said that it is up. `marks`: with them.
  void outlive(const ProgramRequest& asked, bool marks = true) {
    const std::string path = marks ? at("running") : std::string();
    asked_ = asked;
    runner_.reset();
    const pid_t life = fork();
    if (life == 0) {
      const auto runner = ExecRunner::create(limits, nullptr, path, node_);
      if (runner) static_cast<void>((*runner)->run(asked));
      _exit(0);
    }
    EXPECT_TRUE(
        wait_until([&] { return fs::exists(at("up")) && (!marks || text_of(at("running")).contains(asked.key)); }));
    kill(life, SIGKILL);
    EXPECT_EQ(waitpid(life, nullptr, 0), life);
    runner_ = std::move(*ExecRunner::create(limits, nullptr, path, node_));
  }
  static std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  FormerProgram former(const ProgramRequest& asked, bool overdue = false) {
    const auto found = runner_->former(asked, overdue);
    EXPECT_TRUE(found) << found.error().message;
    return found.value_or(FormerProgram{});
  }
  /// It is found at work, as that process, and ended when it is to be.
  void found_and_ended(const ProgramRequest& asked) {
    const auto found = former(asked);
    ASSERT_TRUE(found.at_work);
    EXPECT_GT(found.left, 0ns);
    EXPECT_LE(found.left, asked.time_limit);
    std::string pid;
    std::ifstream(at("pid")) >> pid;
    EXPECT_THAT(found.who + ",", HasSubstr(" " + pid + ","));
    const auto ended = former(asked, true);
    EXPECT_FALSE(ended.at_work);
    EXPECT_TRUE(ended.ended);
    EXPECT_TRUE(has_ended());
    EXPECT_FALSE(former(asked).at_work);
    EXPECT_FALSE(former(asked, true).ended);
  }
  /// Its new parent may take its end whenever it likes.
  [[nodiscard]] bool has_ended() const {
    pid_t pid = 0;
    std::ifstream(at("pid")) >> pid;
    EXPECT_GT(pid, 0);
    const auto stat = stat_of(pid);
    return !stat || stat->state == 'Z' || stat->state == 'X';
  }
  [[nodiscard]] std::string up() const { return "echo $$ > " + at("pid") + "; echo > " + at("up") + "\n"; }
  std::string stays() { return script("stays", up() + "exec sleep 1000"); }

  std::optional<ProgramRequest> asked_;
  std::string node_;
};

TEST_F(ExecFormerTest, ByItsEnvironment) {
  const auto asked = request({stays()});
  outlive(asked, false);
  auto other = asked;
  other.key = "r7-0";
  EXPECT_FALSE(former(other).at_work);
  found_and_ended(asked);
}

TEST_F(ExecFormerTest, ByItsEnvironmentAlsoWhileItBecomesAnotherProgram) {
  const auto asked = request({script("again", "[ -e " + at("up") + " ] || { " + up() + "}\nexec \"$0\"")});
  outlive(asked, false);
  for (int look = 0; look < 300; ++look) ASSERT_TRUE(former(asked).at_work) << look;
  EXPECT_EQ(former(asked).who.find("handles"), std::string::npos);
  found_and_ended(asked);
}

TEST_F(ExecFormerTest, AnotherNodesProgramOfTheSameKeyIsNotOurs) {
  auto asked = request({stays()});
  asked.cause = cause('b');
  outlive(asked, false);
  auto other = asked;
  other.cause = cause('c');
  EXPECT_FALSE(former(other, true).ended);
  found_and_ended(asked);
}

TEST_F(ExecFormerTest, TheNodeStandsInItsNameAndTheNextLifeFindsItByThat) {
  node_ = "0a1b2c3d";
  const auto asked = request({script("p", "echo $ARIGHT_KEY > " + at("key") + "\n" + up() + "exec sleep 1000")});
  outlive(asked, false);
  EXPECT_EQ(text_of(at("key")), "0a1b2c3d-" + asked.key + "\n");
  auto other = asked;
  other.cause.clear();  // not even where only the key tells
  runner_.reset();
  runner_ = std::move(*ExecRunner::create(limits, nullptr, {}, "3d2c1b0a"));
  EXPECT_FALSE(former(other, true).ended);
  runner_.reset();
  runner_ = std::move(*ExecRunner::create(limits, nullptr, {}, node_));
  found_and_ended(asked);
}

TEST_F(ExecFormerTest, ByItsNumberWhatHasClosedAllAndDroppedItsEnvironment) {
  const auto asked =
      request({"/usr/bin/env", "-i", "/usr/bin/python3", "-S", "-c",
               "import os, time\nos.closerange(3, 1000)\nopen('" + at("pid") +
                   "', 'w').write(str(os.getpid()))\nopen('" + at("up") + "', 'w').close()\ntime.sleep(1000)"});
  outlive(asked);
  found_and_ended(asked);
}

TEST_F(ExecFormerTest, ByItsSessionTheChildOfOneThatHasEnded) {
  const auto asked = request({python(
      "p",
      "import os, time\nif os.fork() == 0:\n  os.closerange(3, 1000)\n  os.execve('/bin/sh', ['sh', '-c', 'echo $$ > " +
          at("pid") + "; echo > " + at("up") + "; sleep 1000'], {})\nwhile not os.path.exists('" + at("go") +
          "'): time.sleep(0.01)\n")});
  outlive(asked);
  std::ofstream(at("go")) << "on";
  found_and_ended(asked);
}

TEST_F(ExecFormerTest, ByTheHandleWhatHasMovedAwayAndDroppedItsEnvironment) {
  const auto asked = request({script("p", "env -i setsid sh -c 'echo $$ > " + at("pid") + "; echo > " + at("up") +
                                              "; trap \"\" TERM; while :; do sleep 1000; done' &\nwhile [ ! -e " +
                                              at("go") + " ]; do sleep 0.01; done")});
  outlive(asked);
  std::ofstream(at("go")) << "on";
  found_and_ended(asked);
}

TEST_F(ExecFormerTest, WhoHasTheHandleOfAnotherNodesProgramOfTheSameKeyIsLeftAlone) {
  const auto asked = request({stays()});
  const pid_t neighbour = fork();
  if (neighbour == 0) {
    const auto marks = Marks::open(at("theirs"));
    const auto held = marks ? (*marks)->hold(asked.key) : std::unexpected(marks.error());
    if (!held || dup2(held->get(), Marks::handle) != Marks::handle) _exit(1);
    std::ofstream(at("there")) << "yes";
    while (true) pause();
  }
  EXPECT_TRUE(wait_until([&] { return fs::exists(at("there")); }));
  outlive(asked);
  found_and_ended(asked);
  EXPECT_EQ(waitpid(neighbour, nullptr, WNOHANG), 0) << "it goes on";
  kill(neighbour, SIGKILL);
  EXPECT_EQ(waitpid(neighbour, nullptr, 0), neighbour);
}

TEST_F(ExecFormerTest, WhatHasEndedMeanwhileIsNotAtWork) {
  const auto asked = request({script("p", up() + "while [ ! -e " + at("go") + " ]; do sleep 0.01; done")});
  outlive(asked);
  EXPECT_TRUE(former(asked).at_work);
  std::ofstream(at("go")) << "on";
  EXPECT_TRUE(wait_until([&] { return !former(asked).at_work; }));
  EXPECT_FALSE(text_of(at("running")).contains(asked.key)) << "its mark is gone with it";
}

TEST_F(ExecFormerTest, OneThatIsBeyondItsTimeLimitIsEndedWhenItIsFound) {
  auto asked = request({stays()});
  outlive(asked);
  asked.time_limit = 1ms;
  EXPECT_TRUE(wait_until([&] { return former(asked).ended; }));
  EXPECT_TRUE(has_ended());
}

TEST_F(ExecFormerTest, WhatThisLifeSawEndLeavesNoMark) {
  runner_.reset();
  runner_ = std::move(*ExecRunner::create(limits, nullptr, at("running")));
  const auto asked = request({script("p", "ls /proc/self/fd; readlink /proc/self/fd/100")});
  const auto outcome = run(asked);
  EXPECT_THAT(outcome.output.kept, HasSubstr("\n100\n"));
  EXPECT_THAT(outcome.output.kept, testing::EndsWith("\n" + at("running") + "\n"));
  EXPECT_FALSE(former(asked).at_work);
  EXPECT_FALSE(text_of(at("running")).contains(asked.key));
}

TEST_F(ExecFormerTest, WhoCannotLookDoesNotSayThatThereIsNone) {
  if (under_ubsan) {
    GTEST_SKIP() << "skipped: UBSan's check of object types needs a descriptor of its own";
  }
  const auto asked = request({stays()});
  outlive(asked, false);
  {
    const NoDescriptors none;
    const auto found = former(asked);
    EXPECT_TRUE(found.at_work);
    EXPECT_EQ(found.who, "what cannot be looked for without handles");
  }
  found_and_ended(asked);
}

class MarksTest : public ExecRunnerTest {
 protected:
  std::unique_ptr<Marks> open() { return std::move(*Marks::open(at("running"))); }
};

TEST_F(MarksTest, AreThereInTheNextLifeOfTheSameBoot) {
  const Marks::Noted noted{4711, 10, 12};
  open()->note("r1-0", noted);
  EXPECT_EQ(open()->noted("r1-0"), noted);
  EXPECT_EQ(open()->noted("r1-1"), std::nullopt);
  open()->forget("r1-0");
  EXPECT_EQ(open()->noted("r1-0"), std::nullopt);
}

TEST_F(MarksTest, HaveRoomForTheLongestKey) {
  const std::string longest(80, 'k');
  constexpr std::uint64_t late = 99'999'999'999'999'999;
  const Marks::Noted noted{4'194'304, late, late};
  open()->note(longest, noted);
  EXPECT_EQ(open()->noted(longest), noted);
}

TEST_F(MarksTest, OfAnotherBootOrOfRubbishCountForNothing) {
  open();
  const auto size = fs::file_size(at("running"));
  {
    std::fstream file(at("running"));
    file << "r1-0 4711 10 12 01234567-89ab-cdef-0123-456789abcdef\n";
    file.seekp(192) << "r1-1 -4 10 12";
    file.seekp(384) << std::string(192, 'x');
  }
  const auto marks = open();
  for (const char* key : {"r1-0", "r1-1"}) EXPECT_EQ(marks->noted(key), std::nullopt);
  marks->note("r1-0", {4712, 1, 1});
  EXPECT_EQ(open()->noted("r1-0")->pid, 4712);
  EXPECT_EQ(fs::file_size(at("running")), size) << "it needs no more room";
}

TEST_F(MarksTest, WithoutRoomTheLockIsStillThere) {
  const auto marks = open();
  for (std::size_t n = 0; n < Marks::slots + 1; ++n) marks->note("r1-" + std::to_string(n), {1, 1, 1});
  const std::string last = "r1-" + std::to_string(Marks::slots);
  EXPECT_EQ(marks->noted(last), std::nullopt);
  {
    const auto held = marks->hold(last);
    ASSERT_TRUE(held);
    EXPECT_TRUE(open()->held(last));
    EXPECT_FALSE(open()->held("r1-0"));
  }
  EXPECT_FALSE(open()->held(last));
}

TEST_F(MarksTest, AFileThatCannotBeMadeIsAnError) {
  const auto marks = Marks::open(at("no/running"));
  ASSERT_FALSE(marks);
  EXPECT_THAT(marks.error().message, HasSubstr(at("no/running")));
}

}  // namespace
}  // namespace aright::driver
