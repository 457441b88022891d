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
