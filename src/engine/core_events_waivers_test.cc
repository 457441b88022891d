// Waivers of controls that find in events.
#include <gmock/gmock.h>

#include "core_events_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;

TEST_F(Events, AWaiverOfASubjectThatNothingWasFoundAboutSaysSo) {
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  const auto misspelt = rig.ask(Waive{"failed-login", "192.0.2.1", "known", "", 1h});
  ASSERT_TRUE(misspelt) << misspelt.error().message;
  EXPECT_THAT(misspelt->at("note").get<std::string>(), testing::HasSubstr("`aright findings list --all`"));
  const auto right = rig.ask(Waive{"failed-login", "host=192.0.2.1", "known", "", 1h});
  ASSERT_TRUE(right) << right.error().message;
  EXPECT_FALSE(right->contains("note"));
}

}  // namespace
}  // namespace aright::engine::test
