#include "model/withheld.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace aright {
namespace {

TEST(Withheld, IsWhatIsStatedToBeSensitiveOrNotReadByEverybody) {
  const Json open{{"control", "a"}, {"desired", {{"content", {"x"}}, {"mode", "0644"}}}, {"sensitive", false}};
  EXPECT_EQ(withheld(open), open);
  const Json hidden{{"content", nullptr}, {"mode", "0644"}};
  EXPECT_EQ(withheld(open, true).at("desired"), hidden) << "as it is found out elsewhere";
  Json stated = open;
  stated["sensitive"] = true;
  EXPECT_EQ(withheld(stated).at("desired"), hidden);
  Json closed = open;
  for (const char* mode : {"0640", "0600", "1773"}) {
    closed["desired"]["mode"] = mode;
    EXPECT_EQ(withheld(closed).at("desired").at("content"), nullptr) << mode;
  }
  EXPECT_EQ(withheld(closed).at("control"), "a");
  const Json keys{{"desired", {{"keys", {{"format", "sshd"}, {"set", {{"Token", "x"}}}}}, {"mode", "0600"}}}};
  EXPECT_EQ(withheld(keys).at("desired").at("keys"), Json({{"format", "sshd"}, {"set", nullptr}}));
}

TEST(Withheld, IsSoOfOneStepAndNotOfItsNeighbour) {
  const Json program{{"arguments", {"/bin/x", "y"}}, {"environment", {{"A", "b"}}}, {"time_limit_ms", 5}};
  const Json told{{"arguments", nullptr}, {"environment", nullptr}, {"time_limit_ms", 5}};
  const Json step{{"exec", {{"program", program}, {"confirm", {{"program", program}}}, {"sensitive", true}}}};
  const Json other{{"exec", {{"program", program}, {"confirm", nullptr}, {"sensitive", false}}}};
  const Json seen = withheld({{"steps", {step, other}}});
  EXPECT_EQ(seen.at("steps").at(0).at("exec").at("program"), told);
  EXPECT_EQ(seen.at("steps").at(0).at("exec").at("confirm").at("program"), told);
  EXPECT_EQ(seen.at("steps").at(1), other);
}

}  // namespace
}  // namespace aright
