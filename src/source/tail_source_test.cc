// Against the real kernel, each case in a folder of its own. Time is given, so nothing waits; that the descriptor tells
// of what happens is shown with a poll that has a deadline.
#include <gmock/gmock.h>
#include <sys/stat.h>

#include "source/tail_scene.h"

namespace aright::source {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class TailSourceTest : public testing::Test, protected Scene {};

TEST_F(TailSourceTest, TellsOfLinesAndIsQuietBetween) {
  append("one\ntwo\n");
  start();
  EXPECT_THAT(drained(), ElementsAre("one", "two"));
  EXPECT_TRUE(quiet());
  append("three\n");
  EXPECT_TRUE(told());
  EXPECT_THAT(drained(), ElementsAre("three"));
  EXPECT_EQ(last.events[0].source, "s:" + at("log"));
  EXPECT_EQ(last.events[0].offset, 8U);
  EXPECT_EQ(last.events[0].time, arrival);
  EXPECT_TRUE(quiet());
}

TEST_F(TailSourceTest, WaitsForTheEndOfALine) {
  start();
  append("par");
  EXPECT_THAT(drained(), IsEmpty());
  append("tial\r\n\n \t \r\nnext");
  EXPECT_THAT(drained(), ElementsAre("partial"));
  restart();
  append("\n");
  EXPECT_THAT(drained(), ElementsAre("next"));
}

TEST_F(TailSourceTest, KeepsAsideWhatIsNoEvent) {
  options.line_max = 10;
  options.commitment_key = "k";
  append("bad\nother\n" + std::string(200'000, 'x') + "\n0123456789\n");
  start();
  drain();
  EXPECT_THAT(lines, ElementsAre("0123456789"));
  EXPECT_THAT(quarantined, ElementsAre("a bad line", "a line of more than 10 bytes"));
  restart();
  append("bad\n");
  lines.clear();
  EXPECT_THAT(drained(), IsEmpty());
  ASSERT_THAT(last.quarantined, SizeIs(1));
  EXPECT_EQ(last.quarantined[0].offset, 200'022U);
  EXPECT_EQ(last.quarantined[0].bytes, 3U);
  EXPECT_EQ(last.quarantined[0].commitment.size(), 64U);
}

TEST_F(TailSourceTest, FollowsARenameToTheOldFilesEnd) {
  start();
  append("one\n");
  EXPECT_THAT(drained(), ElementsAre("one"));
  std::ofstream writer(at("log"), std::ios::app);
  fs::rename(at("log"), at("log.1"));
  append("three\n");
  writer << "two\nunfini" << std::flush;
  EXPECT_THAT(drained(), ElementsAre("two", "three"));
  ASSERT_TRUE(source->deadline());
  EXPECT_EQ(*source->deadline(), now + TailSource::linger);
  writer << "shed\nnever" << std::flush;
  now += std::chrono::seconds{4};
  EXPECT_THAT(drained(), ElementsAre("unfinished"));
  now += std::chrono::seconds{1};
  EXPECT_THAT(drained(), IsEmpty());
  EXPECT_THAT(quarantined, ElementsAre("a line that was never finished"));
  EXPECT_TRUE(quiet());
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(TailSourceTest, FindsFilesThatCameAndLeftBetweenTwoLooks) {
  start();
  append("one\n");
  EXPECT_THAT(drained(), ElementsAre("one"));
  for (const char* text : {"two\n", "three\n", "four\n"}) {
    rotate();
    append(text);
  }
  EXPECT_THAT(drained(), ElementsAre("two", "three", "four"));
  EXPECT_THAT(gaps, IsEmpty());
  fs::remove(at("log"));
  append("never seen\n");
  fs::remove(at("log"));
  append("five\n");
  EXPECT_THAT(drained(), ElementsAre("five"));
  EXPECT_THAT(gaps, ElementsAre(HasSubstr("gone before it could be read")));
}

TEST_F(TailSourceTest, GoesOnAfterRotationWhileItWasAway) {
  start();
  append("one\n");
  EXPECT_THAT(drained(), ElementsAre("one"));
  append("two\n");
  fs::rename(at("log"), at("log.2"));
  append("three\n", "log.1");
  append("four\n");
  restart();
  EXPECT_THAT(drained(), ElementsAre("two", "three", "four"));
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(TailSourceTest, WhatIsGoneIsAGap) {
  start();
  append("one\n");
  drain();
  fs::rename(at("log"), at("elsewhere"));
  append("two\n");
  restart();
  EXPECT_THAT(drained(), ElementsAre("one", "two"));
  EXPECT_THAT(gaps, ElementsAre(HasSubstr("cannot be read any more")));
}

TEST_F(TailSourceTest, OffsetsAreNotGivenTwiceThoughNoFileWasThere) {
  start();
  append("one\n");
  drain();
  fs::remove(at("log"));
  drain();
  now += TailSource::linger;
  drain();
  EXPECT_TRUE(quiet());
  restart();
  drain();
  append("two\n");
  drain();  // the same offset twice would fail in drain
  EXPECT_THAT(lines, ElementsAre("one", "two"));
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(TailSourceTest, BeginsAnewAfterTruncation) {
  start();
  append("one\ntwo\n");
  drain();
  ASSERT_EQ(truncate(at("log").c_str(), 0), 0);
  append("new\n");
  drain();
  EXPECT_THAT(lines, ElementsAre("one", "two", "new"));
  EXPECT_THAT(gaps, ElementsAre(HasSubstr("was cut")));
}

TEST_F(TailSourceTest, ACutAfterACopyIsNoGap) {
  start();
  append("one\ntwo\n");
  drain();
  copy_and_cut();
  append("three\n");
  drain();
  EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
  EXPECT_THAT(gaps, IsEmpty()) << "all of it had been read";
  append("four\nunfin");
  copy_and_cut();
  append("ished\n");
  drain();
  EXPECT_THAT(lines, ElementsAre("one", "two", "three", "four", "ished")) << "the rest is read where it was copied to";
  EXPECT_THAT(gaps, IsEmpty());
  now += TailSource::linger;
  drain();
  EXPECT_THAT(quarantined, ElementsAre("a line that was never finished"));
  restart();
  EXPECT_THAT((drain(), gaps), IsEmpty());
}

TEST_F(TailSourceTest, TwoCutsBetweenTwoLooksLoseNothing) {
  start();
  append("one\n");
  drain();
  append("two\n");
  copy_and_cut();
  append("three\n");
  copy_and_cut();
  append("four\n");
  drain();
  EXPECT_THAT(lines, ElementsAre("one", "two", "three", "four"));
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(TailSourceTest, ACutAndARenameBetweenTwoLooksLoseNothing) {
  for (const std::string& later : {std::string("short"), std::string(100, 'x')}) {  // than what had been read, or not
    seen.clear();
    start();
    append(later + " one\n");
    drain();
    append("two\n");
    copy_and_cut();
    append(later + " three\n");
    rotate();
    append("four\n");
    EXPECT_THAT(drained(), ElementsAre(later + " one", "two", later + " three", "four"));
    EXPECT_THAT(gaps, IsEmpty());
    append("five\n");
    EXPECT_THAT(drained(), ElementsAre("five"));
    fs::remove(at("log"));
  }
}

TEST_F(TailSourceTest, AnEarlierFileOfTheSameBeginningIsNoCopy) {
  append("head\nold\n", "log.1");
  fs::last_write_time(at("log.1"), fs::last_write_time(at("log.1")) - std::chrono::hours{24});
  start();
  append("head\n");
  drain();
  append("lost\n");
  ASSERT_EQ(truncate(at("log").c_str(), 0), 0);
  drain();
  EXPECT_THAT(lines, ElementsAre("head"));
  EXPECT_THAT(gaps, ElementsAre(HasSubstr("(file 1 of this name, byte 5)")));
}

TEST_F(TailSourceTest, WhatHadBeenReadToItsEndMayGo) {
  start();
  append("one\n");
  drain();
  fs::rename(at("log"), at("log.1"));
  append("two\n");
  drain();
  fs::remove(at("log.1"));
  fs::remove(at("log"));
  append("three\n");
  restart();
  drain();
  EXPECT_THAT(lines, ElementsAre("one", "two", "three"));
  EXPECT_THAT(gaps, ElementsAre(HasSubstr("(file 2 of this name, byte 4)"))) << "more may have come to that one only";
}

TEST_F(TailSourceTest, ReadsAgainFromAnEarlierPlaceOnlyInTheSameFile) {
  append("alpha\nbeta\n");
  start();
  EXPECT_EQ(drained(), (std::vector<std::string>{"alpha", "beta"}));
  restart_from_the_beginning();
  append("gamma\n");
  EXPECT_EQ(drained(), (std::vector<std::string>{"alpha", "beta", "gamma"}));
  EXPECT_TRUE(gaps.empty());
  std::filesystem::resize_file(at("log"), 0);
  append("delta\n");
  restart_from_the_beginning();
  EXPECT_EQ(drained(), std::vector<std::string>{"delta"});
  EXPECT_EQ(gaps.size(), 1U);
  EXPECT_GE(last.positions.front().generation, 1U) << "what is new has offsets of its own";
}

TEST_F(TailSourceTest, NoticesACopytruncateThatHasGrownBeyond) {
  start();
  append("one\ntwo\n");
  drain();
  ASSERT_EQ(truncate(at("log").c_str(), 0), 0);
  append("other line\nand more\n");
  EXPECT_THAT((drain(), lines), ElementsAre("one", "two", "other line", "and more"));
  EXPECT_THAT(gaps, ElementsAre(HasSubstr("begun anew")));
  ASSERT_EQ(truncate(at("log").c_str(), 0), 0);
  append("again a line, and a longer one\n");
  restart();
  lines.clear();
  EXPECT_THAT(drained(), ElementsAre("again a line, and a longer one"));
  EXPECT_THAT(gaps, SizeIs(2));
}

TEST_F(TailSourceTest, ANewFileOfTheSameBeginningIsNotTakenForTheOld) {
  start();
  append("head\none\n");
  drain();
  fs::rename(at("log"), at("log.1"));
  append("head\ntwo\nthree\n");
  restart();
  lines.clear();
  EXPECT_THAT(drained(), ElementsAre("head", "two", "three"));
}

TEST_F(TailSourceTest, ASharedHeaderDoesNotMakeItTheOldFile) {
  start();
  append("head\n");
  drain();
  fs::rename(at("log"), at("elsewhere"));
  append("head\ntwo\n");
  restart();
  lines.clear();
  EXPECT_THAT(drained(), ElementsAre("head", "two"));
  EXPECT_THAT(gaps, SizeIs(1));
}

TEST_F(TailSourceTest, MayBeginAtTheEnd) {
  append("old\npart");
  options.from_end = true;
  start();
  drain();
  append("ial\n");
  fs::rename(at("log"), at("log.1"));
  append("new\n");
  EXPECT_THAT(drained(), ElementsAre("partial", "new"));
}

TEST_F(TailSourceTest, WaitsForFoldersAndRights) {
  options.files = {at("a/b/log")};
  start();
  drain();
  EXPECT_TRUE(quiet());
  fs::create_directories(at("a/b"));
  EXPECT_TRUE(told());
  drain();
  append("one\n", "a/b/log");
  EXPECT_TRUE(told());
  EXPECT_THAT(drained(), ElementsAre("one"));
  fs::rename(at("a"), at("c"));
  fs::create_directories(at("a/b"));
  drain();
  append("two\n", "a/b/log");
  EXPECT_TRUE(told());
  EXPECT_THAT(drained(), ElementsAre("two"));
}

TEST_F(TailSourceTest, SaysOnceWhatItCannotFollow) {
  fs::create_symlink(at("real"), at("log"));
  append("x\n", "real");
  options.files = {at("log"), at("pipe"), at("sub")};
  ASSERT_EQ(mkfifo(at("pipe").c_str(), 0600), 0);
  fs::create_directory(at("sub"));
  start();
  drain();
  EXPECT_THAT(troubles, ElementsAre(HasSubstr("through a link"), HasSubstr("pipe: is a pipe, which"),
                                    HasSubstr("sub: is a folder, not a file")));
  chmod(at("pipe").c_str(), 0644);
  drain();
  EXPECT_THAT(troubles, SizeIs(3));
  fs::remove(at("log"));
  append("now\n");
  EXPECT_THAT(drained(), ElementsAre("now"));
}

TEST_F(TailSourceTest, FollowsAPatternAlsoWhereRotationStaysInIt) {
  options.files.clear();
  options.patterns = {at("*.log")};
  append("a1\n", "a.log");
  start();
  EXPECT_THAT(drained(), ElementsAre("a1"));
  append("b1\n", "b.log");
  append("x\n", "b.txt");
  append("x\n", ".hidden.log");
  EXPECT_THAT(drained(), ElementsAre("b1"));
  append("a2\n", "a.log");
  fs::rename(at("a.log"), at("a.1.log"));
  append("a3\n", "a.log");
  drain();
  EXPECT_THAT(lines, testing::UnorderedElementsAre("a2", "a3"));
  lines.clear();
  restart();
  EXPECT_THAT(drained(), IsEmpty());
  append("a4\n", "a.1.log");
  EXPECT_THAT(drained(), ElementsAre("a4"));
  EXPECT_THAT(gaps, IsEmpty());
}

TEST_F(TailSourceTest, OneFileWithTwoNamesIsReadOnce) {
  options.files = {at("log"), at("twin")};
  append("one\n");
  fs::create_hard_link(at("log"), at("twin"));
  start();
  EXPECT_THAT(drained(), ElementsAre("one"));
  append("two\n");
  EXPECT_THAT(drained(), ElementsAre("two"));
  EXPECT_THAT(troubles, ElementsAre(HasSubstr("under another name")));
}

TEST_F(TailSourceTest, PatternsHaveALimit) {
  options.files.clear();
  options.patterns = {at("*")};
  options.files_max = 2;
  for (const char* name : {"a", "b", "c"}) append("x\n", name);
  start();
  drain();
  EXPECT_THAT(lines, SizeIs(2));
  EXPECT_THAT(troubles, ElementsAre(HasSubstr("more than 2 files")));
}

TEST_F(TailSourceTest, RefusesWhatCannotBeMeant) {
  const auto refusal = [&](std::vector<std::string> files, std::vector<std::string> patterns) {
    options.files = std::move(files);
    options.patterns = std::move(patterns);
    const auto made = TailSource::create(options, plain_lines);
    return made ? "accepted" : made.error().message;
  };
  EXPECT_THAT(refusal({}, {}), HasSubstr("source s: names no file"));
  EXPECT_THAT(refusal({"log"}, {}), HasSubstr("not the absolute path"));
  EXPECT_THAT(refusal({"/a/"}, {}), HasSubstr("not the absolute path"));
  EXPECT_THAT(refusal({}, {"/*/log"}), HasSubstr("wild cards before"));
  EXPECT_FALSE(position_from_json(Json{{"path", "/x"}, {"generation", 1}}));
}

}  // namespace
}  // namespace aright::source
