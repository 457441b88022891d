#include "base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/utf8.h"

namespace aright {
namespace {

TEST(ClipText, LeavesFittingTextAlone) {
  EXPECT_EQ(clip_text("", 8), "");
  EXPECT_EQ(clip_text("Grüße", 8), "Grüße");
  EXPECT_EQ(clip_text("12345678", 8), "12345678");
}

TEST(ClipText, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(clip_text("123456789", 8), "12345…");
  EXPECT_EQ(clip_text("1234üüü", 8), "1234…");
  EXPECT_EQ(clip_text("\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80", 8), "\xF0\x9F\x98\x80…");
}

TEST(ClipText, ReplacesWhatIsNoText) {
  EXPECT_EQ(clip_text("a\xFFz", 20), "a\xEF\xBF\xBDz");
  EXPECT_EQ(clip_text("a\xC3", 20), "a\xEF\xBF\xBD");
  EXPECT_EQ(clip_text("\xED\xA0\x80", 20), "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");  // a lone surrogate
  EXPECT_EQ(clip_text(std::string_view("a\0b\nc\x1B[m", 8), 20),
            "a\xEF\xBF\xBD"
            "b c\xEF\xBF\xBD[m");
}

TEST(Counted, TakesThePluralOfTheNoun) {
  EXPECT_EQ(counted(1, "file"), "1 file");
  EXPECT_EQ(counted(0, "file"), "0 files");
  EXPECT_EQ(counted(2, "entry"), "2 entries");
  EXPECT_EQ(counted(1, "entry"), "1 entry");
  EXPECT_EQ(counted(3, "process"), "3 processes");
  EXPECT_EQ(counted(2, "key"), "2 keys");
}

RC_GTEST_PROP(ClipText, IsAlwaysUtf8WithinTheLimitAndIdempotent, (const std::string& text)) {
  const auto limit = *rc::gen::inRange<std::size_t>(8, 40);
  const std::string clipped = clip_text(text, limit);
  RC_ASSERT(is_utf8(clipped));
  RC_ASSERT(clipped.size() <= limit);
  RC_ASSERT(clip_text(clipped, limit) == clipped);
}

}  // namespace
}  // namespace aright
