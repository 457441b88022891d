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

}  // namespace
}  // namespace aright::engine::test
