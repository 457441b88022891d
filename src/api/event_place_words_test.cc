#include "api/event_place_words.h"

#include <gtest/gtest.h>

#include "model/intake.h"

namespace aright::api {
namespace {

Json read_to(const std::string& source, std::vector<Lane> lanes) {
  Intake intake;
  intake.source = source;
  intake.lanes = std::move(lanes);
  return Json::array({intake.to_json()});
}
Lane lane_at(const std::string& part, std::uint64_t offset) {
  Lane lane;
  lane.part = part;
  lane.begin = offset;
  lane.next = offset;
  return lane;
}
constexpr std::uint64_t second = 17'592'186'044'416;

TEST(EventPlaceWords, SayTheFileAndTheByteWhereThereWereSeveral) {
  const std::string log = "shop:/l";
  const Json one = read_to("shop", {lane_at(log, 700)});
  const Json two = read_to("shop", {lane_at(log, second + 700)});
  const Json twelve = read_to("shop", {lane_at(log, 500), lane_at(log, 11 * second)});
  EXPECT_EQ(words_of_place({log, 515}, one), "");
  EXPECT_EQ(words_of_place({log, second + 515}, two),
            "shop:/l:17592186044931 is byte 515 of the second file of that name");
  EXPECT_EQ(words_of_place({log, 0}, two),
            "shop:/l:0 is byte 0 of the first file of that name; the second file, the newest that was read, begins at "
            "shop:/l:17592186044416");
  EXPECT_EQ(words_of_place({log, 0}, twelve),
            "shop:/l:0 is byte 0 of the first file of that name; file number 12, the newest that was read, begins at "
            "shop:/l:193514046488576");
  EXPECT_EQ(words_of_place({"shop:/other", 0}, two), "");
  EXPECT_EQ(words_of_place({"hook", second}, read_to("hook", {lane_at("hook", second * 2)})), "") << "a delivery";
}

TEST(EventPlaceWords, StandBehindTheFirstSentenceOrTheRefusal) {
  const Json two = read_to("shop", {lane_at("shop:/l", second)});
  const EventPlace place{"shop:/l", second};
  const auto answer = with_words_of_place(Json{{"sentences", {"a", "b"}}}, place, two);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->at("sentences"),
            Json({"a", "shop:/l:17592186044416 is byte 0 of the second file of that name", "b"}));
  const auto refused = with_words_of_place(fail(Errc::not_found, "gone"), {"shop:/l", 3}, two);
  ASSERT_FALSE(refused);
  EXPECT_EQ(
      refused.error().message,
      "gone; shop:/l:3 is byte 3 of the first file of that name; the second file, the newest that was read, begins at "
      "shop:/l:17592186044416");
  EXPECT_EQ(with_words_of_place(Json{{"at", 1}}, {"shop:/m", 3}, two)->dump(), R"({"at":1})");
}

}  // namespace
}  // namespace aright::api
