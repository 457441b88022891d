// Windows of correlations over sources that do not all go equally far, over restarts (docs/decisions/0032, 0053).
#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

/// Files of a source "gh", with which workflows go as far as auto, and of "no", with which they only observe.
class MixedModes : public Events {
 protected:
  MixedModes() {
    load(std::string(failed_login) + "---" + guessing);
    Config config = configuration(Mode::auto_);
    config.controls[0] = sigma_control("many-failed");
    config.workflows[0].answers = {{"many-failed", "", std::nullopt}};
    rig.configure(config);
  }
  void read(const std::string& source, const std::string& file, const std::vector<std::uint64_t>& numbers,
            bool behind = false) {
    EventsRead made = batch({});
    made.source = source;
    made.mode_max = source == "gh" ? Mode::auto_ : Mode::observe;
    made.behind = behind;
    const std::string part = source + ":/" + file;
    std::uint64_t& done = done_[part];
    for (const std::uint64_t number : numbers) {
      Event event{part, number, start_at_ + std::chrono::seconds(number), {{"", "linux", ""}}, {}, {}};
      event.data = {{"what", "failed"}, {"address", "192.0.2.1"}};
      made.events.push_back(std::move(event));
      done = std::max(done, number + 1);
    }
    made.lanes = {{part, 0, done, {{"byte", done}}, 0, {{"byte", 0}}}};
    rig.feed(std::move(made));
    rig.settle();
  }
  void again() {
    rig.pass(2s);  // stored as done, but in no snapshot
    rig.restart();
    rig.feed(SourcesBegin{{"gh", "no"}});
  }
  /// How often it was found, and how often a program ran for it.
  using Counts = std::pair<std::size_t, std::size_t>;
  Counts counts() { return {rig.count("finding.opened") + rig.count("finding.occurred"), programs.requests.size()}; }
  Mode goes_to() { return rig.core->projection().findings().begin()->second.mode_max; }

 private:
  std::map<std::string, std::uint64_t> done_;
  const WallTime start_at_{rig.now.wall - 1h};
};

TEST_F(MixedModes, CompletedAtALowModeBeforeARestartAndAtAHighOneAfterIt) {
  rig.start();
  read("no", "a", {1, 2});
  read("gh", "a", {3});
  ASSERT_EQ(counts(), (Counts{1, 0}));
  ASSERT_EQ(rig.core->intakes().at("gh").completed.size(), 1U);
  EXPECT_EQ(rig.core->intakes().at("gh").completed.front().most, Mode::observe);
  again();
  read("gh", "a", {3}, true);
  read("no", "a", {1, 2});
  EXPECT_EQ(counts(), (Counts{1, 0})) << "the log knows that it fired";
  read("gh", "a", {4});
  EXPECT_EQ(counts(), (Counts{1, 0})) << "two of those that go further";
  read("gh", "a", {5});
  EXPECT_EQ(counts(), (Counts{2, 1}));
  EXPECT_EQ(goes_to(), Mode::auto_);
  EXPECT_EQ(rig.last("finding.occurred").at("mode_max"), "auto");
  for (int i = 0; i < 2; ++i) {
    again();
    read("gh", "a", {3, 4, 5}, true);
    read("no", "a", {1, 2});
    EXPECT_EQ(counts(), (Counts{2, 1})) << "known of both modes";
  }
}

TEST_F(MixedModes, CompletedAtAHighModeWhileWindowsAreRefilled) {
  rig.start();
  read("gh", "a", {1});
  read("gh", "b", {2});
  read("no", "a", {3});
  ASSERT_EQ(counts(), (Counts{1, 0}));
  again();
  read("no", "a", {3}, true);
  read("gh", "a", {1, 4}, true);
  EXPECT_EQ(counts(), (Counts{1, 0})) << "all together it has fired, and of more there are two";
  read("gh", "b", {2});  // known as done, and the third of those that go further
  EXPECT_EQ(counts(), (Counts{2, 1}));
  EXPECT_EQ(goes_to(), Mode::auto_);
  for (int i = 0; i < 2; ++i) {
    again();
    read("gh", "b", {2}, true);
    read("gh", "a", {1, 4}, true);
    read("no", "a", {3});
    EXPECT_EQ(counts(), (Counts{2, 1}));
  }
}

TEST_F(MixedModes, WhatIsCompletedAtAHighModeIsNotFoundAtALowOneAgain) {
  rig.start();
  read("gh", "a", {1, 2, 3});
  ASSERT_EQ(counts(), (Counts{1, 1}));
  again();
  read("no", "a", {4}, true);  // the first that is told apart, before the others are read again
  read("gh", "a", {1, 2, 3});
  read("no", "a", {5, 6, 7});
  EXPECT_EQ(counts(), (Counts{1, 1}));
  rig.pass(40s);
  EXPECT_TRUE(rig.core->intakes().at("gh").completed.empty());
  rig.restart();
  read("no", "a", {8});
  read("gh", "a", {9});
  EXPECT_EQ(counts(), (Counts{1, 1})) << "the snapshot knows it, of both modes";
}

}  // namespace
}  // namespace aright::engine::test
