// Another tool's alerts through the core: episodes, what ends them, who is believed.
#include "core_alerts_rig_test.h"

namespace aright::engine::test {
namespace {

TEST_F(CoreAlerts, EachIsAFindingAnsweredWithItsOwnFields) {
  rig.start();
  post({{"web1"}, {"web2", "firing", "critical"}});
  ASSERT_EQ(programs.requests.size(), 2U);
  EXPECT_EQ(programs.requests[1].arguments[1], "web1") << "the severe one goes first";
  const Json told = Json::parse(programs.requests[0].input);
  EXPECT_EQ(told.at("event").at("data"), body({{"web2", "firing", "critical"}}).at("alerts").at(0));
  EXPECT_EQ(told.at("finding").at("subject"), (Json{{"driver", "instance"}, {"id", "web2"}}));
  EXPECT_EQ(told.at("finding").at("severity"), "critical");
  EXPECT_EQ(told.at("finding").at("title"), "Down on web2");
  const auto& findings = rig.core->projection().findings();
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_NE(findings.begin()->second.evidence->id, std::next(findings.begin())->second.evidence->id);
}

TEST_F(CoreAlerts, RepeatsAreOccurrencesAndTheEndIsTheirs) {
  rig.start();
  post({{"web1"}, {"web2"}});
  post({{"web1"}, {"web2"}});
  EXPECT_EQ(programs.requests.size(), 2U);
  for (const auto& [id, finding] : rig.core->projection().findings()) EXPECT_EQ(finding.occurrences, 2U);
  post({{"web1", "resolved"}, {"web2"}});
  EXPECT_EQ(rig.last("finding.resolved").at("by"), "hook says that it is over");
  EXPECT_EQ(rig.last("finding.resolved").at("source"), "hook") << "which event did";
  EXPECT_TRUE(rig.last("finding.resolved").contains("offset"));
  EXPECT_EQ(rig.core->projection().findings().size(), 1U);
  post({{"web1", "resolved"}, {"web3", "resolved"}});  // over already, and never begun
  EXPECT_EQ(rig.count("finding.resolved"), 1U);
  EXPECT_EQ(rig.count("finding.opened"), 2U);
  post({{"web1"}});
  EXPECT_EQ(rig.last("finding.opened").at("episode"), 2);
  EXPECT_NE(rig.last("finding.opened").at("recurrence_of"), "");
  EXPECT_EQ(programs.requests.size(), 3U);
}

TEST_F(CoreAlerts, WithinOneBatchTheOrderCounts) {
  rig.start();
  rig.feed(batch({body({{"web1"}}), body({{"web1"}}), body({{"web1", "resolved"}}), body({{"web1"}, {"web2"}}),
                  body({{"web2", "resolved"}})}));
  EXPECT_EQ(rig.count("finding.opened"), 3U);
  EXPECT_EQ(rig.count("finding.resolved"), 2U);
  ASSERT_EQ(rig.core->projection().findings().size(), 1U);
  EXPECT_EQ(rig.core->projection().findings().begin()->second.episode, 2U);
}

TEST_F(CoreAlerts, ReadTwiceCountsOnce) {
  rig.start();
  EventsRead read = batch({body({{"web1"}}), body({{"web1", "resolved"}})});
  EventsRead again = read;
  rig.feed(std::move(read));
  rig.settle();
  rig.feed(std::move(again));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_EQ(rig.count("finding.resolved"), 1U);
}

TEST_F(CoreAlerts, OfAnotherSourceTheyAreNone) {
  rig.start();
  EventsRead read = batch({body({{"web1"}})});
  read.source = read.events[0].source = read.lanes[0].part = "another";
  rig.feed(std::move(read));
  EXPECT_EQ(rig.count("finding.opened"), 0U);
}

TEST_F(CoreAlerts, WhatNobodyVouchesForIsObservedAndEndsNothing) {
  rig.start();
  EventsRead read = batch({body({{"web1"}})});
  read.mode_max = Mode::observe;
  rig.feed(std::move(read));
  rig.settle();
  EXPECT_EQ(rig.count("run.observed"), 1U);
  EXPECT_TRUE(programs.requests.empty());
  post({{"web2"}});
  EXPECT_EQ(programs.requests.size(), 1U);
  EventsRead end = batch({body({{"web1", "resolved"}, {"web2", "resolved"}})});
  end.mode_max = Mode::observe;
  rig.feed(std::move(end));
  EXPECT_EQ(rig.count("finding.resolved"), 1U) << "his own";
  EXPECT_EQ(rig.core->projection().findings().begin()->second.subject, "instance=web2");
}

TEST_F(CoreAlerts, ASourceThatMayLessThanItMightStillEndsItsOwn) {
  rig.start();
  post({{"web1"}});
  Config config = rig.core->config();
  config.source_modes["hook"] = Mode::propose;
  ASSERT_TRUE(rig.ask(Reload{config, rig.rules}));
  EventsRead end = batch({body({{"web1", "resolved"}})});
  end.mode_max = Mode::propose;
  rig.feed(std::move(end));
  EXPECT_EQ(rig.count("finding.resolved"), 1U);
}

TEST_F(CoreAlerts, WhatATokenVouchesForIsAPersonsToApproveUntilMoreIsVouched) {
  rig.start();
  const auto by_token = [this](const Json& said) {
    EventsRead read = batch({said});
    read.mode_max = Mode::propose;
    return read;
  };
  rig.feed(by_token(body({{"web1"}, {"web2"}})));
  rig.settle();
  EXPECT_TRUE(programs.requests.empty());
  ASSERT_EQ(rig.count("run.held"), 2U);
  EXPECT_EQ(rig.last("run.held").at("reason"), "mode: its source goes no further than mode propose: a person approves");
  EXPECT_EQ(rig.last("run.created").at("mode"), "propose");
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "it is down"}));
  rig.settle();
  EXPECT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  post({{"web3"}});
  EXPECT_EQ(programs.requests.size(), 2U);
  rig.feed(by_token(body({{"web3", "resolved"}})));
  EXPECT_EQ(rig.count("finding.resolved"), 0U) << "its word counts for less";
  rig.feed(by_token(body({{"web2", "resolved"}})));
  EXPECT_EQ(rig.count("finding.resolved"), 1U);
  EXPECT_EQ(rig.count("run.cancelled"), 1U) << "what waits for a yes has nothing to answer any more";
  EXPECT_EQ(rig.last("finding.opened").contains("mode_max"), false);
}

TEST_F(CoreAlerts, WhatWasWrittenBeforeThereWasAMostIsStillRead) {
  const Json written = {{"observe_only", true}};
  DocReader in(written, "finding");
  EXPECT_EQ(mode_max_of(in), Mode::observe);
}

TEST_F(CoreAlerts, AnOutsidersLabelsReachStandardInputOnly) {
  rig.start();
  rig.feed(batch({body({{"$(reboot)"}})}, false));
  rig.settle();
  EXPECT_TRUE(programs.requests.empty());
  EXPECT_EQ(rig.count("run.held"), 1U) << "it can never succeed: a person is asked once";
  rig.configure(configuration(Mode::auto_, "fixed"));
  rig.start();
  rig.feed(batch({body({{"web1"}})}, false));
  rig.settle();
  ASSERT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(Json::parse(programs.requests[0].input).at("event").at("data").at("instance"), "web1");
}

TEST_F(CoreAlerts, ATitleIsNeverAnArgument) {
  rig.configure(configuration(Mode::auto_, "${ finding.title }"));
  rig.start();
  post({{"web1"}});
  EXPECT_TRUE(programs.requests.empty());
  EXPECT_EQ(rig.count("run.held"), 1U) << "it can never succeed: a person is asked once";
}

TEST_F(CoreAlerts, WhenKnowsTheAlert) {
  Config config = configuration();
  config.workflows[0].when = "event.name == 'Down' && finding.title == 'Down on web2'";
  rig.configure(config);
  rig.start();
  post({{"web1"}, {"web2"}});
  ASSERT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(programs.requests[0].arguments[1], "web2");
}

TEST_F(CoreAlerts, ALevelIsComparedWithTheAlertsOwn) {
  Config config = configuration();
  config.workflows[0].answers = {{"prometheus", "", Level::high}};
  rig.configure(config);
  rig.start();
  post({{"web1", "firing", "low"}, {"web2", "firing", "critical"}});
  ASSERT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(programs.requests[0].arguments[1], "web2");
}

TEST_F(CoreAlerts, WhatCannotBeToldIsAMalformedEvent) {
  rig.start();
  Json broken = body({{"web1"}, {"web2"}, {"web3", "firing", "warning"}});
  broken["alerts"][0].erase("instance");
  rig.feed(batch({broken}));
  rig.settle();
  EXPECT_EQ(programs.requests.size(), 2U) << "the others stand";
  std::vector<std::string> opened;
  for (const auto& [id, finding] : rig.core->projection().findings()) opened.push_back(finding.subject);
  std::ranges::sort(opened);
  EXPECT_EQ(opened, (std::vector<std::string>{"instance=web2", "instance=web3", "source=hook"}));
  const Intake& intake = rig.core->intakes().at("hook");
  EXPECT_EQ(intake.malformed, 1U);
  ASSERT_EQ(intake.kept.size(), 1U);
  EXPECT_TRUE(intake.kept[0].reason.starts_with("control prometheus: alert 1 of 3: `subject`: "))
      << intake.kept[0].reason;
  EXPECT_TRUE(intake.kept[0].reason.ends_with("; and 1 more")) << intake.kept[0].reason;
  EXPECT_TRUE(intake.kept[0].beginning.starts_with("{\"alerts\"")) << intake.kept[0].beginning;
}

TEST_F(CoreAlerts, AnEndBeforeTheProgramBeganStopsIt) {
  rig.configure(configuration(Mode::propose));
  rig.start();
  post({{"web1"}});
  EXPECT_EQ(rig.count("run.held"), 1U);
  post({{"web1", "resolved"}});
  EXPECT_EQ(rig.count("run.cancelled"), 1U);
  EXPECT_TRUE(programs.requests.empty());
}

TEST_F(CoreAlerts, ExplainSaysWhoEndsIt) {
  rig.start();
  post({{"web1"}});
  const auto said = rig.ask(Explain{"instance=web1"});
  ASSERT_TRUE(said) << said.error().message;
  EXPECT_NE(said->dump().find("it is over when the source says so, or nothing comes for 1d"), std::string::npos)
      << said->dump();
}

TEST_F(CoreAlerts, OfOneEventItIsToldWhatItSays) {
  rig.start();
  post({{"web1"}});
  const auto told = [&](const Json& data, const std::string& source) {
    const auto said = rig.ask(ExplainEvent{source, Event{source, 0, rig.now.wall, {}, data, {}}, {}});
    EXPECT_TRUE(said);
    return said.value_or(Json());
  };
  const Json said = told(body({{"web1"}, {"web2", "resolved"}}), "hook");
  EXPECT_EQ(said["controls"][0]["matched"], true);
  EXPECT_EQ(said["sentences"][0], "prometheus: it reads 2 alerts of it, 1 of them over");
  EXPECT_NE(said.dump().find("prometheus: on instance=web1: 1 occurrence since"), std::string::npos) << said.dump();
  EXPECT_NE(said.dump().find("prometheus: on instance=web2: no event has led to a finding"), std::string::npos);
  EXPECT_NE(told(body({}), "hook").dump().find("nothing in its `each` is an alert"), std::string::npos);
  const Json unread = told({{"x", 1}}, "hook");
  EXPECT_TRUE(unread["controls"][0]["matched"].is_null());
  EXPECT_NE(unread.dump().find("1 could not be read: `each`"), std::string::npos) << unread.dump();
  EXPECT_EQ(told(body({{"web1"}}), "other")["sentences"].back(),
            "1 control did not look at it: prometheus: it listens to hook");
}

TEST_F(CoreAlerts, ItIsTheSameAfterAReload) {
  rig.start();
  post({{"web1"}});
  Config config = configuration();
  config.controls[0].title = "another version";
  ASSERT_TRUE(rig.ask(Reload{config, nullptr}));
  post({{"web1"}});
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  post({{"web1", "resolved"}});
  EXPECT_EQ(rig.count("finding.resolved"), 1U);
}

}  // namespace
}  // namespace aright::engine::test
