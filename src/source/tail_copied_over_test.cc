// A log that is copied over the same file and cut, again and again, while that file lingers.
#include <gmock/gmock.h>

#include <fstream>
#include <utility>

#include "tail_scene.h"

namespace aright::source {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// `cp LOG LOG.1; : > LOG`: LOG.1 fits no pattern, so its handle lingers.
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

/// Nobody waits for a cut that does not come.
TEST_F(CopiedOver, ACopyThatSomethingIsWrittenBehindIsClosedInItsTime) {
  for (const bool removed : {false, true}) {
    start();
    drain();
    write(3, 600);
    drain();
    copy();
    cut();
    EXPECT_THAT(drained(), all_written());
    write(3, 600);
    EXPECT_THAT(drained(), all_written());
    copy();
    append("footer\n", "log.1");
    EXPECT_THAT(drained(), IsEmpty());
    if (removed) std::filesystem::remove(at("log"));
    for (int i = 0; i < 3; ++i) {
      now += TailSource::linger * 2;
      EXPECT_THAT(drained(), IsEmpty()) << i;
    }
    EXPECT_FALSE(source->deadline()) << removed;
    if (!removed) {
      write(1, 600);
      EXPECT_THAT(drained(), all_written());
    }
    written.clear();
    for (const std::string name : {"log", "log.1"}) std::filesystem::remove(at(name));
    options.positions.clear();
    seen.clear();
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

}  // namespace
}  // namespace aright::source
