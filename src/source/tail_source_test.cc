// Against the real kernel, each case in a folder of its own. Time is given, so nothing waits; that the descriptor tells
// of what happens is shown with a poll that has a deadline.
#include "source/tail/tail_source.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace aright::source {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const WallTime arrival = *parse_rfc3339("2026-11-25T04:30:00Z");

/// Each line an event whose data is its text; "bad" is malformed, "other" not meant for it.
class PlainDecoder final : public LineDecoder {
 public:
  Decoding decode(std::string_view line, WallTime /*arrival*/) const override {
    if (line == "bad") return fail(Errc::invalid, "a bad line");
    if (line == "other") return std::nullopt;
    return Decoded{Json{{"line", std::string(line)}}, std::nullopt, {}, {}};
  }
};
const PlainDecoder plain_lines;

/// A folder, what is written there, and what came of it so far.
class Scene {
 public:
  Scene() {
    std::string form = fs::canonical(fs::temp_directory_path()) / "aright-tail-XXXXXX";
    folder = mkdtemp(form.data());
    options.name = "s";
    options.files = {at("log")};
  }
  Scene(const Scene&) = delete;
  Scene& operator=(const Scene&) = delete;
  ~Scene() { fs::remove_all(folder); }

  [[nodiscard]] std::string at(const std::string& name) const { return folder + "/" + name; }
  void append(const std::string& text, const std::string& name = "log") const {
    std::ofstream(at(name), std::ios::app | std::ios::binary) << text;
  }
  /// As logrotate does with numbers, and none is removed.
  void rotate() const {
    int last_number = 0;
    while (fs::exists(at("log." + std::to_string(last_number + 1)))) ++last_number;
    for (int n = last_number; n > 0; --n) {
      fs::rename(at("log." + std::to_string(n)), at("log." + std::to_string(n + 1)));
    }
    fs::rename(at("log"), at("log.1"));
  }
  void start() {
    source.reset();
    auto made = TailSource::create(options, plain_lines);
    ASSERT_TRUE(made) << made.error().message;
    source.emplace(std::move(*made));
  }
  /// As after a restart: everything but the positions is forgotten, which go through their stored form.
  void restart() {
    options.positions.clear();
    for (const TailPosition& position : last.positions) {
      options.positions.push_back(*position_from_json(Json::parse(to_json(position).dump())));
    }
    start();
  }
  void drain_once() {
    last = source->drain(arrival, now);
    for (const Event& event : last.events) {
      lines.push_back(event.data["line"].get<std::string>());
      RC_ASSERT(seen.insert({event.source, event.offset}).second);
    }
    for (const Quarantined& item : last.quarantined) quarantined.push_back(item.reason);
    for (const Gap& item : last.gaps) gaps.push_back(item.reason);
    for (const std::string& text : last.troubles) troubles.push_back(text);
  }
  void drain() {
    do drain_once();
    while (source->deadline() == TailSource::Clock::time_point::min());
  }
  std::vector<std::string> drained() {
    drain();
    return std::exchange(lines, {});
  }
  [[nodiscard]] bool told() const {
    pollfd waiting{source->fd(), POLLIN, 0};
    return poll(&waiting, 1, 10'000) == 1;
  }
  [[nodiscard]] bool quiet() const {
    pollfd waiting{source->fd(), POLLIN, 0};
    return poll(&waiting, 1, 0) == 0 && !source->deadline();
  }

  std::string folder;
  TailOptions options;
  std::optional<TailSource> source;
  TailSource::Clock::time_point now{std::chrono::hours{1}};
  TailBatch last;
  std::vector<std::string> lines;
  std::vector<std::string> quarantined;
  std::vector<std::string> gaps;
  std::vector<std::string> troubles;
  std::set<std::pair<std::string, std::uint64_t>> seen;
};

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
  append("tial\r\n\nnext");
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
  EXPECT_THAT(troubles, ElementsAre(HasSubstr("leads through a link"), HasSubstr("pipe: is not a regular file"),
                                    HasSubstr("sub: is not a regular file")));
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

/// What happens to a log, drawn by chance: writing in pieces of any size, rotation also in the middle of a line,
/// cutting after all was read, looking, restarting from the positions of any batch.
RC_GTEST_PROP(TailSource, EveryLineOnceInOrder, ()) {
  Scene scene;
  scene.options.batch_max = 1;
  scene.start();
  auto writer = std::make_unique<std::ofstream>(scene.at("log"), std::ios::app);
  std::vector<std::string> written;
  std::string unfinished;
  int number = 0;
  bool rotated_since_look = false;
  const auto look = [&] {
    scene.drain();
    rotated_since_look = false;
  };
  for (const int what : *rc::gen::container<std::vector<int>>(40, rc::gen::inRange(0, 10))) {
    if (what < 4) {
      const int size = *rc::gen::weightedElement<int>({{5, 3}, {3, 40}, {1, 70'000}});
      const std::string piece(static_cast<std::size_t>(size), static_cast<char>('a' + number % 26));
      unfinished += piece;
      *writer << piece << std::flush;
    } else if (what < 6) {
      unfinished += std::to_string(++number);
      *writer << number << '\n' << std::flush;
      if (unfinished.size() <= scene.options.line_max) written.push_back(unfinished);
      unfinished.clear();
    } else if (what == 6 && unfinished.empty()) {
      scene.rotate();
      writer = std::make_unique<std::ofstream>(scene.at("log"), std::ios::app);
      if (rotated_since_look) look();
      rotated_since_look = true;
    } else if (what == 7) {
      look();
    } else if (what == 8) {
      look();
      scene.drain_once();
      scene.restart();
    } else if (what == 9 && unfinished.empty() && !written.empty()) {
      look();
      fs::resize_file(scene.at("log"), 0);
      look();
    }
  }
  if (!unfinished.empty()) {
    *writer << '\n' << std::flush;
    if (unfinished.size() <= scene.options.line_max) written.push_back(unfinished);
  }
  scene.drain();
  RC_ASSERT(scene.lines == written);
  for (const std::string& gap : scene.gaps) RC_ASSERT(gap.starts_with("the file was cut"));
}

/// Stopped after any batch, also in the middle of a rotation: nothing is lost, nothing comes twice.
RC_GTEST_PROP(TailSource, ResumesAfterAnyBatch, ()) {
  Scene scene;
  scene.options.batch_max = 1;
  std::vector<std::string> written;
  for (int i = 0; i < 60; ++i) {
    written.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(*rc::gen::inRange(0, 9000)), 'x'));
    scene.append(written.back() + "\n");
    if (i == 20) fs::rename(scene.at("log"), scene.at("log.2"));
    if (i == 40) fs::rename(scene.at("log"), scene.at("log.1"));
  }
  fs::rename(scene.at("log"), scene.at("later"));
  fs::rename(scene.at("log.1"), scene.at("middle"));
  fs::rename(scene.at("log.2"), scene.at("log"));
  scene.start();
  scene.drain_once();
  fs::rename(scene.at("log"), scene.at("log.2"));
  fs::rename(scene.at("middle"), scene.at("log.1"));
  fs::rename(scene.at("later"), scene.at("log"));
  scene.restart();
  for (int i = 0; i < 100 && scene.lines.size() < written.size(); ++i) {
    scene.drain_once();
    if (*rc::gen::inRange(0, 3) == 0) scene.restart();
  }
  RC_ASSERT(scene.lines == written);
  RC_ASSERT(scene.gaps.empty());
}

}  // namespace
}  // namespace aright::source
