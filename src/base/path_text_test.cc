#include "base/path_text.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "base/utf8.h"

namespace aright {
namespace {

TEST(PathText, LeavesOrdinaryPathsAlone) {
  for (const char* path : {"", "/etc/motd", "/srv/a b/ä€😀.txt", "/x/~'\"$(id)"}) EXPECT_EQ(path_text(path), path);
}

TEST(PathText, WritesWhatCannotBeSeenAsBytes) {
  EXPECT_EQ(path_text("/a\nb"), "/a\\x0ab");
  EXPECT_EQ(path_text("/a\\b"), "/a\\\\b");
  EXPECT_EQ(path_text("/\xFF\xC3"), "/\\xff\\xc3");
  EXPECT_EQ(path_text("/\x7F\u0085\u202Ex"), "/\\x7f\\xc2\\x85\\xe2\\x80\\xaex");
  EXPECT_EQ(path_text("/\xED\xA0\x80"), "/\\xed\\xa0\\x80");  // half of a surrogate pair
}

TEST(PathText, TakesBackOnlyItsOwnForm) {
  EXPECT_EQ(*path_bytes("/a\\x0ab\\\\c"), "/a\nb\\c");
  for (const char* bad :
       {"/a\\b", "/a\\", "/a\\x", "/a\\x4", "/a\\x41", "/a\\xFF", "/a\\xzz", "/a\nb", "/\xFF", "/\u202E", "/a\\~00"}) {
    EXPECT_FALSE(path_bytes(bad)) << bad;
  }
}

TEST(PathText, CutsWhatIsTooLongButStillTellsApart) {
  const std::string folder(folder_text_max, 'f');
  const std::string a = path_text(folder + "/" + std::string(255, '\xFF'));
  const std::string b = path_text(folder + "/" + std::string(254, '\xFF') + "\xFE");
  EXPECT_LE(a.size(), path_text_max);
  EXPECT_TRUE(a.starts_with(folder + "/"));
  EXPECT_NE(a, b);
  const auto refused = path_bytes(a);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("too long"), std::string::npos);
  EXPECT_TRUE(path_bytes(path_text(std::string(path_text_max, 'x'))));
  EXPECT_FALSE(path_bytes(std::string(path_text_max + 1, 'x')));
}

RC_GTEST_PROP(PathText, IsReversibleAndPrintable, (const std::vector<std::uint8_t>& any)) {
  const std::string bytes(any.begin(), any.end());
  const std::string text = path_text(bytes);
  RC_ASSERT(is_utf8(text));
  RC_ASSERT(text.size() <= path_text_max);
  RC_ASSERT(std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == '\x7F'; }));
  if (text.size() <= bytes.size() * 4 && bytes.size() <= path_text_max / 4) RC_ASSERT(*path_bytes(text) == bytes);
}

RC_GTEST_PROP(PathText, HasOneTextForAPath, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::elementOf(std::string("\\x0af~/\xC3\xA4\n")));
  if (const auto bytes = path_bytes(text)) RC_ASSERT(path_text(*bytes) == text);
}

}  // namespace
}  // namespace aright
