// Runs on events that outlast their finding.
#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

/// "Ban, wait, unban": the finding is over long before the end.
TEST_F(Events, ARunThatWaitsLongerThanItsFindingIsOpenStillTellsOfItsEvent) {
  Config config = configuration(Mode::auto_);
  config.workflows[0].steps = {react("${ event.address }"), Step{Step::Wait{2h}}, react("-d")};
  std::get<Step::Exec>(config.workflows[0].steps[2].act).program.arguments.emplace_back("${ event.address }");
  rig.configure(std::move(config));
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  rig.pass(90min);
  ASSERT_EQ(rig.count("finding.resolved"), 1U);
  ASSERT_EQ(programs.requests.size(), 1U);
  rig.pass(31min);
  ASSERT_EQ(programs.requests.size(), 2U);
  EXPECT_EQ(programs.requests[1].arguments, (std::vector<std::string>{"/bin/react", "-d", "192.0.2.1"}));
  EXPECT_EQ(Json::parse(programs.requests[1].input).at("event").at("data").at("address"), "192.0.2.1");
}

}  // namespace
}  // namespace aright::engine::test
