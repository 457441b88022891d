// Findings on events as a log has them: they go the way of a match, and no rule is asked.
#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

TEST_F(Events, WhatALogSaysWasFoundIsAnsweredLikeAMatch) {
  rig.start();
  Refound again{.control = "failed-login", .subject = "host=web1"};
  again.severity = Level::critical;
  again.source = "auth:/log";
  Event event{"auth:/log", 7, rig.now.wall, {}, Json{{"what", "no rule matches this"}, {"address", "192.0.2.9"}}, {}};
  again.first = std::make_shared<const Event>(std::move(event));
  rig.feed(again);
  rig.settle();
  ASSERT_EQ(programs.requests.size(), 1U);
  EXPECT_EQ(programs.requests[0].arguments.at(1), "192.0.2.9") << "the evidence is what it was";
  EXPECT_EQ(rig.last("finding.opened").at("severity"), "critical");
  again.offset = 8;
  rig.feed(again);
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 1U) << "more of it is an occurrence";
  again.over = true;
  rig.feed(again);
  rig.settle();
  EXPECT_EQ(rig.last("finding.resolved").at("by"), "auth:/log says that it is over");
  EXPECT_TRUE(rig.core->projection().findings().empty());
}

TEST_F(Events, WhatIsOfNoControlIsPassedOver) {
  rig.start();
  rig.feed(Refound{.control = "gone", .subject = "host=web1"});
  rig.settle();
  EXPECT_EQ(rig.count("finding.opened"), 0U);
}

}  // namespace
}  // namespace aright::engine::test
