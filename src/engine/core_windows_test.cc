// The windows of correlations: put aside, read again after an end, kept or dropped by a reload.
#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

class Counting : public Events {
 protected:
  Counting() {
    load(std::string(failed_login) + "---" + guessing);
    Config config = configuration(Mode::auto_);
    config.controls[0] = sigma_control("many-failed");
    config.workflows[0].answers = {{"many-failed", "", std::nullopt}};
    rig.configure(config);
  }
};

TEST_F(Counting, WindowsLiveThroughARestartByReadingAgain) {
  rig.start();
  rig.feed(batch({"192.0.2.1", "192.0.2.1"}));
  rig.settle();
  rig.pass(31s);
  ASSERT_EQ(rig.snapshots.row.size(), 2U);
  rig.restart();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_EQ(rig.last("finding.opened").at("subject"), "address=192.0.2.1");
  EXPECT_EQ(programs.requests.size(), 1U);
}

TEST_F(Counting, WithoutASnapshotReadingStartsWhereTheWindowsBegan) {
  rig.start();
  EventsRead first = batch({"192.0.2.1", "192.0.2.1"});
  rig.feed(EventsRead(first));
  rig.settle();
  rig.pass(31s);
  EventsRead second = batch({"192.0.2.2"});
  EventsRead third = batch({"192.0.2.2"});
  rig.feed(EventsRead(second));
  rig.feed(EventsRead(third));
  rig.pass(2s);  // stored as done, but in no snapshot
  rig.restart();
  const auto from = rig.core->read_from();
  ASSERT_EQ(from.logs.at("auth").size(), 1U);
  EXPECT_EQ(from.logs.at("auth").front().done.next, 40U);
  EXPECT_EQ(from.logs.at("auth").front().again->next, 20U);
  rig.feed(std::move(second));  // only refills
  rig.feed(std::move(third));
  rig.feed(batch({"192.0.2.2"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_EQ(intake().events, 5U);
}

TEST_F(Counting, ASnapshotBeforeAllIsReadAgainSaysHowFarItIs) {
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  rig.pass(31s);
  EventsRead second = batch({"192.0.2.1"});
  EventsRead third = batch({"192.0.2.2"});
  rig.feed(EventsRead(second));
  rig.feed(EventsRead(third));
  rig.pass(2s);  // stored as done, but in no snapshot
  rig.restart();
  ASSERT_TRUE(rig.ask(Reload{rig.core->config(), rig.rules}));  // puts all aside at once
  rig.settle();
  ASSERT_TRUE(rig.snapshots.row.back().whole);
  rig.restart();
  EXPECT_EQ(rig.core->read_from().logs.at("auth").front().again.value_or(Lane{}).next, 10U);
  rig.feed(EventsRead(second));
  rig.pass(31s);  // in the midst of reading again
  rig.restart();
  EXPECT_EQ(rig.core->read_from().logs.at("auth").front().again.value_or(Lane{}).next, 20U);
  rig.feed(std::move(third));
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
}

TEST_F(Counting, BeforeTheFirstSnapshotReadingStartsWhereItBegan) {
  rig.start();
  EventsRead read = batch({"192.0.2.1", "192.0.2.1"});
  rig.feed(EventsRead(read));
  rig.now.boot += 2s;
  rig.feed(PauseSeen{"file", false});  // stored as done; the process ends before anything was put aside
  ASSERT_TRUE(rig.intakes.contains("auth"));
  rig.restart();
  EXPECT_EQ(rig.core->read_from().logs.at("auth").front().again->next, 0U);
  EXPECT_EQ(rig.core->read_from().logs.at("auth").front().again->at, (Json{{"byte", 0}}));
  rig.feed(std::move(read));
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
}

TEST_F(Counting, AChangedRuleDropsItsWindowAndSaysSo) {
  rig.start();
  rig.feed(batch({"192.0.2.1", "192.0.2.1"}));
  std::string other = guessing;
  other.replace(other.find("gte: 3"), 6, "gte: 4");
  load(std::string(failed_login) + "---" + other);
  ASSERT_TRUE(rig.ask(Reload{rig.core->config(), rig.rules}));
  EXPECT_EQ(rig.last("windows.dropped").at("correlations"), Json::array({"many-failed"}));
}

TEST_F(Counting, TheSameRulesKeepTheirWindowsThroughAReload) {
  rig.start();
  rig.feed(batch({"192.0.2.1", "192.0.2.1"}));
  load(std::string(failed_login) + "---" + guessing);
  ASSERT_TRUE(rig.ask(Reload{rig.core->config(), rig.rules}));
  EXPECT_EQ(rig.count("windows.dropped"), 0U);
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
}

TEST_F(Counting, ASnapshotThatCannotBeWrittenIsWrittenWholeLater) {
  rig.start();
  rig.snapshots.refuses = Error{Errc::no_space, Retry::yes, "the disk is full"};
  rig.feed(batch({"192.0.2.1", "192.0.2.1"}));
  rig.pass(31s);
  EXPECT_EQ(rig.core->figures().snapshot_trouble, "the disk is full");
  rig.snapshots.refuses.reset();
  rig.pass(31s);
  EXPECT_TRUE(rig.core->figures().snapshot_trouble.empty());
  ASSERT_EQ(rig.snapshots.row.size(), 1U);
  EXPECT_TRUE(rig.snapshots.row.front().whole);
}

TEST_F(Counting, ALongRowOfSnapshotsBecomesOne) {
  rig.start();
  for (int i = 0; i < 50; ++i) {
    rig.feed(batch({i % 2 == 0 ? "192.0.2.1" : "192.0.2.2"}));
    rig.pass(31s);
  }
  EXPECT_LE(rig.snapshots.row.size(), 21U);
  EXPECT_TRUE(rig.snapshots.row.front().whole);
  const std::uint64_t findings = rig.count("finding.opened");
  rig.restart();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), findings);  // it has fired, and goes on being silent
}

/// Two files of one source, read one after the other.
class TwoFiles : public Counting {
 protected:
  /// The events of `file` with those numbers, and what is done of both after them.
  EventsRead read(const std::string& file, const std::vector<std::uint64_t>& numbers, bool behind = false) {
    EventsRead made = batch({});
    made.behind = behind;
    for (const std::uint64_t number : numbers) {
      Event event{"auth:/" + file, number, start_at + std::chrono::seconds(number), {{"", "linux", ""}}, {}, {}};
      event.data = {{"what", "failed"}, {"address", "192.0.2.1"}};
      made.events.push_back(std::move(event));
      done[file] = std::max(done[file], number + 1);
    }
    made.lanes.clear();
    for (const auto& [name, next_one] : done) {
      made.lanes.push_back({"auth:/" + name, 0, next_one, {{"byte", next_one}}, 0, {{"byte", 0}}});
    }
    return made;
  }
  void again() {
    rig.pass(2s);  // stored as done, but in no snapshot
    rig.restart();
    rig.feed(SourcesBegin{{"auth"}});
  }
  std::map<std::string, std::uint64_t> done;
  const WallTime start_at{rig.now.wall - 1h};
};

TEST_F(TwoFiles, WhatAnEventThatIsReadAgainCompletesIsFoundOnce) {
  rig.start();
  rig.feed(read("a", {1}));
  rig.feed(read("b", {2}));
  again();
  rig.feed(read("a", {1, 3}, true));
  EXPECT_EQ(rig.count("finding.opened"), 0U);
  rig.feed(read("b", {2}));  // known as done, and the third all the same
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_EQ(programs.requests.size(), 1U);
  for (int i = 0; i < 2; ++i) {
    again();
    rig.feed(read("b", {2}, true));
    rig.feed(read("a", {1, 3}));
    rig.settle();
  }
  EXPECT_EQ(rig.count("finding.opened") + rig.count("finding.occurred"), 1U) << "the log knows of it";
  EXPECT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(intake().events, 3U);
}

TEST_F(TwoFiles, WhatHasFiredIsKnownUntilASnapshotHasIt) {
  rig.start();
  rig.feed(read("a", {1, 2, 3}));
  rig.settle();
  ASSERT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_EQ(intake().completed.size(), 1U);
  rig.pass(40s);
  EXPECT_TRUE(intake().completed.empty());
  rig.restart();
  rig.feed(read("b", {4}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.occurred"), 0U) << "the snapshot knows it now";
}

TEST_F(TwoFiles, WhatADowntimeLeftIsCountedInWhateverOrderItIsRead) {
  rig.start();
  rig.feed(SourcesBegin{{"auth", "gone"}});
  rig.feed(read("a", {3000}, true));  // far ahead of the other file
  rig.feed(read("b", {1, 2}, true));
  EXPECT_EQ(intake().late, 0U);
  rig.feed(read("b", {3}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  rig.feed(read("b", {4}));
  EXPECT_EQ(intake().late, 0U) << "another source has not said how far it is";
  rig.pass(61s);
  rig.feed(read("b", {5}));  // the last that is not late: with it everything settles
  rig.feed(read("b", {6, 7}));
  EXPECT_EQ(intake().late, 2U);
  EXPECT_EQ(Intake::from_json(intake().to_json())->late, 2U);
}

}  // namespace
}  // namespace aright::engine::test
