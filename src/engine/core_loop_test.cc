// Working in circles: our own runs that bring each other about, by state and by the token of a program; and somebody
// else who sets the same state again and again.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

/// Two controls want the same file in two ways, each with a workflow of its own.
Config two_wishes() {
  Config config{{control("a", "/a", {{"exists", true}, {"content", "good"}}),
                 control("b", "/a", {{"exists", true}, {"content", "better"}})},
                {workflow("make-good", {"a"}), workflow("make-better", {"b"})},
                {}};
  return config;
}

/// What is done is noticed, as a watch does.
void go_on(Rig& rig) {
  rig.settle();
  for (int n = 0; n < 8; ++n) {
    for (const char* path : {"/a", "/q"}) rig.hint(path);
    rig.settle();
    rig.pass(1s);
  }
}

/// Three, in a ring over two files.
Config ring() {
  Config config{{control("a", "/a", {{"exists", true}, {"content", "good"}}),
                 control("b", "/a", {{"exists", true}, {"content", "better"}}),
                 control("q", "/q", {{"exists", true}, {"content", "old"}})},
                {workflow("one", {"a"}), workflow("two", {"b"}, {own("/q", "new")}),
                 workflow("three", {"q"}, {own("/a", "bad"), Step{}})},
                {}};
  return config;
}

TEST(Loop, TwoWorkflowsThatUndoEachOtherAreHeldWhenTheyComeBackToTheFirst) {
  Rig rig(two_wishes());
  rig.driver.states["/a"] = file("better");
  rig.start();
  go_on(rig);
  ASSERT_EQ(rig.count("run.held"), 1U);
  const Json held = rig.last("run.held");
  EXPECT_EQ(held.at("guard"), "loop");
  EXPECT_EQ(held.at("reason"),
            "loop: run 1 of make-good changed file:/a → run 2 of make-better changed file:/a → make-good on file:/a "
            "once more: what we do brings it back");
  EXPECT_EQ(rig.count("run.succeeded"), 2U) << "each was right the first time";
  const Json opened = rig.last("finding.opened");
  EXPECT_EQ(opened.at("causes").size(), 2U);
  EXPECT_EQ(opened.at("causes")[1].at("by"), "state");
  go_on(rig);
  EXPECT_EQ(rig.count("run.succeeded"), 2U) << "and nothing more is done until a person decides";
}

TEST(Loop, IsKnownAfterARestartToo) {
  Rig rig(two_wishes());
  rig.driver.states["/a"] = file("better");
  rig.start();
  rig.settle();
  ASSERT_EQ(rig.count("run.succeeded"), 1U);
  rig.restart();
  go_on(rig);
  ASSERT_EQ(rig.count("run.held"), 1U);
  EXPECT_EQ(rig.last("run.held").at("guard"), "loop");
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST(Loop, AYesLetsOneRunGoAndTheNextIsHeldAgain) {
  Rig rig(two_wishes());
  rig.driver.states["/a"] = file("better");
  rig.start();
  go_on(rig);
  ASSERT_EQ(rig.core->projection().reviews().size(), 1U);
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "go"}));
  go_on(rig);
  EXPECT_EQ(rig.count("run.succeeded"), 3U);
  EXPECT_EQ(rig.last("run.held").at("guard"), "loop");
  EXPECT_EQ(rig.last("run.held").at("run"), 4) << "the other side of it";
}

TEST(Loop, AnotherVersionIsAnotherAttempt) {
  Rig rig(two_wishes());
  rig.driver.states["/a"] = file("better");
  rig.start();
  go_on(rig);
  ASSERT_EQ(rig.count("run.held"), 1U);
  ASSERT_TRUE(rig.ask(Deny{rig.review(), "the other control was wrong"}));
  Config mended = two_wishes();
  mended.controls[1].desired.fields["content"] = "good";
  Reload reload;
  reload.config = std::move(mended);
  ASSERT_TRUE(rig.ask(std::move(reload)));
  go_on(rig);
  EXPECT_EQ(rig.driver.states["/a"], file("good"));
}

TEST(Loop, OverThreeWorkflowsAndTwoFiles) {
  Rig rig(ring());
  rig.driver.states["/a"] = file("bad");
  rig.start();
  rig.settle();
  go_on(rig);
  ASSERT_GE(rig.count("run.held"), 1U);
  bool drawn = false;
  for (const Json& e : rig.entries) {
    if (e.at("kind") != "run.held" || e.at("guard") != "loop") continue;
    drawn = drawn || e.at("reason").get<std::string>().contains("→");
  }
  EXPECT_TRUE(drawn);
  const std::size_t before = rig.count("run.succeeded");
  go_on(rig);
  EXPECT_EQ(rig.count("run.succeeded"), before);
}

TEST(Loop, WhatARunOfAnEarlierEpisodeMakesLeadsOnToo) {
  Config config{{control("s", "/s", {{"exists", true}, {"content", "good"}}),
                 control("q", "/q", {{"exists", true}, {"content", "old"}})},
                {workflow("one", {"s"}, {Step{}, own("/q", "new")}), workflow("two", {"q"})},
                {}};
  config.workflows[0].on_failure = OnFailure::review;
  Rig rig(std::move(config));
  rig.driver.states = {{"/s", file("good")}, {"/q", file("old")}};
  bool refuses = true;
  rig.driver.on_apply = [&](const ApplyRequest& request) -> std::optional<Result<ApplyOutcome>> {
    if (refuses && request.resource.id == "/q") return fail(Errc::denied, "not allowed");
    return std::nullopt;
  };
  rig.start();
  rig.settle();
  rig.changes("/s", "bad");
  rig.settle();
  ASSERT_EQ(rig.last("run.held").at("guard"), "on-failure");
  rig.hint("/s");  // as the run left it: the finding is over, and the question stays
  rig.settle();
  rig.changes("/s", "bad");  // the very plan that the person is asked about
  rig.settle();
  ASSERT_EQ(rig.count("finding.opened"), 2U);
  refuses = false;
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "go"}));
  rig.settle();
  rig.hint("/q");
  rig.settle();
  const Json opened = rig.last("finding.opened");
  EXPECT_EQ(opened.at("subject"), "file:/q");
  ASSERT_TRUE(opened.contains("causes"));
  EXPECT_EQ(opened.at("causes")[0].at("run"), 1);
}

TEST(Loop, WhatAPersonSetsHasNoCause) {
  Rig rig(two_wishes());
  rig.driver.states["/a"] = file("good");
  rig.configure({{two_wishes().controls[0]}, {two_wishes().workflows[0]}, {}});
  rig.start();
  rig.settle();
  rig.changes("/a", "better");
  rig.settle();
  EXPECT_FALSE(rig.last("finding.opened").contains("causes"));
  EXPECT_FALSE(rig.last("run.succeeded").contains("made")) << "nobody else looks at it";
}

/// `theirs` comes back until it is held. The reason.
std::string held_when_it_comes_back(const Config& config, const Json& theirs) {
  Rig rig(config);
  rig.driver.states["/a"].update(config.controls[0].desired.fields);
  rig.start();
  rig.settle();
  for (int n = 0; n < 4; ++n) {
    rig.driver.states["/a"] = theirs;
    rig.hint("/a");
    rig.settle();
    EXPECT_EQ(rig.count("run.succeeded"), static_cast<std::size_t>(n + 1));
    rig.pass(30min);
  }
  rig.driver.states["/a"] = theirs;
  rig.hint("/a");
  rig.settle();
  EXPECT_EQ(rig.count("run.held"), 1U) << "four returns: one more than three";
  EXPECT_EQ(rig.last("run.held").value("guard", ""), "oscillation");
  return rig.last("run.held").value("reason", "");
}

Json with_owner(Json fields, const std::string& owner) {
  fields["owner"] = owner;
  return fields;
}

TEST(Oscillation, TheSameStateThatComesBackIsHeldWithWhoseItIs) {
  Config config = one_file();
  config.controls[0].desired.fields["owner"] = "root";
  EXPECT_THAT(held_when_it_comes_back(config, with_owner(file("theirs"), "puppet")),
              EndsWith("; what comes back belongs to user puppet"));
}

TEST(Oscillation, WhatWeRemoveIsMadeAnewByWhoeverItBelongsTo) {
  Config config = one_file();
  config.controls[0].desired = Desired{{{"exists", false}}, false};
  EXPECT_THAT(held_when_it_comes_back(config, with_owner(file("theirs"), "root")),
              EndsWith("; what comes back belongs to user root"));
  EXPECT_THAT(held_when_it_comes_back(config, file("theirs")), EndsWith("; who sets it is not known"));
}

TEST(Oscillation, AnOwnerThatWeSetOurselvesTellsNothing) {
  Config config = one_file();
  EXPECT_THAT(held_when_it_comes_back(config, with_owner(file("theirs"), "root")),
              EndsWith("; who sets it is not known"))
      << "no owner is set: it stays as it is found";
  config.controls[0].desired.fields["owner"] = "root";
  EXPECT_THAT(held_when_it_comes_back(config, with_owner(file("theirs"), "root")),
              EndsWith("; who sets it is not known"))
      << "it was written into";
  EXPECT_THAT(held_when_it_comes_back(one_file(), file("theirs")), EndsWith("; who sets it is not known"));
}

TEST(Oscillation, AnotherStateBeginsAnewAndARestartKeepsTheCount) {
  Rig rig(one_file());
  rig.start();
  rig.settle();
  const auto again = [&](const std::string& content) {
    rig.changes("/a", content);
    rig.settle();
    rig.pass(30min);
  };
  for (int n = 0; n < 4; ++n) again("theirs");
  again("other");
  EXPECT_EQ(rig.count("run.held"), 0U);
  for (int n = 0; n < 3; ++n) again("theirs");
  rig.restart();
  rig.settle();
  again("theirs");
  EXPECT_EQ(rig.count("run.held"), 0U) << "the third return";
  again("theirs");
  EXPECT_EQ(rig.last("run.held").at("guard"), "oscillation");
}

TEST(Oscillation, OffLetsItGoOnForEver) {
  Config config = one_file();
  config.workflows[0].guards.oscillation = Oscillation{.returns = 0};
  Rig rig(std::move(config));
  rig.start();
  rig.settle();
  for (int n = 0; n < 12; ++n) {
    rig.changes("/a", "theirs");
    rig.settle();
    rig.pass(30min);
  }
  EXPECT_EQ(rig.count("run.held"), 0U);
  EXPECT_EQ(rig.count("run.succeeded"), 12U);
}

class LoopOfEvents : public Events {
 protected:
  /// An event as a program of `run` brought it about, where `token` is what the run gave it.
  void comes_back(const char* address, const std::string& token) {
    EventsRead read = batch({address});
    read.events.front().data["agent"] = "curl aright/0.1 (" + token + ")";
    rig.feed(std::move(read));
  }
};

TEST_F(LoopOfEvents, TheTokenOfAProgramLinksWhatComesOfIt) {
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  ASSERT_EQ(programs.requests.size(), 1U);
  const std::string token = programs.requests.front().cause;
  EXPECT_THAT(token, testing::MatchesRegex("aright:r1\\.[0-9a-f]{16}"));
  rig.pass(2h);  // the finding is over
  comes_back("192.0.2.1", token);
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("causes")[0].at("by"), "identity");
  EXPECT_EQ(rig.last("run.held").at("guard"), "loop");
  EXPECT_EQ(programs.requests.size(), 1U);
}

/// Nobody has heard how its program ended, and a person has looked.
TEST_F(LoopOfEvents, TheTokenOfAProgramWithoutAnEndLinksToo) {
  rig.start();
  programs.hangs = true;
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  ASSERT_EQ(programs.requests.size(), 1U);
  ASSERT_TRUE(rig.ask(ResolveRun{1, true, "it is done"}));
  rig.pass(2h);  // the finding is over
  comes_back("192.0.2.1", programs.requests.front().cause);
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("causes")[0].at("run"), 1);
  EXPECT_EQ(rig.last("run.held").at("guard"), "loop");
}

TEST_F(LoopOfEvents, NobodyMakesOneUp) {
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  rig.pass(2h);
  std::string token = programs.requests.front().cause;
  token.back() = token.back() == '0' ? '1' : '0';
  comes_back("192.0.2.1", token);
  rig.settle();
  EXPECT_FALSE(rig.last("finding.opened").contains("causes"));
  EXPECT_EQ(programs.requests.size(), 2U);
}

TEST_F(LoopOfEvents, AnotherSubjectIsNoCircle) {
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  comes_back("192.0.2.2", programs.requests.front().cause);
  rig.settle();
  EXPECT_EQ(rig.last("finding.opened").at("causes")[0].at("run"), 1) << "the link is kept";
  EXPECT_EQ(programs.requests.size(), 2U) << "and holds nothing";
}

TEST(CausesInAnEntry, AreTheNewestAloneWhereAllWouldNotFit) {
  std::vector<Cause> chain;
  for (std::uint64_t run = 1; run <= causes_max; ++run) {
    chain.push_back({run, std::string(64, 'w'), std::string(16, '0'), std::string(96, 'x'), CauseProof::state});
  }
  Fields small{{"causes", causes_json(chain)}};
  ASSERT_TRUE(entry_bytes(small));
  EXPECT_EQ(small.find("causes")->size(), causes_max);
  Fields large{{"causes", causes_json(chain)}, {"subject", std::string(3000, 's')}};
  const auto bytes = entry_bytes(large);
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_LE(bytes->size(), entry_bytes_max);
  ASSERT_EQ(large.find("causes")->size(), 1U);
  EXPECT_EQ(large.find("causes")->at(0).at("run"), causes_max);
}

TEST(CauseToken, IsFoundInAnyTextOfAnEvent) {
  Event event;
  Epochs epochs;
  event.data = {{"a", 1}, {"b", {{"c", {"x", "say " + cause_token("key", 12, epochs) + ";"}}}}};
  EXPECT_EQ(caused_by("key", event, epochs), 12U);
  EXPECT_EQ(caused_by("another", event, epochs), std::nullopt);
  epochs.begin({"00c0ffee", 12, 1});  // it is another run's 12 by now
  EXPECT_EQ(caused_by("key", event, epochs), std::nullopt);
  event.data = {cause_token("key", 11, epochs), cause_token("key", 12, epochs)};
  EXPECT_EQ(caused_by("key", event, epochs), 11U) << "those of before are known still";
  event.data = {cause_token("key", 12, epochs)};
  EXPECT_EQ(caused_by("key", event, epochs), 12U);
  event.data = {{"a", "aright:r aright:r12 aright:r99999999999999999999999.0"}};
  EXPECT_EQ(caused_by("key", event, epochs), std::nullopt);
}

}  // namespace
}  // namespace aright::engine::test
