#include "engine/difference_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright::engine {
namespace {

RunStep planned(const std::string& path, Json difference) {
  RunStep step;
  step.resource = {"file", path};
  step.difference = std::move(difference);
  return step;
}

TEST(DifferenceText, NamesEachResourceAndWhatWouldBecomeOfIt) {
  aright::Run run;
  run.steps = {planned("/etc/motd", Json::array({{{"op", "remove"}, {"path", "/content/0"}},
                                                 {{"op", "add"}, {"path", "/content/0"}, {"value", "approved"}}})),
               planned("/etc/shadow", Json::array({{{"op", "add"}, {"path", "/content/0"}, {"value", nullptr}}}))};
  EXPECT_EQ(difference_text(run),
            "what it would change:\nfile:/etc/motd\n  remove content, line 1\n  add content, line 1 \"approved\"\n"
            "file:/etc/shadow\n  add content, line 1 (kept back)");
}

TEST(DifferenceText, IsShortAndSaysHowMuchIsLeftOut) {
  aright::Run run;
  Json difference = Json::array();
  for (int i = 0; i < 100; ++i) {
    difference.push_back({{"op", "add"}, {"path", "/content/0"}, {"value", std::string(500, 'x')}});
  }
  run.steps = {planned("/etc/motd", difference)};
  const std::string text = difference_text(run);
  EXPECT_LT(text.size(), 740U);
  EXPECT_THAT(text, testing::EndsWith("more lines"));
  run.steps[0].difference = Json::array();
  run.steps[0].difference_omitted = 100;
  EXPECT_EQ(difference_text(run), "what it would change:\nfile:/etc/motd\n  100 changes, too many for a message");
}

TEST(DifferenceText, SaysWhatIsThereNow) {
  aright::Run run;
  run.steps = {planned("/etc/motd", Json::array({{{"op", "replace"}, {"path", "/content/1"}, {"value", "good"}},
                                                 {{"op", "remove"}, {"path", "/content/0"}},
                                                 {{"op", "replace"}, {"path", "/content/1"}, {"value", "last"}},
                                                 {{"op", "replace"}, {"path", "/mode"}, {"value", "0644"}}}))};
  Plan plan{{{{"content", {"first", "bad", "third"}}, {"mode", "0600"}}, false}, {}, {}};
  const PlanOf plan_of = [&](std::uint64_t, std::size_t) { return &plan; };
  EXPECT_EQ(difference_text(run, plan_of),
            "what it would change:\nfile:/etc/motd\n  replace content, line 2 \"good\"\n"
            "  remove content, line 1\n  replace content, line 2 \"last\"\n"
            "  replace /mode \"0600\" by \"0644\"");
  plan.before.sensitive = true;
  EXPECT_THAT(difference_text(run, plan_of), testing::Not(testing::HasSubstr("0600")));
}

TEST(DifferenceText, OfAProgramWhatItIsAsked) {
  aright::Run run;
  run.steps = {planned("", Json::array({{{"op", "add"}, {"path", "/arguments"}, {"value", {"/bin/block", "x"}}},
                                        {{"op", "add"}, {"path", "/environment"}, {"value", Json::object()}},
                                        {{"op", "add"}, {"path", "/input_secrets"}, {"value", {"key", "token"}}},
                                        {{"op", "add"}, {"path", "/output_max"}, {"value", 65536}}}))};
  run.steps[0].resource = {"exec", "/bin/block"};
  EXPECT_EQ(difference_text(run),
            "what it would change:\nexec:/bin/block\n  argv    [\"/bin/block\",\"x\"]\n"
            "  input   \u2039secret key\u203a \u2039secret token\u203a");
}

TEST(DifferenceText, SaysWhyThereIsNone) {
  aright::Run run;
  EXPECT_EQ(difference_text(run), "what it would change: it is not planned yet, or nothing");
  run.steps = {planned("/etc/motd", Json::array({{{"op", "remove"}, {"path", "/content/0"}}}))};
  run.steps[0].state = StepState::verified;
  EXPECT_EQ(difference_text(run), "what it would change: it is not planned yet, or nothing") << "it is done already";
}

}  // namespace
}  // namespace aright::engine
