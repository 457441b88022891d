// Several controls that find something about one subject, and one workflow that answers them all.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* grave = R"(---
title: Takeover
name: takeover
level: critical
logsource: { product: linux }
detection:
  selection: { what: failed, address: 192.0.2.1 }
  condition: selection
)";

class OtherControls : public Events {
 protected:
  OtherControls() { load(std::string(failed_login) + grave); }
  static Config both(Mode mode) {
    Config config = configuration(mode);
    config.controls.push_back(sigma_control("takeover"));
    config.controls.back().severity = Level::critical;
    config.workflows[0].answers.push_back({"takeover", "", std::nullopt});
    return config;
  }
  [[nodiscard]] std::vector<std::string> controls_of_runs() const {
    std::vector<std::string> names;
    for (const Json& e : rig.entries) {
      if (e.at("kind") == "run.created") names.push_back(e.at("control").get<std::string>());
    }
    std::ranges::sort(names);
    return names;
  }
};

TEST_F(OtherControls, EachFindingIsAnsweredOneAfterTheOther) {
  rig.configure(both(Mode::auto_));
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(controls_of_runs(), (std::vector<std::string>{"failed-login", "takeover"}));
  EXPECT_EQ(rig.count("run.succeeded"), 2U);
}

TEST_F(OtherControls, AlsoInModePlan) {
  rig.configure(both(Mode::plan));
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  EXPECT_EQ(controls_of_runs(), (std::vector<std::string>{"failed-login", "takeover"}));
  EXPECT_EQ(rig.count("run.planned"), 2U);
}

TEST_F(OtherControls, WhileAPersonIsAskedOfOneItIsSaidWhyTheOtherWaits) {
  rig.configure(both(Mode::propose));
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  ASSERT_EQ(controls_of_runs().size(), 1U);
  const std::string other = controls_of_runs().front() == "takeover" ? "failed-login" : "takeover";
  const std::string told = rig.ask(Explain{"host=192.0.2.1"})->at("sentences").dump();
  EXPECT_THAT(told,
              testing::HasSubstr(other + ": react: run 1 for control " + controls_of_runs().front() + " is held"));
  ASSERT_TRUE(rig.ask(Approve{rig.review(), "yes", ""}));
  rig.settle();
  EXPECT_EQ(controls_of_runs().size(), 2U) << "it is over: the other is answered";
}

TEST_F(Events, ACorrelationBelowItsNumberIsToldOfItsSubject) {
  start_with_guessing();
  rig.feed(batch({"192.0.2.1", "192.0.2.1"}));
  rig.settle();
  const std::string told = rig.ask(Explain{"address=192.0.2.1"})->at("sentences").dump();
  EXPECT_THAT(told, testing::HasSubstr("many-failed: 2 of at least 3 within 10m for each `address`, the last at "));
  EXPECT_THAT(rig.ask(Explain{"address=192.0.2.2"})->at("sentences").dump(),
              testing::Not(testing::HasSubstr(" of at least")));
}

}  // namespace
}  // namespace aright::engine::test
