// Records of logs through the core: findings, runs, how far a source is done; with an end between every two inputs.
#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

TEST_F(Events, AnEventStartsAProgramWithWhatItHolds) {
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  ASSERT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(programs.requests[0].arguments, (std::vector<std::string>{"/bin/react", "192.0.2.1"}));
  const Json told = Json::parse(programs.requests[0].input);
  EXPECT_EQ(told.at("event").at("data").at("address"), "192.0.2.1");
  EXPECT_EQ(told.at("finding").at("subject"), (Json{{"driver", "host"}, {"id", "192.0.2.1"}}));
  const Json opened = rig.last("finding.opened");
  EXPECT_EQ(opened.at("severity"), "high");
  EXPECT_EQ(opened.at("source"), "auth:/log");
  EXPECT_EQ(rig.last("run.succeeded").at("unverified"), 1);
}

TEST_F(Events, MoreOfTheSameIsAnOccurrenceAndNoSecondRun) {
  rig.start();
  rig.feed(batch({"192.0.2.1", "192.0.2.1", "192.0.2.1"}));
  rig.settle();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(rig.core->projection().findings().begin()->second.occurrences, 4U);
}

TEST_F(Events, WhatIsReadTwiceCountsOnce) {
  rig.start();
  EventsRead read = batch({"192.0.2.1"});
  EventsRead again = read;
  rig.feed(std::move(read));
  rig.settle();
  rig.feed(std::move(again));
  rig.settle();
  EXPECT_EQ(rig.core->projection().findings().begin()->second.occurrences, 1U);
  EXPECT_EQ(intake().events, 1U);
}

TEST_F(Events, AnEventWithoutItsTimeIsSeenByRulesAndCountsInNoCorrelation) {
  load(std::string(failed_login) + "---" + guessing);
  Config config = configuration(Mode::observe);
  config.controls.push_back(sigma_control("many-failed"));
  config.workflows[0].answers = {{"many-failed", "", std::nullopt}};
  rig.configure(std::move(config));
  rig.start();
  EventsRead read = batch({"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"});
  for (Event& event : read.events) event.no_time = NoTime{"at", NoTime::Fault::missing};
  rig.feed(std::move(read));
  rig.settle();
  EXPECT_TRUE(rig.core->projection().findings().empty()) << "when they were nobody knows";
  EXPECT_EQ(intake().timeless, 4U);
  EXPECT_EQ(intake().malformed, 0U);
  rig.feed(batch({"192.0.2.1", "192.0.2.1", "192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.core->projection().findings().size(), 1U);
  EXPECT_EQ(intake().no_time, "");
}

TEST_F(Events, ATimeThatIsNoneIsAFindingBesideWhatItsRuleSays) {
  rig.start();
  EventsRead read = batch({"192.0.2.1"});
  read.events[0].no_time = NoTime{"at", NoTime::Fault::malformed};
  rig.feed(std::move(read));
  rig.settle();
  std::vector<std::string> controls;
  for (const auto& [id, finding] : rig.core->projection().findings()) controls.push_back(finding.control);
  std::ranges::sort(controls);
  EXPECT_EQ(controls, (std::vector<std::string>{"failed-login", "malformed-event"}));
}

TEST_F(Events, QuietEndsTheFindingAndTheNextIsARecurrence) {
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  rig.pass(30min);
  rig.feed(batch({"192.0.2.1"}));
  rig.pass(45min);
  EXPECT_EQ(rig.count("finding.resolved"), 0U);
  rig.pass(20min);
  EXPECT_EQ(rig.last("finding.resolved").at("by"), "nothing came for 1h");
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("episode"), 2);
  EXPECT_EQ(programs.requests.size(), 2U);
}

TEST_F(Events, ASourceWaitsWhoseRunsHaveNotBegun) {
  Config config = configuration(Mode::auto_);
  config.limits.waiting = 3;
  rig.configure(config);
  rig.start();
  ASSERT_TRUE(rig.ask(Pause{"look", PauseScope::everything()}));
  rig.feed(batch({"192.0.2.1", "192.0.2.2"}));
  rig.settle();
  EXPECT_EQ(rig.core->crowding(), std::set<std::string>{});
  rig.feed(batch({"192.0.2.3"}));
  rig.settle();
  EXPECT_EQ(rig.core->crowding(), std::set<std::string>{"auth"}) << "the source, not its file";
  rig.restart();
  EXPECT_EQ(rig.core->crowding(), std::set<std::string>{"auth"}) << "a restart makes no room";
  ASSERT_TRUE(rig.ask(Resume{"seen", 1U}));
  rig.settle();
  EXPECT_EQ(rig.core->crowding(), std::set<std::string>{});
  EXPECT_EQ(programs.requests.size(), 3U);
}

/// Nothing is at work on the oldest: they end, and say why. What is at work, and what is younger, stays.
TEST_F(Events, OfTooManyFindingsTheOldestEnd) {
  Config config = configuration(Mode::observe);
  config.limits.findings = 4;
  rig.configure(config);
  rig.start();
  for (const char* address : {"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}) {
    rig.feed(batch({address}));
    rig.pass(1min);
  }
  EXPECT_EQ(rig.count("finding.resolved"), 0U);
  rig.feed(batch({"192.0.2.5"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.resolved"), 1U);
  const Json ended = rig.last("finding.resolved");
  EXPECT_EQ(ended.at("by"), "more than 4 findings on events are open, and nothing is at work on it");
  EXPECT_EQ(ended.at("finding"), Finding::make_id("failed-login", "host=192.0.2.1", 1));
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("episode"), 2) << "it comes back as what it is";
  EXPECT_EQ(rig.core->projection().findings().size(), 4U);
}

/// Whoever can name subjects must not fill the memory with them; what comes back has a number that nothing had.
TEST_F(Events, OfTooManySubjectsThoseAreForgottenWhoseFindingsAreOverForLongest) {
  Config config = configuration(Mode::observe);
  config.limits.findings = 2;
  config.limits.subjects = 16;
  rig.configure(config);
  rig.start();
  for (int i = 1; i <= 40; ++i) {
    const std::string address = fmt::format("192.0.2.{}", i);
    rig.feed(batch({address.c_str()}));
    rig.pass(1s);
    ASSERT_LE(rig.core->projection().subjects().size(), 17U);
  }
  EXPECT_GE(rig.count("subjects.forgotten"), 1U);
  EXPECT_EQ(rig.core->projection().subject("failed-login", "host=192.0.2.1"), nullptr);
  EXPECT_NE(rig.core->projection().subject("failed-login", "host=192.0.2.38"), nullptr) << "over, but not for long";
  rig.restart();
  EXPECT_EQ(rig.core->projection().subject("failed-login", "host=192.0.2.1"), nullptr) << "a restart brings none back";
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("episode"), 1) << "as far as anybody knows";
  EXPECT_NE(rig.last("finding.opened").at("finding"), Finding::make_id("failed-login", "host=192.0.2.1", 1))
      << "which is another finding's";
  rig.pass(1s);
  rig.restart();
  EXPECT_EQ(rig.core->projection().findings().count(rig.last("finding.opened").at("finding").get<std::string>()), 1U);
}

/// What a run is in doubt about stays known, and no longer than that.
TEST_F(Events, ASubjectIsKnownWhileARunIsAboutItAndMayThenBeForgotten) {
  Config config = configuration(Mode::auto_);
  config.limits.subjects = 1;
  rig.configure(config);
  rig.start();
  programs.hangs = true;
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  programs.hangs = false;
  const auto others = [&](std::initializer_list<const char*> addresses) {
    for (const char* address : addresses) {
      rig.pass(2h);
      rig.feed(batch({address}));
      rig.settle();
    }
    rig.pass(2h);
  };
  others({"192.0.2.2", "192.0.2.3"});
  ASSERT_EQ(rig.core->projection().runs().size(), 1U);
  EXPECT_EQ(rig.core->projection().subject("failed-login", "host=192.0.2.2"), nullptr);
  EXPECT_NE(rig.core->projection().subject("failed-login", "host=192.0.2.1"), nullptr) << "a run is about it";
  ASSERT_TRUE(rig.ask(ResolveRun{rig.core->projection().runs().begin()->first, false, "looked"}));
  others({"192.0.2.4", "192.0.2.5"});
  EXPECT_EQ(rig.core->projection().subject("failed-login", "host=192.0.2.1"), nullptr);
}

TEST_F(Events, AFindingWithARunAtWorkDoesNotEndForOthers) {
  Config config = configuration(Mode::auto_);
  config.limits.findings = 2;
  rig.configure(config);
  rig.start();
  ASSERT_TRUE(rig.ask(Pause{"look", PauseScope::everything()}));
  rig.feed(batch({"192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.resolved"), 0U);
  ASSERT_TRUE(rig.ask(Resume{"seen", 1U}));
  rig.settle();
  EXPECT_EQ(programs.requests.size(), 4U) << "each was answered";
  rig.feed(batch({"192.0.2.5"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.resolved"), 1U) << "one makes room for one";
}

TEST_F(Events, AnOutsidersTextNamesNoTarget) {
  rig.configure(configuration(Mode::auto_, "${ finding.subject.id }"));
  rig.start();
  rig.feed(batch({"$(reboot)"}));
  rig.settle();
  rig.feed(batch({"$(reboot)"}));
  rig.pass(30min);
  EXPECT_TRUE(programs.requests.empty());
  EXPECT_EQ(rig.last("finding.opened").at("subject_typed"), false);
  EXPECT_EQ(rig.count("run.created"), 1U) << "what can never succeed is not tried again";
  EXPECT_EQ(rig.last("run.held").at("reason"),
            "plan: argument 1 of /bin/react: `host` was written by an outsider; name it in `trusted:` of source auth, "
            "or let the program read it on standard input; no approval lets it go: deny it and mend the workflow");
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "seen"}));
  rig.pass(20min);
  EXPECT_EQ(rig.count("run.created"), 1U);
}

TEST_F(Events, APlanIsAnsweredAgainWhenTheModeIsRaised) {
  rig.start();
  ASSERT_TRUE(rig.ask(SetMode{"react", Mode::plan, "first look"}));
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.planned"), 1U);
  EXPECT_TRUE(programs.requests.empty());
  ASSERT_TRUE(rig.ask(SetMode{"react", Mode::auto_, "looks right"}));
  rig.settle();
  EXPECT_EQ(programs.requests.size(), 1U) << "at once";
}

TEST_F(Events, APlanIsAnsweredAgainWhenTheCeilingIsRaised) {
  rig.configure(configuration(Mode::plan));
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.planned"), 1U);
  ASSERT_TRUE(rig.ask(Reload{configuration(Mode::auto_), rig.rules}));
  rig.settle();
  EXPECT_EQ(programs.requests.size(), 1U) << "at once";
}

TEST_F(Events, ObserveNotesOnceHoweverOftenItHappens) {
  rig.configure(configuration(Mode::observe));
  rig.start();
  for (int i = 0; i < 5; ++i) rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("run.observed"), 1U);
  EXPECT_EQ(rig.count("run.created"), 0U);
}

TEST_F(Events, WhatNobodyVouchesForIsOnlyObserved) {
  rig.start();
  EventsRead read = batch({"192.0.2.1"});
  read.mode_max = Mode::observe;
  rig.feed(std::move(read));
  rig.settle();
  EXPECT_EQ(rig.count("run.observed"), 1U);
  EXPECT_TRUE(programs.requests.empty());
  rig.feed(batch({"192.0.2.1"}));  // now somebody does
  rig.settle();
  EXPECT_EQ(programs.requests.size(), 1U);
}

TEST_F(Events, AWaiverKeepsThemFromOpening) {
  rig.start();
  ASSERT_TRUE(rig.ask(Waive{"failed-login", "host=192.0.2.1", "a drill", "", Nanos{1h}}));
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 0U);
  EXPECT_EQ(rig.core->figures().waived_events, 1U);
  EXPECT_EQ(intake().events, 1U);
}

TEST_F(Events, TheThresholdHoldsTheNext) {
  Config config = configuration(Mode::auto_);
  config.workflows[0].guards.threshold = {{2, 10min, Per::workflow}};
  rig.configure(config);
  rig.start();
  rig.feed(batch({"192.0.2.1", "192.0.2.2", "192.0.2.3"}));
  rig.settle();
  EXPECT_EQ(programs.requests.size(), 2U);
  EXPECT_EQ(rig.count("run.held"), 1U);
  const auto approved = rig.ask(Approve{rig.review(), "seen"});
  ASSERT_TRUE(approved) << approved.error().message;
  rig.feed(batch({"192.0.2.3"}));  // more evidence makes no other plan
  rig.settle();
  EXPECT_EQ(programs.requests.size(), 3U);
}

TEST_F(Events, MalformedRecordsAreAFindingAndAreKept) {
  rig.start();
  EventsRead read = batch({});
  read.quarantined = {{"auth:/log", 0, "no JSON", 3, "c0ffee", "{x"}, {"auth:/log", 4, "no JSON", 3, "c0ffee", "{y"}};
  read.gaps = {{"auth:/log", 8, "the file was cut"}};
  read.lanes = {{"auth:/log", 0, 9, {}, 0, {}}};
  rig.feed(std::move(read));
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("control"), "malformed-event");
  EXPECT_EQ(rig.last("finding.opened").at("subject"), "source=auth:/log");
  EXPECT_EQ(rig.last("finding.opened").at("count"), 2);
  EXPECT_EQ(rig.last("source.gap").at("note"), "the file was cut");
  EXPECT_EQ(intake().malformed, 2U);
  EXPECT_EQ(intake().kept.size(), 2U);
}

TEST_F(Events, AMalformedRecordOfAPathOfAnyLengthIsAFinding) {
  rig.start();
  std::string path = "auth:/l";  // 500 bytes end in the middle of a character
  for (int i = 0; i < 400; ++i) path += "\u00e9";
  EventsRead read = batch({});
  read.quarantined = {{path, 0, "no JSON", 3, "c0ffee", "{x"}};
  read.lanes = {{path, 0, 9, {}, 0, {}}};
  rig.feed(std::move(read));
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("control"), "malformed-event");
}

TEST_F(Events, WhatLeavesNoEntryIsStoredAfterAMoment) {
  rig.start();
  EventsRead read = batch({"192.0.2.1"});
  read.events[0].data["what"] = "fine";
  rig.feed(std::move(read));
  EXPECT_TRUE(rig.intakes.empty());
  ASSERT_TRUE(rig.wake);
  rig.pass(2s);
  EXPECT_EQ(Intake::from_json(Json::parse(rig.intakes.at("auth")))->lanes.front().next, 10U);
}

TEST_F(Events, OffsetsBeyondWhatANumberHoldsAreKept) {
  rig.start();
  EventsRead read = batch({"192.0.2.1"});
  constexpr std::uint64_t far = (std::uint64_t{70'000} << 44U) | 5U;
  read.events[0].offset = far;
  read.lanes = {{"auth:/log", far - 5, far + 5, {}, 0, {}}};
  rig.feed(std::move(read));
  rig.settle();
  rig.restart();
  rig.settle();
  EXPECT_EQ(rig.core->projection().findings().begin()->second.offset, far);
  EXPECT_TRUE(intake().done("auth:/log", far));
  EXPECT_EQ(programs.requests.size(), 1U);
}

/// After each number of steps the process ends: what is stored is read, what is not done is read again from there.
TEST_F(Events, AnEndBetweenAnyTwoInputsLosesAndDoublesNothing) {
  for (std::size_t end = 0; end < 14; ++end) {
    SCOPED_TRACE(end);
    CountingPrograms counting;
    Rig one(configuration(Mode::auto_));
    one.rules = rig.rules;
    one.programs = &counting;
    one.start();
    next = 0;
    const std::vector<EventsRead> all{batch({"192.0.2.1"}), batch({"192.0.2.2", "192.0.2.1"}), batch({"192.0.2.3"})};
    std::size_t steps = 0;
    bool ended = false;
    for (std::size_t i = 0; i < all.size() && !ended;) {
      if (steps++ == end) {
        ended = true;
      } else if (!one.work.empty()) {
        one.one();
      } else {
        one.feed(EventsRead(all[i++]));
      }
    }
    one.restart();
    for (const EventsRead& read : all) {
      one.feed(EventsRead(read));
      one.settle();
    }
    EXPECT_EQ(one.count("finding.opened"), 3U);
    EXPECT_EQ(one.core->intakes().at("auth").events, 4U);
    std::map<std::string, int> asked;
    for (const ProgramRequest& request : counting.requests) ++asked[request.arguments[1]];
    std::size_t in_doubt = 0;
    for (const auto& [id, run] : one.core->projection().runs()) in_doubt += run.state == RunState::unknown ? 1U : 0U;
    for (const auto& [address, times] : asked) EXPECT_EQ(times, 1) << address;
    EXPECT_EQ(one.count("run.succeeded") + in_doubt, 3U);
    std::uint64_t occurrences = 0;
    for (const auto& [id, finding] : one.core->projection().findings()) occurrences += finding.occurrences;
    EXPECT_EQ(occurrences, 4U);
  }
}

}  // namespace
}  // namespace aright::engine::test
