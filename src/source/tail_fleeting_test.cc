// Files that come and go between two looks: what was in them is a gap, once, and nothing else is.
#include <gmock/gmock.h>

#include <thread>

#include "source/tail_scene.h"

namespace aright::source {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const auto certain = AllOf(HasSubstr("there and gone before it could be read"), Not(HasSubstr("may have been")));
const auto perhaps = HasSubstr("there may have been something in it");

class TailFleetingTest : public testing::Test, protected Scene {
 protected:
  void follow_pattern(const std::string& pattern = "*.log") {
    options.files.clear();
    options.patterns = {at(pattern)};
    start();
    drain();
  }
  void move(const std::string& from, const std::string& to) const { fs::rename(at(from), at(to)); }
  std::vector<std::string> told_gaps() {
    drain();
    return std::exchange(gaps, {});
  }
};

TEST_F(TailFleetingTest, OneWhereNoneWasBeforeIsAGap) {
  start();
  drain();
  append("one\n");
  fs::remove(at("log"));
  EXPECT_THAT(told_gaps(), ElementsAre(certain));
  EXPECT_EQ(last.gaps[0].source, "s:" + at("log"));
  append("two\n");
  EXPECT_THAT(drained(), ElementsAre("two"));
  EXPECT_GT(last.events[0].offset, std::uint64_t{1} << 40U) << "the gap has had its own generation";
  fs::remove(at("log"));
  EXPECT_THAT(told_gaps(), IsEmpty()) << "that one we had";
}

TEST_F(TailFleetingTest, EachShortLivedFileOfAPatternIsOne) {
  follow_pattern();
  fs::create_directory(at("gone"));
  for (int i = 0; i < 3; ++i) {
    append("lost\n", "a.log");
    move("a.log", "gone/" + std::to_string(i));
    append("lost\n", "b.log");
    fs::remove(at("b.log"));
  }
  EXPECT_THAT(told_gaps(), SizeIs(6));
  append("found\n", "c.log");
  move("c.log", "c.old");
  EXPECT_THAT(drained(), ElementsAre("found"));
  EXPECT_THAT(told_gaps(), IsEmpty());
}

TEST_F(TailFleetingTest, WhatHadNothingInItIsNone) {
  follow_pattern();
  for (int i = 0; i < 3; ++i) {
    append("", "lock.log");
    fs::remove(at("lock.log"));
    append("", "temp");
    move("temp", "b.log");
    fs::remove(at("b.log"));
    fs::create_directory(at("folder.log"));
    fs::remove(at("folder.log"));
    fs::create_symlink("nowhere", at("link.log"));
    fs::remove(at("link.log"));
  }
  EXPECT_THAT(told_gaps(), IsEmpty());
  EXPECT_THAT(last.positions, IsEmpty()) << "and nothing is kept of them";
}

TEST_F(TailFleetingTest, OneOfATemporaryNameIsToldUnderTheNameThatIsFollowed) {
  append("old\n", "other");
  follow_pattern();
  append("lost\n", "temp");
  move("temp", "a.log");
  fs::remove(at("a.log"));
  move("other", "b.log");
  fs::remove(at("b.log"));
  append("lost\n", "temp");
  fs::remove(at("temp"));
  EXPECT_THAT(told_gaps(), ElementsAre(certain, perhaps)) << "what was in it before we looked nobody has told";
}

TEST_F(TailFleetingTest, WhatAnotherFileReplacedWasThereToo) {
  follow_pattern();
  append("lost\n", "a.log");
  append("kept\n", "temp");
  move("temp", "a.log");
  EXPECT_THAT(drained(), ElementsAre("kept"));
  EXPECT_THAT(gaps, ElementsAre(certain));
}

TEST_F(TailFleetingTest, AChainOfRotationsIsToldOnceOrNotAtAll) {
  append("one\n", "log");
  follow_pattern("log*");
  move("log", "log.1");
  move("log.1", "log.2");
  fs::remove(at("log.2"));
  EXPECT_THAT(told_gaps(), IsEmpty()) << "we had its handle";
  append("two\n", "log");
  move("log", "log.1");
  move("log.1", "log.2");
  fs::remove(at("log.2"));
  EXPECT_THAT(told_gaps(), ElementsAre(certain));
  append("three\n", "log");
  move("log", "log.1");
  append("four\n", "log");
  move("log", "log.1");
  lines.clear();
  drain();
  now += std::chrono::seconds{10};
  EXPECT_THAT(drained(), ElementsAre("four"));
  EXPECT_THAT(gaps, ElementsAre(certain)) << "the third was replaced";
}

TEST_F(TailFleetingTest, WhatWasThereBeforeItsSourceIsNone) {
  append("old\n");
  options.from_end = true;
  start();
  fs::remove(at("log"));
  EXPECT_THAT(told_gaps(), IsEmpty());
  append("new\n");
  drain();
  restart();
  fs::remove(at("log"));
  EXPECT_THAT(told_gaps(), SizeIs(1)) << "the one that was read here is gone, and that is all";
}

/// Whenever we look, and whatever of it the kernel has told by then.
TEST_F(TailFleetingTest, EachIsReadOrToldOnceWheneverWeLook) {
  follow_pattern();
  fs::create_directory(at("gone"));
  constexpr int rounds = 200;
  std::jthread writer([&] {
    for (int i = 0; i < rounds; ++i) {
      const std::string n = std::to_string(i);
      append("x" + n + "\n", "x" + n + ".log");
      fs::remove(at("x" + n + ".log"));
      append("y" + n + "\n", "y" + n + ".log");
      move("y" + n + ".log", "gone/" + n);
      append("z" + n + "\n", "z" + n + ".log");  // from one of our names to another: always read
      move("z" + n + ".log", "a" + n + ".log");
      append("", "e" + n + ".log");
      fs::remove(at("e" + n + ".log"));
      append("w" + n + "\n", "w" + n + ".log");  // to a name that is not ours, in the folder
      move("w" + n + ".log", "w" + n);
    }
  });
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  const auto all = [&] { return lines.size() + gaps.size(); };
  while (all() < 4 * rounds && std::chrono::steady_clock::now() < until) {
    now += std::chrono::seconds{1};
    drain();
  }
  writer.join();
  now += std::chrono::seconds{10};
  drain();
  EXPECT_EQ(all(), 4U * rounds) << lines.size() << " lines, " << gaps.size() << " gaps";
  EXPECT_THAT(last.positions, SizeIs(testing::Le(rounds + options.gone_max)));
}

}  // namespace
}  // namespace aright::source
