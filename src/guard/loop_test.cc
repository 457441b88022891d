// Circles: drawn from where they begin, never seen where there is none; and states that come back.
#include "guard/loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace aright::guard::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

Cause link(std::uint64_t run, const std::string& workflow, const std::string& changed) {
  return {run, workflow, "v1", changed, CauseProof::state};
}
const Hold* held(const Verdict& verdict) { return std::get_if<Hold>(&verdict); }

TEST(Loop, IsDrawnFromWhereItBegins) {
  const std::vector<Cause> chain{link(1, "w", "file:/z"), link(2, "a", "file:/x"), link(3, "b", "file:/y")};
  const std::vector<std::string> changes{"file:/x"};
  const Verdict verdict = loop(chain, {"a", "v1", changes});
  ASSERT_NE(held(verdict), nullptr);
  EXPECT_EQ(held(verdict)->guard, "loop");
  EXPECT_EQ(held(verdict)->reason,
            "run 2 of a changed file:/x → run 3 of b changed file:/y → a on file:/x once more: what we do brings it "
            "back");
}

TEST(Loop, AnotherResourceWorkflowOrVersionIsNone) {
  const std::vector<Cause> chain{link(1, "a", "file:/x")};
  const std::vector<std::string> same{"file:/x"};
  const std::vector<std::string> other{"file:/y"};
  EXPECT_EQ(held(loop(chain, {"a", "v1", other})), nullptr);
  EXPECT_EQ(held(loop(chain, {"b", "v1", same})), nullptr);
  EXPECT_EQ(held(loop(chain, {"a", "v2", same})), nullptr) << "somebody changed it since: it may be right now";
  EXPECT_EQ(held(loop({}, {"a", "v1", same})), nullptr);
}

TEST(Loop, AChainThatFillsWhatIsKeptIsHeldWhoeverIsNext) {
  std::vector<Cause> chain;
  for (std::uint64_t run = 1; run < 20; ++run)
    chain = led_on(std::move(chain), link(run, "w" + std::to_string(run), "x"));
  ASSERT_EQ(chain.size(), causes_max);
  EXPECT_EQ(chain.back().run, 19U);
  const Verdict verdict = loop(chain, {"other", "v1", {}});
  ASSERT_NE(held(verdict), nullptr);
  EXPECT_THAT(held(verdict)->reason, HasSubstr("6 runs of ours led here"));
}

RC_GTEST_PROP(Loop, IsHeldExactlyWhereTheChainComesBack, ()) {
  const auto length = *rc::gen::inRange<std::size_t>(0, causes_max);
  std::vector<Cause> chain;
  for (std::size_t i = 0; i < length; ++i) {
    chain.push_back(
        link(i + 1, *rc::gen::element<std::string>("a", "b", "c"), *rc::gen::element<std::string>("x", "y")));
  }
  const auto workflow = *rc::gen::element<std::string>("a", "b", "c");
  const std::vector<std::string> changes{*rc::gen::element<std::string>("x", "y")};
  bool back = false;
  for (const Cause& c : chain) back = back || (c.workflow == workflow && c.changed == changes.front());
  RC_ASSERT((held(loop(chain, {workflow, "v1", changes})) != nullptr) == back);
}

Now moment(Nanos since_start) { return {WallTime{1000h + since_start}, 10h + since_start, "boot"}; }

TEST(Oscillation, TheFourthReturnWithinADayIsHeldNeverTheThirdOrTheFifth) {
  const Oscillation limit{3, 24h};
  std::vector<Moment> returns;
  for (int n = 1; n <= 5; ++n) {
    returns.push_back(Moment::of(moment(n * 30min)));
    EXPECT_EQ(held(oscillation(limit, returns, moment(n * 30min))) != nullptr, n >= 4) << n;
  }
  const Verdict verdict = oscillation(limit, returns, moment(150min));
  EXPECT_EQ(
      held(verdict)->reason,
      "the same state came back at least 5 times within 1d after it was put right, 3 are allowed: something else sets "
      "it, and we set it back");
  EXPECT_EQ(held(oscillation(limit, returns, moment(30min + 24h)))->reason,
            "the same state came back 4 times within 1d after it was put right, 3 are allowed: something else sets it, "
            "and we set it back")
      << "four are left, and what was before them is longer ago";
  EXPECT_EQ(held(oscillation(limit, returns, moment(60min + 24h))), nullptr) << "three are left";
  EXPECT_EQ(held(oscillation({0, 24h}, returns, moment(150min))), nullptr) << "off";
}

TEST(Oscillation, WhereNothingIsWrittenItIsAsTheThreshold) {
  Guards guards;
  EXPECT_EQ(guards.oscillation_limit().returns, 3U);
  EXPECT_EQ(guards.oscillation_limit().within, 24h);
  guards.threshold = {{5, 10min, Per::subject}, {20, 10min, Per::workflow}, {10, 1min, Per::workflow}};
  EXPECT_EQ(guards.oscillation_limit().returns, 10U);
  guards.threshold = {{200, 10min, Per::workflow}};
  EXPECT_EQ(guards.oscillation_limit().returns, 0U) << "more than is remembered";
  guards.oscillation = Oscillation{2, 1h};
  EXPECT_EQ(guards.oscillation_limit().returns, 2U);
}

}  // namespace
}  // namespace aright::guard::test
