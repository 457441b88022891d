// Reading our own documents back.
#include "model/doc.h"

#include <gtest/gtest.h>

namespace aright {
namespace {

Result<Done> read_length(const Json& up, Nanos expected) {
  Json doc = Json::object();
  doc["up"] = up;
  DocReader in(doc, "doc");
  const Nanos length = in.micros("up");
  if (auto ok = in.finish(); !ok) return ok;
  EXPECT_EQ(length, expected);
  return Done{};
}

TEST(DocReaderTest, LengthsAreThoseThatNanosecondsHold) {
  constexpr std::uint64_t most = 9'223'372'036'854'775;  // µs
  EXPECT_TRUE(read_length(0, Nanos{0}));
  EXPECT_TRUE(read_length(most, std::chrono::microseconds{most}));
  for (const Json& wrong : {Json(most + 1), Json(UINT64_MAX), Json(-1), Json("1"), Json(1.5)}) {
    const auto refused = read_length(wrong, Nanos{0});
    ASSERT_FALSE(refused) << wrong;
    EXPECT_EQ(refused.error().code, Errc::corrupt);
    EXPECT_EQ(refused.error().message, "doc: field \"up\" is missing or not what it must be");
  }
  const Json doc{{"ms", most / 1000}, {"long", most / 1000 + 1}};
  DocReader in(doc, "doc");
  EXPECT_EQ(in.millis("ms"), std::chrono::milliseconds{most / 1000});
  EXPECT_TRUE(in.finish());
  (void)in.millis("long");
  EXPECT_FALSE(in.finish());
}

}  // namespace
}  // namespace aright
