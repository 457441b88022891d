// Where reading begins of files that came, moved or could not be read while nobody looked.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <filesystem>
#include <functional>

#include "source/tail_scene.h"

namespace aright::source {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

class TailBegin : public ::testing::Test, protected Scene {
 protected:
  void SetUp() override {
    options.from_end = true;
    options.files = {at("late")};
    options.patterns = {at("*.log")};
  }
};

TEST_F(TailBegin, WhatCameWhileItWasAwayIsReadWhole) {
  append("old\n", "a.log");
  start();
  EXPECT_THAT(drained(), IsEmpty());
  restart();
  append("b\n", "b.log");
  append("l\n", "late");
  append("a\n", "a.log");
  EXPECT_THAT(drained(), UnorderedElementsAre("a", "b", "l"));
  restart();
  EXPECT_THAT(drained(), IsEmpty());
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(TailBegin, WhatIsNamedAnewHasAPast) {
  append("old\n", "x.txt");
  start();
  drain();
  options.patterns.push_back(at("*.txt"));
  restart();
  EXPECT_THAT(drained(), IsEmpty());
  append("new\n", "x.txt");
  EXPECT_THAT(drained(), ElementsAre("new"));
  restart();
  append("y\n", "y.txt");
  EXPECT_THAT(drained(), ElementsAre("y")) << "this one came later";
}

TEST_F(TailBegin, AnotherNameOfThePatternIsNoGap) {
  for (const char* other : {"z.log", "0.log"}) {  // looked at after and before the name it had
    append("m1\n", "m.log");
    start();
    drain();
    append("m2\n", "m.log");
    restart();
    append("m3\n", "m.log");
    fs::rename(at("m.log"), at(other));
    append("n1\n", "m.log");
    lines.clear();
    EXPECT_THAT(drained(), UnorderedElementsAre("m2", "m3", "n1")) << other;
    restart();
    EXPECT_THAT(drained(), IsEmpty()) << other;
    EXPECT_THAT(gaps, IsEmpty()) << other;
    for (const char* name : {"m.log", other}) fs::remove(at(name));
    seen.clear();
    options.positions.clear();
  }
}

TEST_F(TailBegin, ARotatedNameOfThePatternGivesNothingTwice) {
  options.from_end = false;
  options.files.clear();
  options.patterns = {at("m.log*")};
  append("m1\n", "m.log");
  start();
  drain();
  restart();
  for (TailPosition& position : options.positions) position.again = 0;  // as windows of correlations want
  source->start_from(options.positions, known);
  append("m2\n", "m.log");
  fs::rename(at("m.log"), at("m.log.1"));
  append("n1\n", "m.log");
  lines.clear();
  EXPECT_THAT(drained(), UnorderedElementsAre("m2", "n1"));
  EXPECT_THAT(gaps, ElementsAre(testing::HasSubstr("has another name now")));
}

TEST_F(TailBegin, WhatFoundNoRoomIsNotReplayed) {
  options.files.clear();
  options.files_max = 2;
  for (const char* name : {"a.log", "b.log", "c.log"}) append("old\n", name);
  start();
  EXPECT_THAT(drained(), IsEmpty());
  EXPECT_THAT(source->looked_for(), IsEmpty());
  fs::remove(at("a.log"));
  restart();
  EXPECT_THAT(drained(), IsEmpty());
  append("new\n", "c.log");
  EXPECT_THAT(drained(), ElementsAre("new"));
}

/// Reads as somebody who is not root; what the scene does besides is root's.
class TailRights : public TailBegin {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root can take its own rights away";
    TailBegin::SetUp();
    fs::permissions(folder, fs::perms{0755});
  }
  void as_nobody(const std::function<void()>& act) {
    setfsuid(65534);
    act();
    setfsuid(0);
  }
  void allow(const std::string& name, unsigned mode) { fs::permissions(at(name), static_cast<fs::perms>(mode)); }
};

TEST_F(TailRights, WhatItMayNotReadAtFirstIsNotReplayedLater) {
  for (const bool restarts : {false, true}) {
    append("old\n", "late");
    append("old\n", "a.log");
    for (const char* name : {"late", "a.log"}) allow(name, 0600);
    as_nobody([&] {
      start();
      EXPECT_THAT(drained(), IsEmpty());
    });
    EXPECT_THAT(troubles, SizeIs(2));
    append("new\n", "late");
    append("newer\n", "a.log");
    as_nobody([&] {
      if (restarts) restart();
      EXPECT_THAT(drained(), IsEmpty());
    });
    for (const char* name : {"late", "a.log"}) allow(name, 0644);
    as_nobody([&] { EXPECT_THAT(drained(), UnorderedElementsAre("new", "newer")) << restarts; });
    EXPECT_THAT(gaps, IsEmpty());
    for (const char* name : {"late", "a.log"}) fs::remove(at(name));
    troubles.clear();
    seen.clear();
    options.positions.clear();
  }
}

TEST_F(TailRights, NorWhatLiesInAFolderItMayNotLookInto) {
  now = TailSource::Clock::now();  // what cannot be watched is tried again by that clock
  fs::create_directory(at("in"));
  options.files = {at("in/late")};
  options.patterns = {at("in/*.log")};
  append("old\n", "in/late");
  append("old\n", "in/a.log");
  allow("in", 0700);
  as_nobody([&] {
    start();
    EXPECT_THAT(drained(), IsEmpty());
    EXPECT_THAT(source->looked_for(), IsEmpty());
    restart();
    EXPECT_THAT(drained(), IsEmpty());
  });
  allow("in", 0755);
  as_nobody([&] {
    now += std::chrono::minutes{6};
    EXPECT_THAT(drained(), IsEmpty());
    EXPECT_THAT(source->looked_for(), SizeIs(2));
  });
  append("new\n", "in/late");
  append("newer\n", "in/a.log");
  append("b\n", "in/b.log");
  as_nobody([&] { EXPECT_THAT(drained(), UnorderedElementsAre("new", "newer", "b")); });
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(TailRights, NorInOneThatItMayListAndNotEnter) {
  fs::create_directory(at("in"));
  options.files = {at("in/later")};
  options.patterns = {at("in/*.log")};
  append("old\n", "in/a.log");
  allow("in", 0744);
  as_nobody([&] {
    start();
    EXPECT_THAT(drained(), IsEmpty());
    restart();
    EXPECT_THAT(drained(), IsEmpty());
  });
  allow("in", 0755);
  as_nobody([&] { EXPECT_THAT(drained(), IsEmpty()); });
  append("new\n", "in/a.log");
  append("first\n", "in/later");  // was not there when it could be looked for
  as_nobody([&] { EXPECT_THAT(drained(), UnorderedElementsAre("new", "first")); });
}

TEST_F(TailRights, ALineThatWasBeingWrittenIsReadWhole) {
  append("old\npar", "late");
  allow("late", 0600);
  as_nobody([&] {
    start();
    drain();
  });
  append("tial\nnew\n", "late");
  allow("late", 0644);
  as_nobody([&] { EXPECT_THAT(drained(), ElementsAre("partial", "new")); });
}

TEST_F(TailRights, ARotatedFileThatCannotBeReadHoldsNothingUp) {
  append("old\n", "late");
  as_nobody([&] {
    start();
    drain();
  });
  append("lost\n", "late");
  fs::rename(at("late"), at("late.1"));
  allow("late.1", 0600);
  append("new\n", "late");
  as_nobody([&] {
    restart();
    EXPECT_THAT(drained(), ElementsAre("new"));
  });
  EXPECT_THAT(gaps, SizeIs(1));
}

TEST_F(TailRights, RightsThatAreGoneForAWhileAreNoGap) {
  append("old\n", "late");
  as_nobody([&] {
    start();
    drain();
  });
  append("new\n", "late");
  allow("late", 0600);
  as_nobody([&] {
    restart();
    EXPECT_THAT(drained(), IsEmpty());
  });
  allow("late", 0644);
  as_nobody([&] { EXPECT_THAT(drained(), ElementsAre("new")); });
  EXPECT_THAT(gaps, IsEmpty());
}

}  // namespace
}  // namespace aright::source
