#include "model/intake.h"

#include <gtest/gtest.h>

#include "model/resource.h"

namespace aright {
namespace {

constexpr std::uint64_t generation = std::uint64_t{1} << 44U;

Intake two_strands() {
  Intake intake;
  intake.source = "auth";
  intake.lanes = {{"auth:/a", 3 * generation, 3 * generation + 50, {}, 0, {}},
                  {"auth:/a", 5 * generation, 5 * generation + 7, {}, 0, {}}};
  return intake;
}

TEST(Intake, EachStrandHasItsOwnEnd) {
  const Intake intake = two_strands();
  EXPECT_TRUE(intake.done("auth:/a", 3 * generation + 49));
  EXPECT_FALSE(intake.done("auth:/a", 3 * generation + 50));
  EXPECT_FALSE(intake.done("auth:/a", 5 * generation - 1));
  EXPECT_TRUE(intake.done("auth:/a", 5 * generation + 6));
  EXPECT_FALSE(intake.done("auth:/a", 5 * generation + 7));
}

TEST(Intake, WhatIsBeforeTheFirstStrandIsDoneAndAnotherPartIsNot) {
  const Intake intake = two_strands();
  EXPECT_TRUE(intake.done("auth:/a", 7));
  EXPECT_FALSE(intake.done("auth:/0", 7));
  EXPECT_FALSE(intake.done("auth:/b", 7));
}

TEST(Intake, CountsOnceWhatIsReadTwice) {
  Intake intake;
  EventsRead read;
  read.source = "auth";
  read.events = {{"auth:/a", 0, {}, {}, Json::object(), {}}, {"auth:/a", 10, {}, {}, Json::object(), {}}};
  read.quarantined = {{"auth:/a", 20, "no JSON", 4, "ab", std::string("\xff\0x", 3)}};
  read.gaps = {{"auth:/a", 25, "cut"}};
  read.lanes = {{"auth:/a", 0, 30, {{"byte", 30}}, 5, {{"byte", 5}}}};
  intake.take(read);
  intake.take(read);
  EXPECT_EQ(intake.events, 2U);
  EXPECT_EQ(intake.malformed, 1U);
  EXPECT_EQ(intake.gaps, 1U);
  ASSERT_EQ(intake.kept.size(), 1U);
  const auto again = Intake::from_json(intake.to_json());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->to_json(), intake.to_json());
  EXPECT_EQ(again->kept.front().beginning, std::string("\xff\0x", 3));
  EXPECT_EQ(again->lanes, intake.lanes);
}

TEST(Intake, WhatIsReadAgainAfterAStartIsNotWhatCameLast) {
  const WallTime then{std::chrono::hours(1)};
  const WallTime now{std::chrono::hours(2)};
  Intake intake;
  EventsRead read;
  read.arrival = then;
  read.events = {{"auth:/a", 0, {}, {}, Json::object(), {}}};
  read.skipped = 1;
  read.lanes = {{"auth:/a", 0, 30, {}, 0, {}}};
  intake.take(read);
  EXPECT_EQ(intake.last_at, then);
  read.arrival = now;
  intake.take(read);  // for the windows of correlations
  EventsRead start;
  start.arrival = now;
  start.lanes = {{"auth:/a", 0, 30, {{"inode", 7}}, 0, {}}};
  start.looks_for = {"/a"};
  intake.take(start);
  EXPECT_EQ(intake.last_at, then);
  start.skipped = 1;
  start.lanes.front().next = 40;
  intake.take(start);
  EXPECT_EQ(intake.last_at, now) << "a line that is no event for it was written all the same";
}

TEST(Intake, ReadingAgainUndoesNothing) {
  Intake intake = two_strands();
  EventsRead read;
  read.lanes = {{"auth:/a", 5 * generation, 5 * generation + 2, {}, 0, {}}};
  intake.take(read);
  EXPECT_TRUE(intake.done("auth:/a", 5 * generation + 6));
  EXPECT_EQ(intake.lanes.size(), 2U);
}

TEST(Intake, KeepsTheNewestMalformedRecords) {
  Intake intake;
  EventsRead read;
  for (std::uint64_t i = 0; i < 50; ++i) read.quarantined.push_back({"s", i, "no JSON", 4, "", "x"});
  intake.take(read);
  EXPECT_EQ(intake.malformed, 50U);
  ASSERT_EQ(intake.kept.size(), malformed_kept);
  EXPECT_EQ(intake.kept.back().offset, 49U);
}

TEST(Intake, LanesThatAreNotNamedStayUntilTheyAreOver) {
  Intake intake = two_strands();
  EventsRead read;
  read.lanes = {{"auth:/a", 5 * generation, 5 * generation + 9, {}, 0, {}}, {"auth:/b", 0, 1, {}, 0, {}}};
  intake.take(read);
  ASSERT_EQ(intake.lanes.size(), 3U);
  EXPECT_EQ(intake.lanes[1].next, 5 * generation + 9);
  EXPECT_EQ(intake.lanes[2].part, "auth:/b");
  EventsRead later;
  later.over = {{"auth:/a", 5 * generation}, {"auth:/c", 0}};
  intake.take(later);
  ASSERT_EQ(intake.lanes.size(), 2U);
  EXPECT_TRUE(intake.done("auth:/b", 0));
}

TEST(Intake, ALogAndAWebhookOfOneNameDoNotKnowEachOther) {
  Intake intake;
  intake.source = "gh";
  EXPECT_EQ(intake.deliveries_done(), std::nullopt);
  EventsRead log;
  log.lanes = {{"gh:/a", 0, 68, {{"byte", 68}}, 0, {}}};
  intake.take(log);
  EXPECT_EQ(intake.deliveries_done(), std::nullopt) << "bytes are no deliveries";
  EventsRead posted;
  posted.lanes = {{"gh", 0, 2, {}, 0, 0}};
  intake.take(posted);
  EXPECT_EQ(intake.deliveries_done(), 2U);
  EXPECT_EQ(intake.log_lanes(), log.lanes);
  EXPECT_FALSE(intake.done("gh", 2));
  EXPECT_TRUE(intake.done("gh:/a", 2));
  log.lanes.front().next = 90;
  intake.take(log);
  EXPECT_EQ(intake.deliveries_done(), 2U);
  EXPECT_EQ(intake.log_lanes(), log.lanes);
}

TEST(Intake, BeyondTheLimitTheLanesThatNobodyReadsGoFirst) {
  Intake intake;
  EventsRead before;
  for (std::size_t i = 0; i < lanes_max; ++i) before.lanes.push_back({"s:/a" + std::to_string(i), 0, 1, {}, 0, {}});
  std::ranges::sort(before.lanes, {}, &Lane::part);
  intake.take(before);
  EventsRead now;
  now.lanes = {{"s:/z", 0, 1, {}, 0, {}}};
  intake.take(now);
  EXPECT_EQ(intake.lanes.size(), lanes_max);
  EXPECT_EQ(intake.lanes.back(), now.lanes.front());
  EXPECT_TRUE(std::ranges::is_sorted(intake.lanes, {}, &Lane::part));
}

TEST(Intake, ForeignTextIsRefusedByField) {
  Json doc = two_strands().to_json();
  doc["lanes"][0]["next"] = "12x";
  const auto read = Intake::from_json(doc);
  ASSERT_FALSE(read.has_value());
  EXPECT_NE(read.error().message.find("next"), std::string::npos);
}

TEST(EventJson, IsRestoredWhateverItHolds) {
  const Event event{"auth:/a",
                    600 * generation,
                    WallTime(std::chrono::microseconds{1'700'000'000'000'001}),
                    {{"", "linux", "sshd"}},
                    Json{{"pi", 3.5}, {"big", 18'000'000'000'000'000'000U}, {"user", "root"}},
                    {{"user", FieldType::text}, {"address", FieldType::address}}};
  EXPECT_TRUE(canonical_json(event.to_json()).has_value());
  const auto again = Event::from_json(event.to_json());
  ASSERT_TRUE(again.has_value()) << again.error().message;
  EXPECT_EQ(again->offset, event.offset);
  EXPECT_EQ(again->time, event.time);
  EXPECT_EQ(again->data, event.data);
  EXPECT_EQ(again->outsider, event.outsider);
  EXPECT_EQ(again->log_sources, event.log_sources);
}

TEST(EventJson, ThatItHasNoTimeIsKeptWithIt) {
  Event event{"a:/a", 1, WallTime{}, {}, Json::object(), {}};
  EXPECT_FALSE(event.to_json().contains("no_time"));
  event.no_time = NoTime{"at", NoTime::Fault::malformed};
  const auto again = Event::from_json(event.to_json());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(again->no_time, event.no_time);
}

TEST(EventJson, ATimeThatIsNotCountedWithIsToldAsThatAndKept) {
  Event event{"a:/a", 1, WallTime{}, {}, Json::object(), {}, NoTime{"at", NoTime::Fault::out_of_range}};
  EXPECT_EQ(event.no_time->text(),
            "field \"at\" is a time outside the years 1678 to 2261, which are those counted with");
  EXPECT_NE(event.no_time->text().find("outside the years 1678 to 2261"), std::string::npos);
  EXPECT_EQ(Event::from_json(event.to_json())->no_time, event.no_time);
}

TEST(Intake, CountsEventsWithoutATimeAndKnowsOfTheNewest) {
  Intake intake;
  EventsRead read;
  Event event{"a:/a", 1, WallTime{}, {}, Json::object(), {}, NoTime{"at", NoTime::Fault::missing}};
  read.events = {event};
  read.lanes = {{"a:/a", 0, 2, {}, 0, {}}};
  intake.take(read);
  intake.take(read);  // again: it is done
  EXPECT_EQ(intake.timeless, 1U);
  EXPECT_EQ(intake.no_time, "there is no field \"at\"");
  EXPECT_EQ(Intake::from_json(intake.to_json())->timeless, 1U);
  EXPECT_EQ(Intake::from_json(intake.to_json())->no_time, intake.no_time);
  event.no_time.reset();
  event.offset = 2;
  read.events = {event};
  intake.take(read);
  EXPECT_EQ(intake.timeless, 1U);
  EXPECT_EQ(intake.no_time, "");
  EXPECT_FALSE(Intake{}.to_json().contains("timeless")) << "rows of older versions read as they did";
}

TEST(Intake, KeepsTheNewestCompletedWindowsAndWhatCameTooLate) {
  Intake intake;
  intake.source = "a";
  EXPECT_FALSE(intake.to_json().contains("completed"));
  EXPECT_FALSE(intake.to_json().contains("late"));
  for (std::size_t i = 0; i <= completed_kept; ++i) {
    intake.complete({.definition = "hash",
                     .group = {"192.0.2.1", std::to_string(i)},
                     .least = Mode::plan,
                     .most = Mode::propose,
                     .until = WallTime(Nanos(-5)),
                     .aside = 7});
  }
  intake.late = 3;
  const auto read = Intake::from_json(intake.to_json());
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->completed.size(), completed_kept);
  EXPECT_EQ(read->completed.front().group, (std::vector<std::string>{"192.0.2.1", "1"}));
  EXPECT_EQ(read->completed.front().definition, "hash");
  EXPECT_EQ(read->completed.front().until, WallTime(Nanos(-5)));
  EXPECT_EQ(read->completed.front().least, Mode::plan);
  EXPECT_EQ(read->completed.front().most, Mode::propose);
  EXPECT_EQ(read->late, 3U);
  Json bad;
  for (const auto& [field, text] : {std::pair{"until", "5x"}, {"most", "further"}, {"least", "auto"}}) {
    bad = intake.to_json();
    bad["completed"][0][field] = text;
    EXPECT_EQ(Intake::from_json(bad).error().code, Errc::corrupt) << field;
  }
}

TEST(Subject, IsAResourceOrAKeyOfAnEvent) {
  EXPECT_EQ(resource_of("file:/etc/a=b:c"), (ResourceId{"file", "/etc/a=b:c"}));
  EXPECT_FALSE(resource_of("address=2001:db8::1").has_value());
  EXPECT_FALSE(resource_of("source=auth:/var/log/auth.log").has_value());
  EXPECT_EQ(subject_parts("address=2001:db8::1"), (ResourceId{"address", "2001:db8::1"}));
  EXPECT_EQ(subject_parts("address=192.0.2.1 port=22"), (ResourceId{"group", "address=192.0.2.1 port=22"}));
  EXPECT_EQ(subject_parts("user=Jörg Müller"), (ResourceId{"user", "Jörg Müller"}));
  EXPECT_EQ(subject_parts("user=a b\\u{3d}c"), (ResourceId{"user", "a b=c"}));
}

}  // namespace
}  // namespace aright
