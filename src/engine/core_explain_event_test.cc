// What `explain` says of one event that opened no finding: of each control, whether it looked, matched, and why not.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::HasSubstr;

class ExplainEvents : public Events {
 protected:
  Event event(const std::string& what, const std::string& address, std::uint64_t offset = 0) const {
    Event one{"auth:/log", offset, rig.now.wall, {{"", "linux", ""}}, {{"what", what}}, {}};
    if (!address.empty()) one.data["address"] = address;
    return one;
  }
  Json explained(Event one) {
    const auto said = rig.ask(ExplainEvent{"auth", std::move(one), {}});
    EXPECT_TRUE(said) << said.error().message;
    return said.value_or(Json());
  }
  std::string words(Event one) {
    std::string all;
    const Json said = explained(std::move(one));
    for (const Json& sentence : said.at("sentences")) all += sentence.get<std::string>() + "\n";
    return all;
  }
};

TEST_F(ExplainEvents, WhyARuleDoesNotMatch) {
  rig.start();
  const Json said = explained(event("fine", "192.0.2.1"));
  EXPECT_EQ(said["subject"], "auth:/log:0");
  EXPECT_EQ(said["controls"][0]["looked"], true);
  EXPECT_EQ(said["controls"][0]["matched"], false);
  EXPECT_EQ(said["sentences"][0], "failed-login: its condition does not hold: `selection` is not, for `what`");
  EXPECT_EQ(said["controls"].size(), 1U) << "the built-in one sees no events";
}

TEST_F(ExplainEvents, WhoseEventsTheyAreNot) {
  rig.start();
  Event other = event("failed", "192.0.2.1");
  other.log_sources = {{"", "windows", "security"}};
  const Json said = explained(other);
  EXPECT_EQ(said["controls"][0]["looked"], false);
  EXPECT_EQ(said["sentences"][0],
            "1 control did not look at it: failed-login: it is for events of product=linux, and this one is of "
            "product=windows,service=security");
  other.log_sources.clear();
  EXPECT_THAT(words(other), HasSubstr("of no log source"));
}

TEST_F(ExplainEvents, WhatKeptAMatchFromAFinding) {
  rig.start();
  ASSERT_TRUE(rig.ask(Waive{"failed-login", "host=192.0.2.1", "a drill", "", Nanos{1h}}));
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  Event same = event("failed", "192.0.2.1");
  same.data["host"] = "192.0.2.1";
  const std::size_t entries = rig.entries.size();
  const std::string said = words(same);
  EXPECT_THAT(said, HasSubstr("failed-login: it matches, by `selection`\n"));
  EXPECT_THAT(said, HasSubstr("failed-login: on host=192.0.2.1: waiver 1"));
  EXPECT_THAT(said, HasSubstr("a waiver held then, it was read"));
  EXPECT_EQ(rig.entries.size(), entries) << "it changes nothing";
}

TEST_F(ExplainEvents, HowManyACorrelationHasCounted) {
  start_with_guessing();
  rig.feed(batch({"192.0.2.1", "192.0.2.1"}));
  rig.settle();
  const Json said = explained(event("failed", "192.0.2.1", 10));
  EXPECT_THAT(said.dump(), HasSubstr("failed-login: it matches, by `selection`; alone that opens no finding"));
  EXPECT_THAT(said.dump(), HasSubstr("many-failed: rule failed-login matches: 2 of at least 3 within 10m for each "
                                     "`address`, up to this event"));
  EXPECT_THAT(said.dump(), HasSubstr("many-failed: on address=192.0.2.1: no event has led to a finding"));
  EXPECT_THAT(words(event("failed", "192.0.2.1", 777)), HasSubstr("not among those kept"));
  EXPECT_THAT(words(event("failed", "")), HasSubstr("lacks one of `address`, by which they are counted"));
  EXPECT_THAT(words(event("fine", "192.0.2.1")), HasSubstr("many-failed: rule failed-login: its condition does not"));
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U) << "what was only explained was not counted";
}

TEST_F(ExplainEvents, WhatAFindingNamesIsLeftToIt) {
  rig.start();
  Event same = event("failed", "192.0.2.1");
  same.data["host"] = "192.0.2.1";
  const auto said = rig.ask(ExplainEvent{"auth", same, {"failed-login host=192.0.2.1"}});
  ASSERT_TRUE(said);
  EXPECT_TRUE(said->at("controls").empty()) << said->dump();
  EXPECT_TRUE(said->at("sentences").empty()) << said->dump();
  const auto other = rig.ask(ExplainEvent{"auth", same, {"failed-login host=192.0.2.2"}});
  EXPECT_THAT(other->dump(), HasSubstr("failed-login: it matches, by `selection`")) << "that one is of another subject";
}

/// A correlation that has just fired.
class ExplainSilent : public ExplainEvents {
 protected:
  void begin(const std::string& timespan = "10m") {
    std::string rule = guessing;
    rule.replace(rule.find("10m"), 3, timespan);
    load(std::string(failed_login) + "---" + rule);
    Config config = configuration(Mode::auto_);
    config.controls[0] = sigma_control("many-failed");
    config.workflows[0].answers = {{"many-failed", "", std::nullopt}};
    rig.configure(config);
    rig.start();
    rig.feed(batch({"192.0.2.1", "192.0.2.1", "192.0.2.1"}));
    rig.settle();
    fired = rfc3339(rig.now.wall);
    ASSERT_EQ(rig.count("finding.opened"), 1U);
  }
  std::string about(const std::string& subject) {
    std::string all;
    const auto said = rig.ask(Explain{subject});
    EXPECT_TRUE(said) << said.error().message;
    if (!said) return all;
    for (const Json& sentence : said->at("sentences")) all += sentence.get<std::string>() + "\n";
    return all;
  }
  std::string fired;
};

TEST_F(ExplainSilent, AnEventThatComesMeanwhile) {
  begin();
  const std::string until = rfc3339(rig.now.wall + 10min);
  rig.pass(1min);
  rig.feed(batch({"192.0.2.1"}));
  Event same = event("failed", "192.0.2.1", 30);
  const std::string said = words(same);
  EXPECT_THAT(said, HasSubstr("4 of at least 3 within 10m for each `address`, up to this event; it fired at " + fired +
                              ", and is silent for this group until " + until));
  EXPECT_THAT(said, testing::Not(HasSubstr("no finding names the event"))) << "why is told";
  EXPECT_THAT(words(event("failed", "192.0.2.1", 10)), HasSubstr("a correlation was silent then since it had fired"))
      << "of the time at which it fired: perhaps the one that completed it";
  EXPECT_EQ(rig.count("finding.occurred"), 0U);
}

TEST_F(ExplainSilent, ASubjectWhoseFindingIsOver) {
  begin("1d");
  const std::string until = rfc3339(rig.now.wall + 24h);
  EXPECT_THAT(about("address=192.0.2.1"), testing::ContainsRegex("many-failed: react: (.|\n)*many-failed: it fired at"))
      << "the answer comes first";
  const std::string silent = "many-failed: it fired at " + fired + " and is silent here until " + until;
  EXPECT_THAT(about("address=192.0.2.1"), HasSubstr(silent)) << "open";
  rig.pass(61min);
  ASSERT_EQ(rig.count("finding.resolved"), 1U);
  rig.feed(batch({"192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U);
  EXPECT_THAT(about("address=192.0.2.1"),
              testing::AllOf(HasSubstr(silent), HasSubstr("many-failed: its last finding is over\n"),
                             HasSubstr("many-failed: 7 of at least 3 within 1d")));
  rig.pass(23h);
  EXPECT_THAT(about("address=192.0.2.1"),
              testing::AllOf(testing::Not(HasSubstr("is silent")),
                             HasSubstr("its last finding is over; when it fires again, another opens")));
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 2U) << "and so it is";
}

TEST_F(ExplainSilent, WhatAWaiverKeptFromBeingFound) {
  begin("1d");
  ASSERT_TRUE(rig.ask(Waive{"many-failed", "address=192.0.2.2", "a drill", "", Nanos{1h}}));
  rig.feed(batch({"192.0.2.2", "192.0.2.2", "192.0.2.2"}));
  rig.settle();
  rig.pass(2h);
  EXPECT_THAT(about("address=192.0.2.2"), HasSubstr("many-failed: it fired at " + fired + " and is silent here until"));
}

}  // namespace
}  // namespace aright::engine::test
