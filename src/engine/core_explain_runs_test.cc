// `explain`: runs that are open while their finding is over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/core_rig_test.h"

namespace aright::engine::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string told_of(Rig& rig, const std::string& subject = "file:/a") {
  const auto said = rig.ask(Explain{subject});
  EXPECT_TRUE(said) << said.error().message;
  std::string all;
  if (!said) return all;
  for (const Json& sentence : said->at("sentences")) all += sentence.get<std::string>() + "\n";
  return all;
}

TEST(ExplainRuns, AWaitThatOutlivesItsFindingIsTold) {
  Config config = one_file();
  config.workflows[0].steps = {Step{}, {Step::Wait{10min}}, own("/q", "new")};
  Rig rig(config);
  rig.start();
  rig.changes("/a", "bad");
  rig.settle();
  ASSERT_EQ(rig.count("finding.resolved"), 1U);
  const std::string until = rfc3339(rig.now.wall + 10min);
  const std::string said = told_of(rig);
  EXPECT_THAT(said, HasSubstr("a: fix: run 1 waits 10m, until " + until +
                              ", then goes on with step 3 of 3 (file:/q); the finding it answers is over, and it goes "
                              "on\n"));
  EXPECT_THAT(said, AllOf(HasSubstr("a: it reads as desired now\n"), Not(HasSubstr("nothing to do"))));
  const auto doc = rig.ask(Explain{"file:/a"});
  EXPECT_THAT(doc->at("controls")[0]["workflows"][0]["why"].get<std::string>(),
              testing::StartsWith("no finding is open; run 1 waits 10m, until "));
  rig.pass(11min);
  EXPECT_EQ(rig.count("run.succeeded"), 1U) << "and so it went on";
  EXPECT_THAT(told_of(rig), HasSubstr("nothing to do"));
}

}  // namespace
}  // namespace aright::engine::test
