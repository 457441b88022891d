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
  const auto other = rig.ask(Waive{"failed-login", "host=192.0.2.9", "known", "", 1h});
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_THAT(other->at("note").get<std::string>(), testing::HasSubstr("`aright findings list --all`"));
  const auto right = rig.ask(Waive{"failed-login", "host=192.0.2.1", "known", "", 1h});
  ASSERT_TRUE(right) << right.error().message;
  EXPECT_FALSE(right->contains("note"));
}

TEST_F(Events, AWaiverOfWhatCanBeNoSubjectIsRefusedWithTheFormThatFits) {
  start_with_guessing();
  const auto bare = rig.ask(Waive{"many-failed", "192.0.2.1", "known", "", 1h});
  ASSERT_FALSE(bare);
  EXPECT_EQ(bare.error().message,
            "\"192.0.2.1\" names no subject; those of control many-failed are written as address=…");
  const auto of_rule = rig.ask(Waive{"failed-login", "192.0.2.1", "known", "", 1h});
  ASSERT_FALSE(of_rule);
  EXPECT_THAT(of_rule.error().message, testing::HasSubstr("are written as host=…"));
  EXPECT_EQ(rig.count("waiver.granted"), 0U);
}

TEST_F(Events, UnderAWaiverNoNextEventIsSaidToOpenAnother) {
  rig.start();
  rig.feed(batch({"192.0.2.1"}));
  rig.settle();
  rig.pass(61min);
  const auto explained = [&] {
    const auto told = rig.ask(Explain{"host=192.0.2.1"});
    return told ? told->dump() : told.error().message;
  };
  EXPECT_THAT(explained(), testing::HasSubstr("its last finding is over; the next event that matches opens another"));
  ASSERT_TRUE(rig.ask(Waive{"failed-login", "host=192.0.2.1", "known", "", 1h}));
  EXPECT_THAT(explained(), testing::AllOf(testing::HasSubstr("lets no finding open until"),
                                          testing::HasSubstr("its last finding is over"),
                                          testing::Not(testing::HasSubstr("opens another"))));
}

}  // namespace
}  // namespace aright::engine::test
