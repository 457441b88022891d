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
            "what it would change:\nfile:/etc/motd\n  remove /content/0\n  add /content/0 \"approved\"\n"
            "file:/etc/shadow\n  add /content/0 (kept back)");
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

TEST(DifferenceText, SaysWhyThereIsNone) {
  aright::Run run;
  EXPECT_EQ(difference_text(run), "what it would change: it is not planned yet, or nothing");
  run.steps = {planned("/etc/motd", Json::array({{{"op", "remove"}, {"path", "/content/0"}}}))};
  run.steps[0].state = StepState::verified;
  EXPECT_EQ(difference_text(run), "what it would change: it is not planned yet, or nothing") << "it is done already";
}

}  // namespace
}  // namespace aright::engine
