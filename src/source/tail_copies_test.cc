// Files that are copied and cut (`copytruncate`), whose copies fit the source's own patterns.
#include <gmock/gmock.h>

#include "tail_scene.h"

namespace aright::source {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Copied : public testing::Test, public Scene {
 protected:
  Copied() {
    options.files.clear();
    options.patterns = {at("app*")};
  }
  void copy(const std::string& to = "app-1.log") const { std::filesystem::copy_file(at("app.log"), at(to)); }
  void cut() const { std::filesystem::resize_file(at("app.log"), 0); }
  void begin(const std::string& text) {
    options.positions.clear();
    append(text, "app.log");
    start();
    drain();
    lines.clear();
  }
};

TEST_F(Copied, NothingComesTwiceAndIsNoGap) {
  for (const std::string name : {"app-1.log", "app.log.1", "app.log-20261130"}) {
    for (const bool looked_between : {false, true}) {
      begin("1\n2\n3\n");
      append("unread\n", "app.log");
      copy(name);
      if (looked_between) drain();
      cut();
      append("4\n", "app.log");
      EXPECT_THAT(drained(), testing::UnorderedElementsAre("unread", "4")) << name << looked_between;
      append("late\n", name);
      EXPECT_THAT(drained(), ElementsAre("late"));
      EXPECT_THAT(gaps, IsEmpty());
      EXPECT_THAT(troubles, IsEmpty());
      restart();
      EXPECT_THAT(drained(), IsEmpty());
      EXPECT_THAT(gaps, IsEmpty());
      std::filesystem::remove(at(name));
      std::filesystem::remove(at("app.log"));
      drain();
      seen.clear();
    }
  }
}

TEST_F(Copied, WhileTheCopyIsBeingWrittenItWaits) {
  begin("1\n2\n3\n");
  append("", "app-1.log");
  EXPECT_THAT(drained(), IsEmpty());
  append("1\n2", "app-1.log");
  EXPECT_THAT(drained(), IsEmpty());
  append("\n3\n", "app-1.log");
  EXPECT_THAT(drained(), IsEmpty());
  cut();
  now += TailSource::linger * 2;
  EXPECT_THAT(drained(), IsEmpty());
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(Copied, CopiedAndCutWhileWeWereAway) {
  for (const bool began_before : {false, true}) {
    begin("1\n2\n3\n");
    if (began_before) {
      copy();
      drain();
    } else {
      append("unread\n", "app.log");
    }
    restart();
    if (!began_before) copy();
    cut();
    append("4\n", "app.log");
    if (began_before) {
      EXPECT_THAT(drained(), ElementsAre("4"));
    } else {
      EXPECT_THAT(drained(), testing::UnorderedElementsAre("unread", "4"));
    }
    append("late\n", "app-1.log");
    EXPECT_THAT(drained(), ElementsAre("late"));
    EXPECT_THAT(gaps, IsEmpty());
    restart();
    now += TailSource::linger * 2;
    EXPECT_THAT(drained(), IsEmpty());
    EXPECT_THAT(gaps, IsEmpty());
    std::filesystem::remove(at("app-1.log"));
    std::filesystem::remove(at("app.log"));
    drain();
    seen.clear();
  }
}

TEST_F(Copied, ACopyOutsideThePatternIsFoundAfterARestartToo) {
  options.patterns = {at("app.log")};
  begin("1\n2\n3\n");
  append("unread\n", "app.log");
  restart();
  copy("app.log.1");
  cut();
  append("4\n", "app.log");
  EXPECT_THAT(drained(), ElementsAre("unread", "4"));
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(Copied, WhatBeginsAlikeByChanceIsReadAllTheSame) {
  begin("1\n2\n3\n");
  append("1\n2\n3\n", "app-b.log");
  EXPECT_THAT(drained(), IsEmpty()) << "it may be a copy";
  ASSERT_TRUE(source->deadline());
  now = *source->deadline();
  EXPECT_THAT(drained(), ElementsAre("1", "2", "3"));
  append("1\n2\n", "app-c.log");
  append("4\n", "app-c.log");
  EXPECT_THAT(drained(), ElementsAre("1", "2", "4")) << "it is none";
  EXPECT_THAT(gaps, IsEmpty());
}

/// Never ahead of what is copied, nor otherwise where it ends: a busy log is read however often it grows.
TEST_F(Copied, WhatGoesOnOtherwiseIsReadAtOnce) {
  begin("started\n");
  append("started\n", "app-2.log");
  EXPECT_THAT(drained(), IsEmpty()) << "it may be a copy";
  append("failed\n", "app-2.log");
  EXPECT_THAT(drained(), ElementsAre("started", "failed"));
  const std::string head(1500, 'h');
  append(head + "\nour own 1\nour own 2\n", "app.log");
  EXPECT_THAT(drained(), ElementsAre(head, "our own 1", "our own 2"));
  append("started\n" + head + "\ntheirs\n", "app-3.log");
  EXPECT_THAT(drained(), ElementsAre("started", head, "theirs"));
}

TEST_F(Copied, ACutBesideAFileThatBeginsAlikeIsAGap) {
  const std::string head(2000, 'h');
  for (const bool away : {false, true}) {
    begin(head + "\n1\n");
    if (away) restart();
    append(head + "\n9\n", "app-b.log");
    if (!away) drain();
    cut();
    append("4\n", "app.log");
    drain();
    now += TailSource::linger * 2;
    drain();
    EXPECT_THAT(lines, testing::UnorderedElementsAre(head, "9", "4"));
    EXPECT_EQ(gaps.size(), 1U);
    std::filesystem::remove(at("app-b.log"));
    std::filesystem::remove(at("app.log"));
    drain();
    for (auto* all : {&lines, &gaps}) all->clear();
    seen.clear();
  }
}

TEST_F(Copied, PositionsOfOlderVersionsSayOnlyHowAFileBegins) {
  begin("1\n2\n3\n");
  restart();
  for (TailPosition& position : options.positions) position.end = {};
  copy();
  cut();
  start();
  source->start_from(options.positions, known);
  EXPECT_THAT(drained(), IsEmpty()) << "that is all of it here";
  EXPECT_THAT(gaps, IsEmpty());
}

/// `cp LOG LOG.1; : > LOG` over the same LOG.1, which has no pattern: so its handle lingers.
class CopiedOver : public testing::Test, public Scene {
 protected:
  void copy() const { overwrite("log", "log.1"); }
  void cut() const { std::filesystem::resize_file(at("log"), 0); }
  /// Into the same file, as cp does.
  void overwrite(const std::string& from, const std::string& to) const {
    std::ifstream in(at(from), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::ofstream(at(to), std::ios::binary | std::ios::trunc) << text;
  }
  /// Lines that are like no others, `bytes` each or so.
  void write(std::size_t count, std::size_t bytes) {
    for (; count > 0; --count) {
      written.push_back(std::to_string(++number) + std::string(bytes, 'x'));
      append(written.back() + "\n");
    }
  }
  auto all_written() { return testing::ElementsAreArray(std::exchange(written, {})); }
  std::vector<std::string> written;
  int number{0};
};

TEST_F(CopiedOver, CutAfterCutEachLineComesOnceAndNoneIsAGap) {
  for (const std::size_t bytes : {3U, 700U}) {
    for (const bool looked_between : {false, true}) {
      for (const bool renamed_first : {false, true}) {
        start();
        if (renamed_first) {
          write(3, bytes);
          drain();
          written.clear();
          rotate();
          append("");
        }
        drain();
        lines.clear();
        for (int i = 0; i < 6; ++i) {
          SCOPED_TRACE(testing::Message() << bytes << looked_between << renamed_first << i);
          write(3, bytes);
          drain();
          if (i % 2 == 1) write(2, bytes);  // not read before it is copied
          copy();
          if (looked_between) drain();
          cut();
          EXPECT_THAT(drained(), all_written());
          append("late" + std::to_string(++number) + "\n", "log.1");
          EXPECT_EQ(drained().size(), 1U);
          EXPECT_THAT(gaps, IsEmpty());
        }
        now += TailSource::linger * 2;
        EXPECT_THAT(drained(), IsEmpty());
        EXPECT_THAT(gaps, IsEmpty());
        EXPECT_THAT(quarantined, IsEmpty());
        EXPECT_FALSE(source->deadline());
        for (const std::string name : {"log", "log.1"}) std::filesystem::remove(at(name));
        seen.clear();
      }
    }
  }
}

TEST_F(CopiedOver, WhatIsWrittenBetweenTheCopyAndTheCutIsReadWhereWeSawIt) {
  start();
  drain();
  for (int i = 0; i < 4; ++i) {
    write(4, 600);
    drain();
    copy();
    drain();
    write(1, 600);
    drain();
    cut();
    EXPECT_THAT(drained(), all_written()) << i;
    EXPECT_EQ(gaps.size(), static_cast<std::size_t>(i) + 1) << "there may have been more";
  }
}

TEST_F(CopiedOver, ItIsSeenWhileItIsEmptyAndWhileItIsWritten) {
  start();
  drain();
  for (int i = 0; i < 3; ++i) {
    write(4, 600);
    drain();
    std::ofstream over(at("log.1"), std::ios::binary | std::ios::trunc);
    drain();
    over << written[0] << "\n" << written[1].substr(0, 100) << std::flush;
    drain();
    over << written[1].substr(100) << "\n" << written[2] << "\n" << written[3] << "\n" << std::flush;
    drain();
    cut();
    EXPECT_THAT(drained(), all_written());
    EXPECT_THAT(gaps, IsEmpty());
  }
}

TEST_F(CopiedOver, WhileWeWereAway) {
  for (const bool looked_between : {false, true}) {
    start();
    drain();
    for (int i = 0; i < 4; ++i) {
      write(4, 600);
      drain();
      if (looked_between) {
        copy();
        drain();
        restart();
        drain();
      } else {
        write(2, 600);
        restart();
        copy();
      }
      cut();
      EXPECT_THAT(drained(), all_written()) << looked_between << i;
      EXPECT_THAT(gaps, IsEmpty());
    }
    for (const std::string name : {"log", "log.1"}) std::filesystem::remove(at(name));
    options.positions.clear();
    seen.clear();
  }
}

TEST_F(CopiedOver, WithTwoCopiesKept) {
  start();
  drain();
  for (int i = 0; i < 6; ++i) {
    write(4, 600);
    drain();
    if (i % 2 == 1) write(2, 600);
    if (i > 0) overwrite("log.1", "log.2");
    copy();
    cut();
    EXPECT_THAT(drained(), all_written()) << i;
    EXPECT_THAT(gaps, IsEmpty());
  }
}

TEST_F(CopiedOver, WhatNobodyHasSeenIsReadThere) {
  start();
  drain();
  for (int i = 0; i < 4; ++i) {
    write(2, 600);
    drain();
    copy();
    cut();
    EXPECT_THAT(drained(), all_written());
    write(3, 600);
    copy();
    cut();
    EXPECT_THAT(drained(), all_written()) << "nothing of it was seen in the log itself";
    EXPECT_THAT(gaps, IsEmpty());
  }
}

TEST_F(CopiedOver, ARenamedOneThatIsBegunAnewIsReadAndMayHaveLostSomething) {
  start();
  append("1\n2\n");
  drain();
  rotate();
  append("3\n4\n");
  EXPECT_THAT(drained(), ElementsAre("1", "2", "3", "4"));
  std::filesystem::resize_file(at("log.1"), 0);
  drain();
  append("5\n", "log.1");
  EXPECT_THAT(drained(), ElementsAre("5"));
  EXPECT_EQ(gaps.size(), 1U);
  std::filesystem::resize_file(at("log.1"), 0);
  EXPECT_THAT(drained(), IsEmpty());
  now += TailSource::linger * 2;
  drain();
  EXPECT_EQ(gaps.size(), 2U);
  EXPECT_FALSE(source->deadline());
}

RC_GTEST_PROP(TailCopies, EachLineComesOnceHoweverItIsCopiedAndCut, ()) {
  Scene scene;
  scene.options.files.clear();
  scene.options.patterns = {scene.at("app*")};
  scene.append("", "app.log");
  scene.start();
  std::multiset<std::string> written;
  int number = 0;
  bool uncut = false;
  for (int i = *rc::gen::inRange(1, 40); i > 0; --i) {
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
      case 1: {
        if (uncut) break;  // what is written between the copy and the cut is lost to everybody
        const std::string line = std::to_string(++number) + std::string(*rc::gen::inRange<std::size_t>(0, 700), 'x');
        scene.append(line + "\n", "app.log");
        written.insert(line);
        break;
      }
      case 2:
        if (uncut || scene.source->is_behind()) break;
        std::filesystem::copy_file(scene.at("app.log"), scene.at("app-" + std::to_string(++number) + ".log"));
        uncut = true;
        break;
      case 3:
        if (!uncut) break;
        std::filesystem::resize_file(scene.at("app.log"), 0);
        uncut = false;
        scene.drain();  // cut twice without a look in between, only the newest copy would be found
        break;
      case 4:
        scene.drain();
        scene.restart();
        break;
      default: scene.drain();
    }
  }
  if (uncut) std::filesystem::resize_file(scene.at("app.log"), 0);
  for (int i = 0; i < 3; ++i) {
    scene.drain();
    scene.now += TailSource::linger * 2;
  }
  RC_ASSERT(std::multiset<std::string>(scene.lines.begin(), scene.lines.end()) == written);
}

}  // namespace
}  // namespace aright::source
