// A line that was read once is found again where it stands, or it is said what has become of it.
#include "source/tail/read_again.h"

#include <gmock/gmock.h>

#include "source/tail_scene.h"

namespace aright::source {
namespace {

using testing::HasSubstr;

class ReadAgainTest : public testing::Test, protected Scene {
 protected:
  ReadAgainTest() {
    definition.name = "s";
    definition.line_max = 20;
  }
  Result<ReadAgain> again(std::uint64_t offset) {
    return read_again(definition, plain_lines, last.positions, at("log"), offset, arrival);
  }
  std::string refusal(std::uint64_t offset) {
    const auto read = again(offset);
    return read ? "it was read" : read.error().message;
  }
  TailDefinition definition;
};

TEST_F(ReadAgainTest, ALineAsItWas) {
  append("one\ntwo\r\n\nbad\nother\n");
  start();
  drain();
  const auto first = again(0);
  ASSERT_TRUE(first && first->event) << first.error().message;
  EXPECT_EQ(first->event->data["line"], "one");
  EXPECT_EQ(first->event->source, "s:" + at("log"));
  EXPECT_EQ(first->event->time, arrival);
  EXPECT_EQ(again(4)->event->data["line"], "two");
  EXPECT_EQ(again(9)->why_none, "it is an empty line");
  EXPECT_EQ(again(10)->why_none, "it is malformed: a bad line");
  EXPECT_THAT(again(14)->why_none, HasSubstr("decoder is not for"));
  append("three\n");
  EXPECT_EQ(again(4)->event->data["line"], "two") << "it has grown, and is the same";
}

TEST_F(ReadAgainTest, NoLineIsMadeUp) {
  append("one\n" + std::string(21, 'x') + "\nhalf");
  start();
  drain();
  EXPECT_THAT(refusal(1), HasSubstr("no line begins at byte 1"));
  EXPECT_THAT(refusal(1000), HasSubstr("no line begins at byte 1000"));
  EXPECT_EQ(again(4)->why_none, "a line of more than 20 bytes");
  EXPECT_EQ(again(26)->why_none, "a line that has not ended");
  EXPECT_THAT(refusal(event_offset(7, 0)), HasSubstr("rotated away, removed, or begun anew since"));
}

TEST_F(ReadAgainTest, WhatIsNotTheFileThatWasReadIsNotLookedAt) {
  append("one\ntwo\n");
  start();
  drain();
  std::filesystem::resize_file(at("log"), 0);
  append("ONE\ntwo\n");
  EXPECT_THAT(refusal(0), HasSubstr("cut or begun anew")) << "another beginning";
  std::filesystem::resize_file(at("log"), 4);
  EXPECT_THAT(refusal(0), HasSubstr("shorter"));
  std::filesystem::rename(at("log"), at("log.1"));
  EXPECT_THAT(refusal(0), HasSubstr("log")) << "none has the name";
  append("one\ntwo\n");
  EXPECT_THAT(refusal(0), HasSubstr("another file has the name now"));
  std::filesystem::remove(at("log"));
  std::filesystem::create_symlink(at("log.1"), at("log"));
  EXPECT_THAT(refusal(0), HasSubstr("leads through a link"));
}

}  // namespace
}  // namespace aright::source
