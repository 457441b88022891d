// What is told of one finding by sources that do not go equally far (docs/decisions/0053).
#include "core_alerts_rig_test.h"
#include "engine/outdated.h"

namespace aright::engine::test {
namespace {

class Ceiling : public Events {
 protected:
  /// Of host "h", from a source called `source`, with `address` in it.
  EventsRead told(const char* source, const std::string& address, Mode mode) {
    EventsRead read = batch({address});
    read.source = source;
    read.mode_max = mode;
    Event& event = read.events[0];
    event.source = source;
    event.data["host"] = "h";
    event.outsider.clear();
    read.lanes = {{source, 0, next, nullptr, 0, 0}};
    return read;
  }
  void tell(const char* source, const std::string& address, Mode mode) {
    rig.feed(told(source, address, mode));
    rig.settle();
  }
  std::vector<std::string> arguments() {
    std::vector<std::string> all;
    for (const auto& request : programs.requests) all.push_back(request.arguments.at(1));
    return all;
  }
  const Finding& finding() { return rig.core->projection().findings().begin()->second; }
  std::string kept_address() {
    const auto blob = rig.blobs.find(finding().evidence->id);
    return Event::from_json(Json::parse(blob->second.bytes))->data.at("address").get<std::string>();
  }
  std::string explained() { return rig.ask(Explain{"host=h"}).value_or(Json()).dump(); }
};

using Told = std::vector<std::string>;

TEST_F(Ceiling, ARunIsToldByTheEventThatAllowsIt) {
  rig.start();
  tell("no", "attacker", Mode::observe);
  EXPECT_TRUE(programs.requests.empty());
  tell("gh", "signed", Mode::auto_);
  EXPECT_EQ(arguments(), (Told{"signed"}));
  const Json input = Json::parse(programs.requests.at(0).input);
  EXPECT_EQ(input.at("event").at("source"), "gh");
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_EQ(kept_address(), "signed");
  EXPECT_EQ(rig.last("finding.occurred").at("mode_max"), "auto");
  EXPECT_NE(rig.last("finding.occurred").at("evidence"), rig.last("finding.opened").at("evidence"));
}

TEST_F(Ceiling, AfterAnEndOfTheProcessAsWell) {
  rig.start();
  ASSERT_TRUE(rig.ask(Pause{"look", PauseScope::everything()}));
  tell("no", "attacker", Mode::observe);
  tell("gh", "signed", Mode::auto_);
  rig.restart();
  rig.settle();
  EXPECT_EQ(kept_address(), "signed");
  EXPECT_TRUE(programs.requests.empty());
  ASSERT_TRUE(rig.ask(Resume{"seen", 1U}));
  rig.settle();
  EXPECT_EQ(arguments(), (Told{"signed"}));
}

TEST_F(Ceiling, WhatGoesLessFarIsCountedAndChangesNothing) {
  rig.configure(configuration(Mode::observe));
  rig.start();
  tell("gh", "signed", Mode::auto_);
  const Finding before = finding();
  EventsRead read = told("no", "attacker", Mode::observe);
  read.quarantined.clear();
  rig.feed(std::move(read));
  rig.settle();
  EXPECT_EQ(rig.last("finding.occurred").at("told_mode"), "observe");
  EXPECT_EQ(rig.last("finding.occurred").at("source"), "no") << "the log says who";
  EXPECT_EQ(finding().occurrences, 2U);
  EXPECT_EQ(finding().source, "gh");
  EXPECT_EQ(finding().offset, before.offset);
  EXPECT_EQ(finding().evidence->id, before.evidence->id);
  EXPECT_EQ(finding().mode_max, Mode::auto_);
}

/// What people are asked about does not become something else because somebody who may do more says it too.
TEST_F(Ceiling, ARunKeepsWhatItBeganWith) {
  rig.start();
  tell("be", "by-token", Mode::propose);
  ASSERT_EQ(rig.count("run.held"), 1U);
  const std::string asked = finding().evidence->id;
  tell("gh", "signed", Mode::auto_);
  EXPECT_EQ(rig.count("run.held"), 1U);
  EXPECT_TRUE(programs.requests.empty()) << "it waits for the yes as before";
  EXPECT_EQ(kept_address(), "signed");
  rig.restart();
  rig.settle();
  const auto forgotten = to_go(rig.core->projection(), Forget{{{asked}, {}, {}, false}}, {});
  EXPECT_TRUE(forgotten && forgotten->what.contents.empty()) << "the run needs it";
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "seen"}));
  rig.settle();
  EXPECT_EQ(arguments(), (Told{"by-token"}));
  EXPECT_EQ(rig.count("run.succeeded"), 1U);
  const auto gone = to_go(rig.core->projection(), Forget{{{asked}, {}, {}, false}}, {});
  EXPECT_TRUE(gone && gone->what.contents.size() == 1) << "and nobody needs it any more";
}

TEST_F(Ceiling, WhatGoesLessFarKeepsNothingOpen) {
  rig.start();
  tell("gh", "signed", Mode::auto_);
  ASSERT_EQ(rig.count("run.succeeded"), 1U);
  for (int i = 0; i < 3; ++i) {
    rig.pass(25min);
    tell("no", "attacker", Mode::observe);
  }
  EXPECT_EQ(rig.count("finding.resolved"), 1U) << "an hour after the last one that counts";
  tell("gh", "signed", Mode::auto_);
  EXPECT_EQ(rig.count("run.succeeded"), 2U) << "the next real one is answered";
}

TEST_F(Ceiling, ALowerModeOfTheSourceReachesAHeldRunThatHasMadeNothing) {
  Config config = configuration(Mode::propose);
  config.source_modes = {{"gh", Mode::auto_}};
  rig.configure(config);
  rig.start();
  tell("gh", "signed", Mode::auto_);
  ASSERT_EQ(rig.count("run.held"), 1U);
  config.source_modes["gh"] = Mode::observe;
  ASSERT_TRUE(rig.ask(Reload{config, rig.rules}));
  const auto refused = rig.ask(Approve{rig.review(), "yes"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message,
            "what source gh says goes no further than mode observe now: nothing of it is done; deny it, or let the "
            "source go further: `mode` and `auth` in its file")
      << "the workflow's mode would change nothing";
  rig.settle();
  EXPECT_TRUE(programs.requests.empty());
}

/// Nothing has begun yet: what the source may do now counts.
TEST_F(Ceiling, ALowerModeOfTheSourceReachesWhatWaits) {
  Config config = configuration(Mode::auto_);
  config.source_modes = {{"gh", Mode::auto_}};
  config.workflows[0].guards.hold_time = 4s;
  rig.configure(config);
  rig.start();
  tell("gh", "signed", Mode::auto_);
  EXPECT_TRUE(programs.requests.empty());
  config.source_modes["gh"] = Mode::observe;
  ASSERT_TRUE(rig.ask(Reload{config, rig.rules}));
  rig.pass(5s);
  EXPECT_TRUE(programs.requests.empty());
  EXPECT_EQ(rig.count("run.created"), 0U);
  EXPECT_NE(explained().find("its source goes no further than mode observe now"), std::string::npos) << explained();
  tell("other", "as-signed", Mode::auto_);
  rig.pass(5s);
  EXPECT_EQ(arguments(), (Told{"as-signed"})) << "another source may go so far still";
}

TEST_F(Ceiling, WhatHasBegunGoesOnAsItBeganAndExplainSaysSo) {
  Config config = configuration(Mode::auto_);
  config.source_modes = {{"gh", Mode::auto_}};
  config.workflows[0].steps.push_back(Step{Step::Wait{1min}});
  config.workflows[0].steps.push_back(react("again"));
  rig.configure(config);
  rig.start();
  tell("gh", "signed", Mode::auto_);
  ASSERT_EQ(programs.requests.size(), 1U);
  config.source_modes["gh"] = Mode::observe;
  ASSERT_TRUE(rig.ask(Reload{config, rig.rules}));
  EXPECT_NE(explained().find("mode observe now; what has begun goes on as it began"), std::string::npos) << explained();
  rig.pass(61s);
  EXPECT_EQ(programs.requests.size(), 2U);
  EXPECT_EQ(explained().find("what has begun"), std::string::npos) << explained();
}

TEST_F(Ceiling, AndRunsThatHaveNotBegun) {
  Config config = configuration(Mode::auto_);
  config.source_modes = {{"gh", Mode::auto_}};
  rig.configure(config);
  rig.start();
  ASSERT_TRUE(rig.ask(Pause{"look", PauseScope::everything()}));
  tell("gh", "signed", Mode::auto_);
  ASSERT_EQ(rig.count("run.created"), 1U);
  config.source_modes["gh"] = Mode::propose;
  ASSERT_TRUE(rig.ask(Reload{config, rig.rules}));
  ASSERT_TRUE(rig.ask(Resume{"seen", 1U}));
  rig.settle();
  EXPECT_TRUE(programs.requests.empty());
  EXPECT_EQ(rig.count("run.held"), 1U);
  config.source_modes["gh"] = Mode::auto_;
  ASSERT_TRUE(rig.ask(Reload{config, rig.rules}));
  rig.settle();
  EXPECT_TRUE(programs.requests.empty()) << "it keeps what it began with";
  rig.restart();
  rig.settle();
  EXPECT_TRUE(programs.requests.empty());
}

TEST_F(Ceiling, ASourceThatIsThereNoMoreIsAsItWas) {
  Config config = configuration(Mode::auto_);
  config.source_modes = {{"gh", Mode::auto_}};
  config.workflows[0].guards.hold_time = 4s;
  rig.configure(config);
  rig.start();
  tell("gh", "signed", Mode::auto_);
  config.source_modes.clear();
  ASSERT_TRUE(rig.ask(Reload{config, rig.rules}));
  rig.pass(5s);
  EXPECT_EQ(arguments(), (Told{"signed"}));
}

/// A correlation of three.
class CountedCeiling : public Ceiling {
 protected:
  CountedCeiling() {
    load(std::string(failed_login) + "---" + guessing);
    Config config = configuration(Mode::auto_);
    config.controls[0] = sigma_control("many-failed");
    config.workflows[0].answers = {{"many-failed", "", std::nullopt}};
    rig.configure(config);
  }
};

TEST_F(CountedCeiling, NobodyFillsAWindowForARunButThoseWhoMayStartIt) {
  rig.start();
  tell("no", "a", Mode::observe);
  tell("no", "a", Mode::observe);
  tell("gh", "a", Mode::auto_);
  EXPECT_EQ(rig.last("finding.opened").at("mode_max"), "observe");
  EXPECT_EQ(rig.count("run.observed"), 1U);
  EXPECT_TRUE(programs.requests.empty());
  const std::string why = rig.ask(Explain{"address=a"}).value_or(Json()).dump();
  EXPECT_NE(why.find("nobody vouches for who sent some of what it takes"), std::string::npos) << why;
  rig.pass(31s);
  rig.restart();  // the windows from what was put aside
  tell("gh", "a", Mode::auto_);
  EXPECT_TRUE(programs.requests.empty()) << "two";
  tell("gh", "a", Mode::auto_);
  EXPECT_EQ(programs.requests.size(), 1U) << "three";
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_EQ(finding().mode_max, Mode::auto_);
}

TEST_F(CountedCeiling, NorDoesAnybodyKeepARunFromThoseWhoMayStartIt) {
  rig.start();
  tell("gh", "a", Mode::auto_);
  tell("gh", "a", Mode::auto_);
  tell("no", "a", Mode::observe);
  EXPECT_TRUE(programs.requests.empty());
  tell("gh", "a", Mode::auto_);
  EXPECT_EQ(programs.requests.size(), 1U);
}

TEST_F(CountedCeiling, HowManyAreReadAtOnceMakesNoDifference) {
  rig.start();
  tell("no", "a", Mode::observe);
  EventsRead many = batch({"a", "a", "a", "a"});
  rig.feed(std::move(many));
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("mode_max"), "observe");
  EXPECT_EQ(rig.last("finding.occurred").at("mode_max"), "auto");
  EXPECT_EQ(programs.requests.size(), 1U);
}

TEST_F(CountedCeiling, AReloadKeepsHowFarEachGoes) {
  rig.start();
  tell("no", "a", Mode::observe);
  tell("no", "a", Mode::observe);
  Config config = configuration(Mode::auto_);
  config.controls[0] = sigma_control("many-failed");
  config.workflows[0].answers = {{"many-failed", "", std::nullopt}};
  config.source_modes = {{"no", Mode::auto_}};
  ASSERT_TRUE(rig.ask(Reload{config, rig.rules}));
  tell("no", "a", Mode::auto_);
  EXPECT_TRUE(programs.requests.empty());
  EXPECT_EQ(rig.last("finding.opened").at("mode_max"), "observe");
}

TEST_F(CoreAlerts, WhatAnAlertSaysOfItselfIsOfTheSourceThatAllowsARun) {
  rig.start();
  Json loud = body({{"web1", "firing", "critical"}});
  loud["alerts"][0]["name"] = "Shouting";
  EventsRead unsigned_one = batch({loud});
  unsigned_one.mode_max = Mode::observe;
  rig.feed(std::move(unsigned_one));
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("title"), "Shouting on web1");
  post({{"web1", "firing", "low"}});
  const Finding& finding = rig.core->projection().findings().begin()->second;
  EXPECT_EQ(finding.title, "Down on web1");
  EXPECT_EQ(finding.severity, Level::low);
  ASSERT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(Json::parse(programs.requests[0].input).at("finding").at("title"), "Down on web1");
  EventsRead later = batch({loud});
  later.mode_max = Mode::observe;
  rig.feed(std::move(later));
  rig.settle();
  EXPECT_EQ(finding.severity, Level::low);
  EXPECT_EQ(finding.title, "Down on web1");
}

}  // namespace
}  // namespace aright::engine::test
