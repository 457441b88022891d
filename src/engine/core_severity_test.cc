// An alert that grows or falls: the finding takes it on, and with it whatever looks at how severe it is.
#include <fmt/format.h>

#include "core_alerts_rig_test.h"

namespace aright::engine::test {
namespace {

class Severity : public CoreAlerts {
 protected:
  static Config critical_only(Mode mode = Mode::auto_) {
    Config config = configuration(mode);
    config.workflows[0].when = "finding.severity == 'critical'";
    return config;
  }
  void say(const std::string& severity, Mode vouched = Mode::auto_) {
    EventsRead read = batch({body({{"web1", "firing", severity}})});
    read.mode_max = vouched;
    rig.feed(std::move(read));
    rig.settle();
  }
  [[nodiscard]] Level level() const { return rig.core->projection().findings().begin()->second.severity; }
};

TEST_F(Severity, WhatGrowsIsAnsweredByWhomItWasNotSevereEnoughFor) {
  rig.configure(critical_only());
  rig.start();
  say("medium");
  EXPECT_TRUE(programs.requests.empty());
  say("critical");
  EXPECT_EQ(level(), Level::critical);
  EXPECT_EQ(rig.last("finding.occurred").at("severity"), "critical");
  ASSERT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(Json::parse(programs.requests[0].input).at("finding").at("severity"), "critical");
  EXPECT_EQ(rig.last("run.created").at("severity"), "critical");
  say("critical");
  EXPECT_EQ(programs.requests.size(), 1U) << "it has been answered";
  EXPECT_FALSE(rig.last("finding.occurred").contains("severity")) << "it is no news";
}

TEST_F(Severity, ALevelInAnswersSeesItToo) {
  Config config = configuration();
  config.workflows[0].answers = {{"prometheus", "", Level::high}};
  rig.configure(config);
  rig.start();
  say("medium");
  EXPECT_TRUE(programs.requests.empty());
  say("high");
  EXPECT_EQ(programs.requests.size(), 1U);
}

TEST_F(Severity, AnOpenRunIsNotDoubledAndGrowsWithIt) {
  rig.configure(configuration(Mode::propose));
  rig.start();
  say("medium");
  ASSERT_EQ(rig.count("run.held"), 1U);
  say("critical");
  EXPECT_EQ(rig.count("run.created"), 1U);
  EXPECT_EQ(rig.core->projection().runs().begin()->second.severity, Level::critical);
  rig.restart();
  EXPECT_EQ(level(), Level::critical) << "as its row has it";
  EXPECT_EQ(rig.core->projection().runs().begin()->second.severity, Level::critical);
}

TEST_F(Severity, WhatFallsFalls) {
  rig.configure(critical_only(Mode::off));
  rig.start();
  say("critical");
  say("low");
  EXPECT_EQ(level(), Level::low);
  ASSERT_TRUE(rig.ask(Reload{critical_only(), nullptr}));
  rig.settle();
  EXPECT_TRUE(programs.requests.empty()) << "nobody answers what is low";
}

TEST_F(Severity, WithinOneBatchNothingBetweenIsLost) {
  rig.configure(critical_only());
  rig.start();
  rig.feed(batch({body({{"web1", "firing", "medium"}}), body({{"web1", "firing", "critical"}}),
                  body({{"web1", "firing", "low"}}), body({{"web1", "firing", "low"}})}));
  rig.settle();
  EXPECT_EQ(rig.count("run.created"), 1U) << "as if they had come one by one";
  EXPECT_EQ(level(), Level::low);
  EXPECT_EQ(rig.core->projection().findings().begin()->second.occurrences, 4U);
}

TEST_F(Severity, WhoseWordCountsForLessChangesNothing) {
  rig.configure(critical_only());
  rig.start();
  say("medium");
  say("critical", Mode::observe);
  EXPECT_EQ(level(), Level::medium);
  EXPECT_TRUE(programs.requests.empty());
}

TEST_F(Severity, OfThoseThatWaitForATurnItGoesFirst) {
  rig.start();
  std::vector<SaidAlert> flood;
  for (std::size_t i = 0; i <= errands_at_once; ++i) flood.push_back({fmt::format("web{}", i)});
  rig.feed(batch({body(flood)}));
  rig.settle(false);
  const std::string last = flood.back().instance;
  rig.feed(batch({body({{last, "firing", "critical"}})}));
  EXPECT_EQ(rig.last("step.intended").at("run"), flood.size()) << "one turn is kept for such";
}

TEST_F(Severity, WhatIsCriticalNowDoesNotWaitInSilence) {
  Config config = configuration();
  config.workflows[0].guards.concurrency = 1;
  rig.configure(config);
  rig.start();
  rig.feed(batch({body({{"web1"}, {"web2"}, {"web3"}})}));
  rig.settle(false);
  rig.pass(6s, false);
  EXPECT_EQ(rig.count("run.delayed"), 0U);
  rig.feed(batch({body({{"web3", "firing", "critical"}})}));
  rig.pass(6s, false);
  EXPECT_EQ(rig.count("run.delayed"), 1U);
  EXPECT_EQ(rig.last("run.delayed").at("run"), 3);
  rig.newest();  // the one at work has ended
  rig.settle(false);
  EXPECT_EQ(rig.last("run.running").at("run"), 3) << "before the one that came before it";
}

}  // namespace
}  // namespace aright::engine::test
